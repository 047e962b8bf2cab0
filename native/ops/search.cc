#include "ops/sort_rows.h"

namespace myelin {
namespace {

// How many of the n sorted keys are below `key`, or not above it when `kRight`. The half that is kept is chosen by
// arithmetic: no processor could foresee a branch.
template <bool kRight, class Key>
std::int64_t place_of(const Key* sorted, std::int64_t n, Key key) {
  const auto beyond = [=](Key element) { return static_cast<std::int64_t>(kRight ? element <= key : element < key); };
  std::int64_t low = 0;
  while (n > 1) {
    const std::int64_t half = n / 2;
    low += half * beyond(sorted[low + half - 1]);
    n -= half;
  }
  return low + (n == 1 ? beyond(sorted[low]) : 0);
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
  const std::size_t length = values.rank == 0 ? 1 : static_cast<std::size_t>(values.shape[values.rank - 1]);
  visit_dtype(sorted.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    using Key = SortKey<T>;
    using Bits = typename Key::Bits;
    const std::size_t count = static_cast<std::size_t>(sorted.size());
    const Temporary memory(count * sizeof(Bits));
    Bits* const keys = memory.template as<Bits>();
    std::transform(rows.template as<T>(), rows.template as<T>() + count, keys, Key::of);
    const T* const value = wanted.template as<T>();
    std::int64_t* const to = out.as<std::int64_t>();
    const bool one_row = sorted.rank == 1;
    for_units(size, size * 16, [&](std::size_t i) {
      const Bits* const row = keys + (one_row ? 0 : static_cast<std::int64_t>(i / length) * n);
      const Bits key = Key::of(value[i]);
      to[i] = right ? place_of<true>(row, n, key) : place_of<false>(row, n, key);
    });
  });
}

}  // namespace

void register_search(OpList& ops) { ops.push_back({"searchRows", 2, 1, search_rows}); }

}  // namespace myelin
