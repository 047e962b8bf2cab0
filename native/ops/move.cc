#include <cstdlib>
#include <cstring>
#include <optional>

#include "ops/support.h"

namespace myelin {
namespace {

std::ptrdiff_t bytes_of(const View& view, std::int64_t elements) {
  return elements * static_cast<std::int64_t>(item_size(view.dtype));
}

void copy_block(const View& source, const View& target) {
  const std::size_t bytes = static_cast<std::size_t>(bytes_of(target, target.size()));
  const std::size_t chunks = chunks_for(bytes, kGrain * sizeof(double));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(bytes, chunks, chunk, 4096);
    std::memmove(target.data + range.begin, source.data + range.begin, range.end - range.begin);
  });
}

// A batch of matrices dst[k * ldd + i] = src[i * lds + k], i < m, k < n.
struct Transposes {
  LoopNest<2> nest;  // its axes but `column` and the last count the matrices
  int column;
  std::int64_t m, n, lds, ldd, count;
};

// Recognises a copy that turns columns into rows, such as NCHW to NHWC: another axis than the target's innermost one is
// innermost in the source.
std::optional<Transposes> as_transposes(const LoopNest<2>& nest) {
  constexpr std::int64_t kMinExtent = 4;
  const int last = nest.rank - 1;
  if (last < 1 || nest.strides[0][last] != 1 || nest.strides[1][last] <= 1 || nest.shape[last] < kMinExtent) return {};
  for (int axis = 0; axis < last; axis++) {
    if (nest.strides[1][axis] != 1 || nest.strides[0][axis] < 1 || nest.shape[axis] < kMinExtent) continue;
    const std::int64_t m = nest.shape[last], n = nest.shape[axis];
    return Transposes{nest, axis, m, n, nest.strides[1][last], nest.strides[0][axis], nest.outer() / n};
  }
  return {};
}

template <class T>
void run_transposes(const Transposes& job, TransposeFn<T>* kernel) {
  const std::size_t matrix = static_cast<std::size_t>(job.m * job.n);
  const std::size_t count = static_cast<std::size_t>(job.count);
  const std::size_t bands = count >= 64 ? 1 : std::min<std::size_t>(chunks_for(matrix, kGrain), (job.n + 15) / 16);
  const std::size_t chunks = std::min(count * bands, chunks_for(count * matrix, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range units = chunk_range(count * bands, chunks, chunk);
    for (std::size_t unit = units.begin; unit < units.end; unit++) {
      char *dst = job.nest.data[0], *src = job.nest.data[1];
      std::int64_t rest = static_cast<std::int64_t>(unit / bands);
      for (int axis = job.nest.rank - 2; axis >= 0; axis--) {
        if (axis == job.column) continue;
        const std::int64_t index = rest % job.nest.shape[axis];
        rest /= job.nest.shape[axis];
        dst += index * job.nest.strides[0][axis] * job.nest.item[0];
        src += index * job.nest.strides[1][axis] * job.nest.item[1];
      }
      const Range columns = chunk_range(static_cast<std::size_t>(job.n), bands, unit % bands, 16);
      if (columns.begin == columns.end) continue;
      kernel(reinterpret_cast<const T*>(src) + columns.begin, job.lds,
             reinterpret_cast<T*>(dst) + static_cast<std::int64_t>(columns.begin) * job.ldd, job.ldd,
             static_cast<std::size_t>(job.m), columns.end - columns.begin);
    }
  });
}

template <class T>
void copy_runs(const LoopNest<2>& nest) {
  const std::int64_t to_stride = nest.inner_stride(0), from_stride = nest.inner_stride(1);
  run_nest(nest, [=](const std::array<char*, 2>& at, std::size_t n) {
    T* to = reinterpret_cast<T*>(at[0]);
    const T* from = reinterpret_cast<const T*>(at[1]);
    const std::int64_t count = static_cast<std::int64_t>(n);
    if (to_stride == 1 && from_stride == 1) {
      std::memmove(to, from, n * sizeof(T));
    } else if (to_stride == 1) {
      for (std::int64_t i = 0; i < count; i++) to[i] = from[i * from_stride];
    } else {
      for (std::int64_t i = 0; i < count; i++) to[i * to_stride] = from[i * from_stride];
    }
  });
}

void copy(OpCall& call) { copy_view(call.in[0], call.out[0], call.kernels); }

void concat(OpCall& call) {
  const View& out = call.out[0];
  const int axis = axis_of(call.attrs, out);
  std::int64_t at = 0;
  for (int i = 0; i < call.inputs; i++) {
    const View& part = call.in[i];
    require(part.rank == out.rank && part.shape[axis] <= out.shape[axis] - at, "the parts do not fill the result");
    const View target = narrow(out, axis, at, at + part.shape[axis]);
    require(part.same_shape(target), "the parts differ in shape");
    copy_view(part, target, call.kernels);
    at += part.shape[axis];
  }
  require(at == out.shape[axis], "the parts do not fill the result");
}

void pad_constant(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  int count = 0;
  const Dims before = call.attrs.integers(count);
  require(count == x.rank && out.rank == x.rank, "pad needs one width for each axis");
  const Dims after = call.attrs.integers(count);
  require(count == x.rank, "pad needs one width for each axis");
  const double value = call.attrs.number();
  View target = out;
  for (int i = 0; i < x.rank; i++) {
    require(before[i] >= 0 && after[i] >= 0 && before[i] <= out.shape[i] && after[i] <= out.shape[i] &&
                x.shape[i] == out.shape[i] - before[i] - after[i],
            "the padded shape is not the sum of its parts");
    target = narrow(target, i, before[i], before[i] + x.shape[i]);
  }
  fill_view(out, value);
  copy_view(x, target, call.kernels);
}

