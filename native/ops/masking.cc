#include <vector>

#include "ops/support.h"

namespace myelin {
namespace {

constexpr std::size_t kNonzeroGrain = 16384;

// Positions of what is not zero, row-major: one row of coordinates each. The attribute says how many there are.
template <class T>
void find_nonzero(const T* x, const View& shape, const View& out) {
  const std::size_t size = static_cast<std::size_t>(shape.size()), chunks = chunks_for(size, kNonzeroGrain);
  std::vector<std::int64_t> first(chunks + 1, 0);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk, 64);
    std::int64_t count = 0;
    for (std::size_t i = range.begin; i < range.end; i++) count += x[i] != 0;
    first[chunk + 1] = count;
  });
  for (std::size_t chunk = 0; chunk < chunks; chunk++) first[chunk + 1] += first[chunk];
  if (first[chunks] != out.shape[0]) fail("VALUE", "the elements changed since they were counted");
  std::int64_t* to = out.as<std::int64_t>();
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk, 64);
    std::int64_t row = first[chunk];
    for (std::size_t i = range.begin; i < range.end && row < first[chunk + 1]; i++) {
      if (x[i] == 0) continue;
      std::int64_t rest = static_cast<std::int64_t>(i);
      for (int axis = shape.rank - 1; axis >= 0; axis--) {
        to[row * shape.rank + axis] = rest % shape.shape[axis];
        rest /= shape.shape[axis];
      }
      row++;
    }
    std::fill(to + row * shape.rank, to + first[chunk + 1] * shape.rank,
              0);  // if another thread has changed x meanwhile
  });
}

void nonzero(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require(call.attrs.integer() == out.shape[0] && out.rank == 2 && out.shape[1] == x.rank && out.contiguous(),
          "the result has a wrong shape");
  const Contiguous dense(x, call.kernels);
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    find_nonzero(dense.as<T>(), x, out);
  });
}

}  // namespace

void register_masking(OpList& ops) { ops.push_back({"nonzero", 1, 1, nonzero}); }

}  // namespace myelin
