#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {
namespace {

// The order in which sorted tensors are: NaN stands last.
template <class T>
bool before(T a, T b) {
  return a < b || (b != b && a == a);
}

// How many of the n sorted elements lie before `value`, or do not lie after it when `right`.
template <class T>
std::int64_t place_of(const T* sorted, std::int64_t n, T value, bool right) {
  std::int64_t low = 0;
  while (n > 0) {
    const std::int64_t half = n / 2;
    const T middle = sorted[low + half];
    const bool beyond = right ? !before(value, middle) : before(middle, value);
    low = beyond ? low + half + 1 : low;
    n = beyond ? n - half - 1 : half;
  }
  return low;
}

// `sorted` is one row for all values, or a row for each row of values.
bool fits(const View& sorted, const View& values) {
  if (sorted.rank == 1) return true;
  return sorted.rank >= 1 && sorted.rank == values.rank &&
         std::equal(sorted.shape.begin(), sorted.shape.begin() + sorted.rank - 1, values.shape.begin());
}

void search_rows(OpCall& call) {
  const View &sorted = call.in[0], &values = call.in[1], &out = call.out[0];
  const bool right = call.attrs.boolean();
  require(sorted.dtype == values.dtype && fits(sorted, values) && out.dtype == DType::kInt64 && out.contiguous() &&
              out.same_shape(values),
          "the result has a wrong shape");
  if (out.size() == 0) return;
  const Contiguous rows(sorted, call.kernels), wanted(values, call.kernels);
  const std::int64_t n = sorted.shape[sorted.rank - 1];
  const std::size_t size = static_cast<std::size_t>(out.size());
  const std::size_t length = sorted.rank == 1 ? size : static_cast<std::size_t>(values.shape[values.rank - 1]);
  visit_dtype(sorted.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const from = rows.template as<T>();
    const T* const value = wanted.template as<T>();
    std::int64_t* const to = out.as<std::int64_t>();
    for_units(size, size * 16, [&](std::size_t i) {
      to[i] = place_of(from + static_cast<std::int64_t>(i / length) * n, n, value[i], right);
    });
  });
}

}  // namespace

void register_search(OpList& ops) { ops.push_back({"searchRows", 2, 1, search_rows}); }

}  // namespace myelin
