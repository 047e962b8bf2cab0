#include "ops/halves.h"

#include <cstdlib>
#include <deque>

#include "core/cpu.h"
#include "ops/support.h"

namespace myelin {
namespace {

constexpr std::ptrdiff_t kBlock = 256;  // elements that are gathered or scattered at a time

// The kernel wants neighbours: others are copied to some, and from some.
template <class From, class To>
void convert_run(const From* from, std::ptrdiff_t from_stride, To* to, std::ptrdiff_t to_stride, std::ptrdiff_t n,
                 void (*kernel)(const From*, To*, std::size_t)) {
  if (from_stride == 1 && to_stride == 1) return kernel(from, to, static_cast<std::size_t>(n));
  From gathered[kBlock];
  To converted[kBlock];
  for (std::ptrdiff_t begin = 0; begin < n; begin += kBlock) {
    const std::ptrdiff_t count = std::min(kBlock, n - begin);
    for (std::ptrdiff_t i = 0; i < count; i++) gathered[i] = from[(begin + i) * from_stride];
    kernel(gathered, converted, static_cast<std::size_t>(count));
    for (std::ptrdiff_t i = 0; i < count; i++) to[(begin + i) * to_stride] = converted[i];
  }
}

template <class From, class To>
void convert(const View& source, const View& target, void (*kernel)(const From*, To*, std::size_t)) {
  const LoopNest<2> nest({&target, &source});
  const std::ptrdiff_t to_stride = nest.inner_stride(0), from_stride = nest.inner_stride(1);
  run_nest(nest, [=](const std::array<char*, 2>& at, std::size_t n) {
    convert_run(reinterpret_cast<const From*>(at[1]), from_stride, reinterpret_cast<To*>(at[0]), to_stride,
                static_cast<std::ptrdiff_t>(n), kernel);
  });
}

bool repeats(const View& view, int axis) { return view.strides[axis] == 0 && view.shape[axis] > 1; }

// Each element once: axes that repeat their elements are cut to one.
View without_repeats(View view) {
  for (int axis = 0; axis < view.rank; axis++) {
    if (repeats(view, axis)) view.shape[axis] = 1;
  }
  return view;
}

// The strides of a view without gaps whose axes have the order that `view` gives them; a dense one keeps its own.
Dims dense_strides(const View& view) {
  if (view.dense()) return view.strides;
  std::array<int, kMaxRank> axes;
  for (int axis = 0; axis < view.rank; axis++) {
    int at = axis;
    for (; at > 0 && std::abs(view.strides[axes[at - 1]]) < std::abs(view.strides[axis]); at--) axes[at] = axes[at - 1];
    axes[at] = axis;
  }
  Dims strides{};
  std::int64_t stride = 1;
  for (int i = view.rank - 1; i >= 0; i--) {
    strides[axes[i]] = stride;
    stride *= view.shape[axes[i]];
  }
  return strides;
}

// A float32 stand-in for a view of halves, of the same shape. What is broadcast stays so: an axis that repeats its
// elements repeats them here.
class StandIn {
 public:
  explicit StandIn(const View& original)
      : original_(without_repeats(original)),
        memory_(static_cast<std::size_t>(original_.size()) * sizeof(float)),
        view_(original) {
    view_.dtype = DType::kFloat32;
    if (original.size() == 0) return;
    view_.data = memory_.as<char>();
    view_.strides = dense_strides(original_);
    for (int axis = 0; axis < view_.rank; axis++) {
      if (repeats(original, axis)) view_.strides[axis] = 0;
    }
  }

  const View& view() const { return view_; }
  void read(const KernelTable& kernels) const { convert_view(original_, without_repeats(view_), kernels); }
  void write(const KernelTable& kernels) const { convert_view(without_repeats(view_), original_, kernels); }
  // Whether an op may have written here: what is broadcast cannot be.
  bool writable() const {
    for (int axis = 0; axis < view_.rank; axis++) {
      if (repeats(view_, axis)) return false;
    }
    return true;
  }

 private:
  View original_;
  Temporary memory_;
  View view_;
};

// The views of a call with stand-ins for its halves.
struct Widened {
  std::vector<View> views;
  std::deque<StandIn> stand_ins;

  Widened(const View* originals, int count) {
    for (int i = 0; i < count; i++) {
      if (is_half(originals[i].dtype)) stand_ins.emplace_back(originals[i]);
      views.push_back(is_half(originals[i].dtype) ? stand_ins.back().view() : originals[i]);
    }
  }
};

}  // namespace

void convert_view(const View& source, const View& target, const KernelTable& kernels) {
  if (source.size() == 0) return;
  if (target.dtype == DType::kFloat16) return convert(source, target, kernels.f32_to_f16);
  if (target.dtype == DType::kBFloat16) return convert(source, target, kernels.f32_to_bf16);
  if (source.dtype == DType::kFloat16) return convert(source, target, kernels.f16_to_f32);
  return convert(source, target, kernels.bf16_to_f32);
}

Float16 round_to_float16(float value) {
  Float16 half;
  active_kernels().f32_to_f16(&value, &half.bits, 1);
  return half;
}

BFloat16 round_to_bfloat16(float value) {
  BFloat16 half;
  active_kernels().f32_to_bf16(&value, &half.bits, 1);
  return half;
}

void run_in_float32(const OpInfo& op, const OpCall& call) {
  const Widened in(call.in, call.inputs);
  Widened out(call.out, call.outputs);
  for (const StandIn& half : in.stand_ins) half.read(call.kernels);
  OpCall inner{in.views.data(), call.inputs, out.views.data(), call.outputs, call.attrs, call.kernels};
  op.run(inner);
  for (const StandIn& half : out.stand_ins) half.write(call.kernels);
  if (call.outputs > 0) return;
  // What an op overwrites comes first among its inputs, so it is written last: where inputs share memory, it prevails.
  for (auto half = in.stand_ins.rbegin(); half != in.stand_ins.rend(); ++half) {
    if (half->writable()) half->write(call.kernels);
  }
}

}  // namespace myelin
