#include <cstring>
#include <numeric>

#include "ops/support.h"

namespace myelin {
namespace {

template <class T>
bool precedes(T a, T b) {
  return a < b || (b != b && a == a);
}

// Whether row a stands before row b: their first difference decides, and NaN stands last.
template <class T>
bool row_precedes(const T* a, const T* b, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) {
    if (precedes(a[i], b[i])) return true;
    if (precedes(b[i], a[i])) return false;
  }
  return false;
}

// The order of the rows of a matrix, equal ones as they came.
void sort_rows(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require(x.rank == 2 && out.dtype == DType::kInt64 && out.rank == 1 && out.contiguous() && out.shape[0] == x.shape[0],
          "the result has a wrong shape");
  const Snapshot dense(x, call.kernels);
  const std::size_t n = static_cast<std::size_t>(x.shape[1]);
  std::int64_t* const order = out.as<std::int64_t>();
  std::iota(order, order + out.size(), 0);
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const rows = dense.template as<T>();
    std::stable_sort(order, order + out.size(), [=](std::int64_t a, std::int64_t b) {
      return row_precedes(rows + static_cast<std::size_t>(a) * n, rows + static_cast<std::size_t>(b) * n, n);
    });
  });
}

// What is learnt of the runs of equal neighbours: where each begins, how long it is, and which run each row is in.
struct Runs {
  std::int64_t* firsts;
  std::int64_t* members;
  std::int64_t* counts;
};

template <class T>
std::int64_t find_runs(const T* rows, std::size_t n, const std::int64_t* order, std::int64_t count, const Runs& runs) {
  std::int64_t found = 0;
  for (std::int64_t i = 0; i < count; i++) {
    const T* const row = rows + static_cast<std::size_t>(order[i]) * n;
    const bool same = i > 0 && std::equal(row, row + n, rows + static_cast<std::size_t>(order[i - 1]) * n);
    if (!same) {
      runs.firsts[found] = order[i];
      runs.counts[found++] = 0;
    }
    runs.counts[found - 1]++;
    runs.members[order[i]] = found - 1;
  }
  return found;
}

// Walks the rows of a matrix in some order. Lists have room for as many runs as there are rows; the last output says
// how many there were.
void runs(OpCall& call) {
  const View &x = call.in[0], &order = call.in[1], &found = call.out[3];
  require(x.rank == 2 && order.rank == 1 && order.dtype == DType::kInt64 && order.shape[0] == x.shape[0],
          "the order does not fit");
  for (int i = 0; i < 3; i++) {
    const View& out = call.out[i];
    require(out.dtype == DType::kInt64 && out.contiguous() && out.same_shape(order), "the result has a wrong shape");
  }
  require(found.dtype == DType::kInt64 && found.rank == 0, "the result has a wrong shape");
  const Contiguous dense(x, call.kernels);
  const Snapshot steps(order, call.kernels);
  const std::int64_t* const at = steps.as<std::int64_t>();
  for (std::int64_t i = 0; i < order.size(); i++)
    require(at[i] >= 0 && at[i] < x.shape[0], "the order leaves the rows");
  for (int i = 0; i < 3; i++) fill_view(call.out[i], 0);
  const Runs lists{call.out[0].as<std::int64_t>(), call.out[1].as<std::int64_t>(), call.out[2].as<std::int64_t>()};
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    *found.as<std::int64_t>() =
        find_runs(dense.template as<T>(), static_cast<std::size_t>(x.shape[1]), at, order.size(), lists);
  });
}

}  // namespace

void register_unique(OpList& ops) {
  ops.push_back({"sortRows", 1, 1, sort_rows});
  ops.push_back({"runs", 2, 4, runs});
}

}  // namespace myelin
