#include "core/registry.h"
#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {
namespace {

// out = kernel(x) row by row along `axis`.
template <class T>
void run_rows(const View& out, const View& x, int axis, RowFn<T>* kernel) {
  require(x.same_shape(out) && x.dtype == out.dtype, "a row op keeps shape and dtype");
  const std::int64_t n = out.shape[axis];
  const View out_rest = without_axis(out, axis), x_rest = without_axis(x, axis);
  const RowNest<2> rows({&out_rest, &x_rest});
  for_rows<T>(rows, static_cast<std::size_t>(n), 2, [&](std::int64_t, const auto& at, T* buffer) {
    const Row<T> target = row_of<T>(at[0], out.strides[axis], n);
    const Row<T> source = row_of<T>(at[1], x.strides[axis], n);
    T* const result = target.target(buffer);
    kernel(source.load(buffer + n), result, target.n);
    target.store(result);
  });
}

// dx = kernel(dout, out) row by row along `axis`.
template <class T>
void run_rows_backward(const View& dx, const View& dout, const View& out, int axis, RowBackwardFn<T>* kernel) {
  require(dout.same_shape(dx) && out.same_shape(dx) && dout.dtype == dx.dtype && out.dtype == dx.dtype,
          "a row op keeps shape and dtype");
  const std::int64_t n = dx.shape[axis];
  const View dx_rest = without_axis(dx, axis), dout_rest = without_axis(dout, axis), out_rest = without_axis(out, axis);
  const RowNest<3> rows({&dx_rest, &dout_rest, &out_rest});
  for_rows<T>(rows, static_cast<std::size_t>(n), 3, [&](std::int64_t, const auto& at, T* buffer) {
    const Row<T> target = row_of<T>(at[0], dx.strides[axis], n);
    const Row<T> gradient = row_of<T>(at[1], dout.strides[axis], n);
    const Row<T> result = row_of<T>(at[2], out.strides[axis], n);
    T* const written = target.target(buffer);
    kernel(gradient.load(buffer + n), result.load(buffer + 2 * n), written, target.n);
    target.store(written);
  });
}

void softmax(OpCall& call) {
  const int axis = axis_of(call.attrs, call.in[0]);
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_rows<T>(call.out[0], call.in[0], axis, pick<T>(call.kernels.f32_softmax, call.kernels.f64_softmax));
  });
}

void log_softmax(OpCall& call) {
  const int axis = axis_of(call.attrs, call.in[0]);
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_rows<T>(call.out[0], call.in[0], axis, pick<T>(call.kernels.f32_log_softmax, call.kernels.f64_log_softmax));
  });
}

void softmax_backward(OpCall& call) {
  const int axis = axis_of(call.attrs, call.in[0]);
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_rows_backward<T>(call.out[0], call.in[0], call.in[1], axis,
                         pick<T>(call.kernels.f32_softmax_backward, call.kernels.f64_softmax_backward));
  });
}

void log_softmax_backward(OpCall& call) {
  const int axis = axis_of(call.attrs, call.in[0]);
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_rows_backward<T>(call.out[0], call.in[0], call.in[1], axis,
                         pick<T>(call.kernels.f32_log_softmax_backward, call.kernels.f64_log_softmax_backward));
  });
}

}  // namespace

void register_softmax(OpList& ops) {
  ops.push_back({"softmax", 1, 1, softmax});
  ops.push_back({"logSoftmax", 1, 1, log_softmax});
  ops.push_back({"softmaxBackward", 2, 1, softmax_backward});
  ops.push_back({"logSoftmaxBackward", 2, 1, log_softmax_backward});
}

}  // namespace myelin