void slice_backward(OpCall& call) {
  const View &dout = call.in[0], &out = call.out[0];
  int count = 0;
  const Dims shape = call.attrs.integers(count);
  require(count == out.rank && std::equal(shape.begin(), shape.begin() + count, out.shape.begin()),
          "the result has another shape than the sliced tensor");
  const Dims start = call.attrs.integers(count);
  require(count == out.rank && dout.rank == out.rank, "a slice needs one start for each axis");
  const Dims step = call.attrs.integers(count);
  require(count == out.rank, "a slice needs one step for each axis");
  View target = out;
  for (int i = 0; i < out.rank; i++) {
    const std::int64_t steps = dout.shape[i] - 1;
    target.shape[i] = dout.shape[i];
    if (steps < 0) continue;
    require(start[i] >= 0 && start[i] < out.shape[i], "a slice starts outside the tensor");
    require(step[i] != 0 && steps <= (step[i] > 0 ? out.shape[i] - 1 - start[i] : start[i]) / std::abs(step[i]),
            "a slice ends outside the tensor");
    target.data += bytes_of(target, start[i] * target.strides[i]);
    if (steps > 0) target.strides[i] *= step[i];
  }
  fill_view(out, 0);
  copy_view(dout, target, call.kernels);
}

template <class T>
void join_slice(const View& part, const View& target, BinaryFn<T>* add) {
  for_each_run<2>({&target, &part}, [add](const auto& at, const auto& strides, std::size_t n) {
    const T zero = 0;
    add(reinterpret_cast<const T*>(at[1]), strides[1], &zero, 0, reinterpret_cast<T*>(at[0]), n);
  });
}

// The sum of slices' gradients that fill a tensor side by side: each part, plus the zeros that the others have there.
void join_slices(OpCall& call) {
  View& out = call.out[0];
  const int axis = axis_of(call.attrs, out);
  std::int64_t at = 0;
  for (int i = 0; i < call.inputs; i++) {
    const View& part = call.in[i];
    require(part.rank == out.rank && part.dtype == out.dtype, "a slice is of another rank or dtype than the whole");
    require(part.shape[axis] <= out.shape[axis] - at, "slices reach beyond the whole");
    const View target = narrow(out, axis, at, at + part.shape[axis]);
    require(part.same_shape(target), "a slice has another shape than its place");
    at += part.shape[axis];
    visit_float(out.dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      join_slice<T>(part, target, pick<T>(call.kernels.f32_add, call.kernels.f64_add));
    });
  }
  require(at == out.shape[axis], "slices do not fill the whole");
}

void full(OpCall& call) { fill_view(call.out[0], call.attrs.number()); }

void arange(OpCall& call) {
  const View& out = call.out[0];
  const double start = call.attrs.number(), step = call.attrs.number();
  require(out.rank == 1 && out.contiguous(), "arange gives one contiguous axis");
  visit_dtype(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    const std::size_t size = static_cast<std::size_t>(out.size());
    const std::size_t chunks = chunks_for(size, kGrain);
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(size, chunks, chunk, 64);
      for (std::size_t i = range.begin; i < range.end; i++) {
        data[i] = to_element<T>(start + static_cast<double>(i) * step);
      }
    });
  });
}

}  // namespace

void copy_view(const View& source, const View& target, const KernelTable& kernels) {
  require(source.dtype == target.dtype, "a copy cannot change the dtype");
  if (same_layout(source, target) && target.dense()) return copy_block(source, target);
  const LoopNest<2> nest({&target, &source});
  if (target.size() == 0) return;
  const std::size_t item = item_size(target.dtype);
  if (item >= 4) {
    if (const std::optional<Transposes> job = as_transposes(nest)) {
      return item == 4 ? run_transposes(*job, kernels.transpose_32) : run_transposes(*job, kernels.transpose_64);
    }
  }
  visit_size(target.dtype, [&](auto tag) { copy_runs<typename decltype(tag)::type>(nest); });
}

void fill_view(const View& target, double value) {
  require(target.size() == 0 || target.dense(), "an output is not dense");
  visit_element(target.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T element = to_element<T>(target.dtype == DType::kBool ? double(value != 0) : value);
    T* data = target.as<T>();
    const std::size_t size = static_cast<std::size_t>(target.size());
    const std::size_t chunks = chunks_for(size, kGrain);
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(size, chunks, chunk, 64);
      std::fill(data + range.begin, data + range.end, element);
    });
  });
}

void register_move(OpList& ops) {
  ops.push_back({"assign", 2, 0, [](OpCall& call) { copy_view(call.in[1], call.in[0], call.kernels); }, true});
  ops.push_back({"copy", 1, 1, copy, true});
  ops.push_back({"concat", kVariadic, 1, concat, true});
  ops.push_back({"padConstant", 1, 1, pad_constant, true});
  ops.push_back({"sliceBackward", 1, 1, slice_backward, true});
  ops.push_back({"joinSlices", kVariadic, 1, join_slices});
  ops.push_back({"full", 0, 1, full, true});
  ops.push_back({"arange", 0, 1, arange});
}

}  // namespace myelin
