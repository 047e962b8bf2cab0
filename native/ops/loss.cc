#include <algorithm>
#include <atomic>
#include <cstdint>
#include <limits>
#include <string>

#include "core/registry.h"
#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Logits are [C] or [B, C, ...]: the axis of the classes.
int class_axis(const View& logits) {
  require(logits.rank >= 1, "logits need an axis of classes");
  return logits.rank == 1 ? 0 : 1;
}

template <class Body>
void visit_target(const View& target, const Body& body) {
  if (target.dtype == DType::kInt32) return body(TypeTag<std::int32_t>{});
  if (target.dtype != DType::kInt64) refuse_dtype(target.dtype);
  body(TypeTag<std::int64_t>{});
}

struct CrossEntropyOptions {
  double smoothing;
  std::int64_t ignore_index;
  explicit CrossEntropyOptions(Attrs& attrs) : smoothing(attrs.number()), ignore_index(attrs.integer()) {}
};

// Notes the first row whose target is no class; loops may not throw, so it is reported after them.
class BadTarget {
 public:
  void note(std::int64_t row) {
    std::int64_t first = row_.load(std::memory_order_relaxed);
    while (row < first && !row_.compare_exchange_weak(first, row, std::memory_order_relaxed)) {
    }
  }
  template <class Index, class Nest>
  void check(const Nest& nest, int view, std::int64_t classes) const {
    const std::int64_t row = row_.load(std::memory_order_relaxed);
    if (row == kNone) return;
    const std::int64_t value = *reinterpret_cast<const Index*>(nest.at(row)[view]);
    fail("INDEX", "target " + std::to_string(row) + " is " + std::to_string(value) + " (need 0 <= class < " +
                      std::to_string(classes) + ", or ignoreIndex)");
  }

 private:
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::max();
  std::atomic<std::int64_t> row_{kNone};
};

// With s = smoothing, loss = -(1 - s) log softmax(x)[target] - s avg(log softmax(x)), row by row.
template <class T, class Index>
void cross_entropy_rows(OpCall& call, const CrossEntropyOptions& options, int axis) {
  const View &logits = call.in[0], &target = call.in[1], &loss = call.out[0];
  const auto log_softmax = pick<T>(call.kernels.f32_log_softmax, call.kernels.f64_log_softmax);
  const auto sum = pick<T>(call.kernels.f32_sum, call.kernels.f64_sum);
  const std::int64_t classes = logits.shape[axis];
  const T smoothing = static_cast<T>(options.smoothing), rest = static_cast<T>(1 - options.smoothing);
  const View logits_rest = without_axis(logits, axis);
  const RowNest<3> rows({&loss, &target, &logits_rest});
  BadTarget bad;
  for_rows<T>(rows, static_cast<std::size_t>(classes), 1, [&](std::int64_t row, const auto& at, T* buffer) {
    T& row_loss = *reinterpret_cast<T*>(at[0]);
    const std::int64_t label = *reinterpret_cast<const Index*>(at[1]);
    row_loss = 0;
    if (label == options.ignore_index) return;
    if (label < 0 || label >= classes) return bad.note(row);
    const Row<T> source = row_of<T>(at[2], logits.strides[axis], classes);
    log_softmax(source.load(buffer), buffer, source.n);
    row_loss = -buffer[label];
    if (smoothing != 0) row_loss = rest * row_loss - smoothing * (sum(buffer, source.n) / static_cast<T>(classes));
  });
  bad.check<Index>(rows, 1, classes);
}

void check_rows(const View& logits, const View& target, const View& per_row, int axis) {
  const View rest = without_axis(logits, axis);
  require(target.same_shape(rest), "cross entropy needs one target a row");
  require(per_row.same_shape(rest) && per_row.dtype == logits.dtype, "a cross entropy has one value a row");
}

void cross_entropy(OpCall& call) {
  const View &logits = call.in[0], &target = call.in[1];
  const CrossEntropyOptions options(call.attrs);
  const int axis = class_axis(logits);
  check_rows(logits, target, call.out[0], axis);
  visit_float(logits.dtype, [&](auto tag) {
    visit_target(target, [&](auto index) {
      cross_entropy_rows<typename decltype(tag)::type, typename decltype(index)::type>(call, options, axis);
    });
  });
}

// dlogits = dout (softmax(x) - (1 - s) onehot(target) - s / C).
template <class T, class Index>
void cross_entropy_backward_rows(OpCall& call, const CrossEntropyOptions& options, int axis) {
  const View &dout = call.in[0], &logits = call.in[1], &target = call.in[2], &dlogits = call.out[0];
  const auto softmax = pick<T>(call.kernels.f32_softmax, call.kernels.f64_softmax);
  const auto scale_shift = pick<T>(call.kernels.f32_scale_shift, call.kernels.f64_scale_shift);
  const std::int64_t classes = logits.shape[axis];
  const T rest = static_cast<T>(1 - options.smoothing);
  const T share = static_cast<T>(options.smoothing / static_cast<double>(classes));
  const View dlogits_rest = without_axis(dlogits, axis), logits_rest = without_axis(logits, axis);
  const RowNest<4> rows({&dlogits_rest, &dout, &logits_rest, &target});
  BadTarget bad;
  for_rows<T>(rows, static_cast<std::size_t>(classes), 2, [&](std::int64_t row, const auto& at, T* buffer) {
    const Row<T> written = row_of<T>(at[0], dlogits.strides[axis], classes);
    const T gradient = *reinterpret_cast<const T*>(at[1]);
    const Row<T> source = row_of<T>(at[2], logits.strides[axis], classes);
    const std::int64_t label = *reinterpret_cast<const Index*>(at[3]);
    T* const dx = written.target(buffer);
    if (label == options.ignore_index) {
      std::fill_n(dx, written.n, T{0});
    } else if (label < 0 || label >= classes) {
      return bad.note(row);
    } else {
      softmax(source.load(buffer + classes), dx, written.n);
      dx[label] -= rest;
      scale_shift(dx, 1, gradient, -gradient * share, dx, written.n);
    }
    written.store(dx);
  });
  bad.check<Index>(rows, 3, classes);
}

