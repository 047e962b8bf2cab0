#include <cstdlib>

#include "ops/places.h"

namespace myelin {
namespace {

// The axis along which the windows of `target` never meet: its stride steps over whatever the other axes reach. The
// loop over it may be shared among threads. -1 when there is none.
int apart_axis(const View& target) {
  for (int axis = 0; axis < target.rank; axis++) {
    std::int64_t reach = 0;
    for (int a = 0; a < target.rank; a++) {
      if (a != axis) reach += std::abs(target.strides[a]) * (target.shape[a] - 1);
    }
    if (std::abs(target.strides[axis]) > reach) return axis;
  }
  return -1;
}

template <class T>
void add_windows(const View& from, const View& to, int axis) {
  if (axis == from.rank) {
    T& sum = *reinterpret_cast<T*>(to.data);
    sum = wrapping_add(sum, *reinterpret_cast<const T*>(from.data));
    return;
  }
  if (axis == from.rank - 1) {
    const T* x = reinterpret_cast<const T*>(from.data);
    T* sum = reinterpret_cast<T*>(to.data);
    for (std::int64_t i = 0; i < from.shape[axis]; i++) {
      T& element = sum[i * to.strides[axis]];
      element = wrapping_add(element, x[i * from.strides[axis]]);
    }
    return;
  }
  for (std::int64_t i = 0; i < from.shape[axis]; i++) {
    add_windows<T>(narrow(from, axis, i, i + 1), narrow(to, axis, i, i + 1), axis + 1);
  }
}

// Adds each element of dout to the place of `out` at which a strided view would have read it: the gradient of views
// whose elements may share memory. Places in order of their indices, so sums are the same on any number of threads.
void window_backward(OpCall& call) {
  const View &dout = call.in[0], &out = call.out[0];
  require_shape(call.attrs, out);
  int count = 0;
  View target = out;
  target.rank = dout.rank;
  target.shape = dout.shape;
  target.strides = call.attrs.integers(count);
  require(count == dout.rank, "a window needs one stride for each axis");
  const std::int64_t offset = call.attrs.integer();
  std::int64_t low = offset, high = offset;
  for (int i = 0; i < target.rank; i++) {
    const std::int64_t stride = target.strides[i];
    require(std::abs(stride) < (std::int64_t{1} << 46) / std::max<std::int64_t>(1, target.shape[i]),
            "too large a stride");
    (stride < 0 ? low : high) += stride * (target.shape[i] - 1);
  }
  fill_view(out, 0);
  if (dout.size() == 0) return;
  require(low >= 0 && high < out.size(), "a window reaches outside the tensor");
  target.data += offset * static_cast<std::int64_t>(item_size(out.dtype));
  require(dout.dtype == out.dtype, "the result has another dtype");
  const int apart = apart_axis(target);
  const std::size_t units = apart < 0 ? 1 : static_cast<std::size_t>(target.shape[apart]);
  const std::size_t chunks = std::min(units, chunks_for(static_cast<std::size_t>(dout.size()), kGrain / 2));
  visit_dtype(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (apart < 0) return add_windows<T>(dout, target, 0);
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(units, chunks, chunk);
      const std::int64_t begin = static_cast<std::int64_t>(range.begin), end = static_cast<std::int64_t>(range.end);
      add_windows<T>(narrow(dout, apart, begin, end), narrow(target, apart, begin, end), 0);
    });
  });
}

}  // namespace

void register_windows(OpList& ops) { ops.push_back({"windowBackward", 1, 1, window_backward}); }

}  // namespace myelin
