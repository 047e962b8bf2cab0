#include <cstring>
#include <vector>

#include "ops/places.h"

namespace myelin {
namespace {

// The indices in row-major order, each in [0, extent): checked before anything is read or written with them.
std::vector<std::int64_t> read_indices(const View& index, std::int64_t extent, const KernelTable& kernels) {
  require(index.dtype == DType::kInt32 || index.dtype == DType::kInt64, "indices are neither int32 nor int64");
  const Contiguous dense(index, kernels);
  std::vector<std::int64_t> values(static_cast<std::size_t>(index.size()));
  if (index.dtype == DType::kInt32) {
    std::copy_n(dense.as<std::int32_t>(), values.size(), values.begin());
  } else {
    std::copy_n(dense.as<std::int64_t>(), values.size(), values.begin());
  }
  for (std::size_t i = 0; i < values.size(); i++) {
    if (values[i] < 0 || values[i] >= extent) refuse_index(values[i], static_cast<std::int64_t>(i), extent);
  }
  return values;
}

// A tensor seen as [outer, extent, inner] around one axis.
struct AxisSplit {
  std::size_t outer = 1, extent, inner = 1;

  AxisSplit(const View& view, int axis) : extent(static_cast<std::size_t>(view.shape[axis])) {
    for (int i = 0; i < axis; i++) outer *= static_cast<std::size_t>(view.shape[i]);
    for (int i = axis + 1; i < view.rank; i++) inner *= static_cast<std::size_t>(view.shape[i]);
  }
};

// Whether `picked` is `whole` with its axis replaced by the axes of `index`.
bool replaces_axis(const View& picked, const View& whole, const View& index, int axis) {
  if (picked.rank != whole.rank - 1 + index.rank) return false;
  const std::int64_t* at = picked.shape.data();
  const bool same = std::equal(at, at + axis, whole.shape.begin()) &&
                    std::equal(index.shape.begin(), index.shape.begin() + index.rank, at + axis);
  return same && std::equal(whole.shape.begin() + axis + 1, whole.shape.begin() + whole.rank, at + axis + index.rank);
}

void index_select(OpCall& call) {
  const View &index = call.in[1], &out = call.out[0];
  const int axis = axis_of(call.attrs, call.in[0]);
  require(out.dtype == call.in[0].dtype && out.contiguous() && replaces_axis(out, call.in[0], index, axis),
          "the result has a wrong shape");
  const std::vector<std::int64_t> rows = read_indices(index, call.in[0].shape[axis], call.kernels);
  const Contiguous x(call.in[0], call.kernels);
  const AxisSplit split(x.view(), axis);
  const std::size_t bytes = split.inner * item_size(out.dtype);
  const std::size_t count = split.outer * rows.size();
  if (bytes == 0 || count == 0) return;
  const std::size_t chunks = chunks_for(count * bytes, kGrain * 4);
  // Where the next rows lie no processor can guess.
  constexpr std::size_t kLine = 64, kAhead = 4, kMost = 2048;
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(count, chunks, chunk);
    const char* slice = x.view().data + range.begin / rows.size() * split.extent * bytes;
    std::size_t k = range.begin % rows.size();
    for (std::size_t i = range.begin; i < range.end; i++) {
      const auto row = [&](std::size_t which) { return slice + static_cast<std::size_t>(rows[which]) * bytes; };
      if (bytes >= kLine && k + kAhead < rows.size()) {
        for (std::size_t at = 0; at < std::min(bytes, kMost); at += kLine) __builtin_prefetch(row(k + kAhead) + at);
      }
      std::memmove(out.data + i * bytes, row(k), bytes);
      if (++k < rows.size()) continue;
      k = 0;
      slice += split.extent * bytes;
    }
  });
}

template <class T>
BinaryFn<T>* add_kernel(const KernelTable& kernels) {
  if constexpr (std::is_same_v<T, float>) return kernels.f32_add;
  if constexpr (std::is_same_v<T, double>) return kernels.f64_add;
  if constexpr (std::is_same_v<T, std::int8_t>) return kernels.i8_add;
  if constexpr (std::is_same_v<T, std::int16_t>) return kernels.i16_add;
  if constexpr (std::is_same_v<T, std::int32_t>) return kernels.i32_add;
  if constexpr (std::is_same_v<T, std::int64_t>) return kernels.i64_add;
  if constexpr (std::is_same_v<T, std::uint8_t>) return kernels.u8_add;
}

// Each chunk owns a range of target rows and adds what is theirs in order of the indices, so sums do not depend on
// which thread takes which chunk.
template <class T>
void add_rows(const T* dout, const std::vector<std::int64_t>& rows, const AxisSplit& split, T* out, BinaryFn<T>* add) {
  const std::size_t work = split.outer * rows.size() * split.inner;
  const std::size_t chunks = std::min(split.extent, chunks_for(work, kGrain / 2));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(split.extent, chunks, chunk);
    for (std::size_t o = 0; o < split.outer; o++) {
      for (std::size_t i = 0; i < rows.size(); i++) {
        const std::size_t row = static_cast<std::size_t>(rows[i]);
        if (row < range.begin || row >= range.end) continue;
        T* target = out + (o * split.extent + row) * split.inner;
        add(target, 1, dout + (o * rows.size() + i) * split.inner, 1, target, split.inner);
      }
    }
  });
}

void index_select_backward(OpCall& call) {
  const View &index = call.in[1], &out = call.out[0];
  require_shape(call.attrs, out);
  const int axis = axis_of(call.attrs, out);
  require(out.dtype == call.in[0].dtype && out.contiguous() && replaces_axis(call.in[0], out, index, axis),
          "the result has a wrong shape");
  const std::vector<std::int64_t> rows = read_indices(index, out.shape[axis], call.kernels);
  const Contiguous dout(call.in[0], call.kernels);
  fill_view(out, 0);
  if (out.size() == 0) return;
  visit_dtype(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    add_rows(dout.as<T>(), rows, AxisSplit(out, axis), out.as<T>(), add_kernel<T>(call.kernels));
  });
}

void one_hot(OpCall& call) {
  const View &index = call.in[0], &out = call.out[0];
  const std::int64_t classes = call.attrs.integer();
  require(out.rank == index.rank + 1 && out.shape[index.rank] == classes && out.contiguous() &&
              std::equal(index.shape.begin(), index.shape.begin() + index.rank, out.shape.begin()),
          "the result has a wrong shape");
  const std::vector<std::int64_t> which = read_indices(index, classes, call.kernels);
  fill_view(out, 0);
  visit_element(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    const T one = to_element<T>(1.0);
    for (std::size_t i = 0; i < which.size(); i++) data[static_cast<std::int64_t>(i) * classes + which[i]] = one;
  });
}

}  // namespace

void register_index(OpList& ops) {
  ops.push_back({"indexSelect", 2, 1, index_select, true});
  ops.push_back({"indexSelectBackward", 2, 1, index_select_backward});
  ops.push_back({"oneHot", 1, 1, one_hot, true});
}

}  // namespace myelin