void cross_entropy_backward(OpCall& call) {
  const View &dout = call.in[0], &logits = call.in[1], &target = call.in[2], &dlogits = call.out[0];
  const CrossEntropyOptions options(call.attrs);
  const int axis = class_axis(logits);
  check_rows(logits, target, dout, axis);
  require(dlogits.same_shape(logits) && dlogits.dtype == logits.dtype, "a gradient has the shape of its tensor");
  visit_float(logits.dtype, [&](auto tag) {
    visit_target(target, [&](auto index) {
      cross_entropy_backward_rows<typename decltype(tag)::type, typename decltype(index)::type>(call, options, axis);
    });
  });
}

// Elements that are worked upon at a time, so that what lies between the kernels stays in the first cache.
constexpr std::size_t kBlock = 512;

void require_one_dtype(const OpCall& call) {
  for (int i = 0; i < call.inputs; i++) {
    require(call.in[i].dtype == call.out[0].dtype, "the op needs one dtype for all");
  }
}

// out = max(x, 0) - x t + log(1 + exp(-|x|)), which neither overflows nor cancels.
template <class T>
void bce_with_logits_of(OpCall& call) {
  const KernelTable& k = call.kernels;
  const auto abs = pick<T>(k.f32_abs, k.f64_abs), neg = pick<T>(k.f32_neg, k.f64_neg);
  const auto softplus = pick<T>(k.f32_softplus, k.f64_softplus), relu = pick<T>(k.f32_relu, k.f64_relu);
  const auto mul = pick<T>(k.f32_mul, k.f64_mul), sub = pick<T>(k.f32_sub, k.f64_sub);
  const auto add = pick<T>(k.f32_add, k.f64_add);
  for_each_run<3>({&call.out[0], &call.in[0], &call.in[1]}, [&](const auto& at, const auto& strides, std::size_t n) {
    alignas(64) T product[kBlock], tail[kBlock];
    for (std::size_t begin = 0; begin < n; begin += kBlock) {
      const std::size_t count = std::min(kBlock, n - begin);
      const std::ptrdiff_t start = static_cast<std::ptrdiff_t>(begin), sx = strides[1], st = strides[2];
      T* const out = reinterpret_cast<T*>(at[0]) + start;
      const T* const x = reinterpret_cast<const T*>(at[1]) + start * sx;
      const T* const target = reinterpret_cast<const T*>(at[2]) + start * st;
      mul(x, sx, target, st, product, count);
      abs(x, sx, tail, count);
      neg(tail, 1, tail, count);
      softplus(tail, 1, tail, count);
      relu(x, sx, out, count);
      sub(out, 1, product, 1, out, count);
      add(out, 1, tail, 1, out, count);
    }
  });
}

void bce_with_logits(OpCall& call) {
  require_one_dtype(call);
  visit_float(call.out[0].dtype, [&](auto tag) { bce_with_logits_of<typename decltype(tag)::type>(call); });
}

// dx = dout (sigmoid(x) - t).
template <class T>
void bce_with_logits_backward_of(OpCall& call) {
  const KernelTable& k = call.kernels;
  const auto sigmoid = pick<T>(k.f32_sigmoid, k.f64_sigmoid);
  const auto sub = pick<T>(k.f32_sub, k.f64_sub), mul = pick<T>(k.f32_mul, k.f64_mul);
  for_each_run<4>({&call.out[0], &call.in[0], &call.in[1], &call.in[2]},
                  [&](const auto& at, const auto& strides, std::size_t n) {
                    T* const dx = reinterpret_cast<T*>(at[0]);
                    sigmoid(reinterpret_cast<const T*>(at[2]), strides[2], dx, n);
                    sub(dx, 1, reinterpret_cast<const T*>(at[3]), strides[3], dx, n);
                    mul(dx, 1, reinterpret_cast<const T*>(at[1]), strides[1], dx, n);
                  });
}

void bce_with_logits_backward(OpCall& call) {
  require_one_dtype(call);
  visit_float(call.out[0].dtype, [&](auto tag) { bce_with_logits_backward_of<typename decltype(tag)::type>(call); });
}

}  // namespace

void register_loss(OpList& ops) {
  ops.push_back({"crossEntropy", 2, 1, cross_entropy});
  ops.push_back({"crossEntropyBackward", 3, 1, cross_entropy_backward});
  ops.push_back({"bceWithLogits", 2, 1, bce_with_logits});
  ops.push_back({"bceWithLogitsBackward", 3, 1, bce_with_logits_backward});
}

}  // namespace myelin
