#include "ops/recurrent.h"

#include <string>

namespace myelin {
namespace {

// The gates of PyTorch's weights: lstm i f g o, gru r z n. What their slots hold is said in kernels/recurrent.h.
constexpr CellKind kLstm = {4, 4, 0, {0, 1, 2, 3}, {0, 1, 2, 3}, 5, true};
constexpr CellKind kGru = {3, 4, 1, {2, 0, 1}, {0, 1, 2}, 4, false};
constexpr CellKind kRnn = {1, 1, 0, {0}, {0}, 1, false};
constexpr CellKind kCells[] = {kLstm, kGru, kRnn, kRnn};
constexpr int kCellCount = 4;

// A block has as many units as make its gates four vectors of the widest ISA, if the layer has so many.
void set_blocks(RecurrentShape& shape, std::size_t units) {
  const std::size_t vectors = shape.kind.gates == 1 ? std::clamp<std::size_t>(ceil_div(shape.hidden, units), 1, 4) : 1;
  shape.width = units * vectors;
  shape.blocks = ceil_div(shape.hidden, shape.width);
}

// Inputs that may be left out are given as vectors without elements.
bool missing(const View& view) { return view.rank == 1 && view.shape[0] == 0; }

bool has_shape(const View& view, std::size_t rows, std::size_t columns) {
  return view.rank == 2 && view.shape[0] == static_cast<std::int64_t>(rows) &&
         view.shape[1] == static_cast<std::int64_t>(columns);
}
bool has_shape(const View& view, std::size_t size) {
  return view.rank == 1 && view.shape[0] == static_cast<std::int64_t>(size);
}
bool is_sequence(const View& view, const RecurrentShape& shape, std::size_t columns) {
  return view.rank == 3 && view.shape[0] == static_cast<std::int64_t>(shape.steps) &&
         view.shape[1] == static_cast<std::int64_t>(shape.batch) && view.shape[2] == static_cast<std::int64_t>(columns);
}

// The inputs that both ways have: x, h0, c0, weights of input and state, their biases, projection, lengths.
struct Inputs {
  const View &x, &h0, &c0, &ih, &hh, &bias_ih, &bias_hh, &projection, &lengths;

  explicit Inputs(const View* in)
      : x(in[0]),
        h0(in[1]),
        c0(in[2]),
        ih(in[3]),
        hh(in[4]),
        bias_ih(in[5]),
        bias_hh(in[6]),
        projection(in[7]),
        lengths(in[8]) {}
};
constexpr int kInputs = 9;

RecurrentShape shape_of(const Inputs& in, int cell, bool reverse) {
  require(in.x.rank == 3 && in.ih.rank == 2 && in.hh.rank == 2, "an operand has a wrong number of axes");
  RecurrentShape shape{};
  shape.kind = kCells[cell];
  shape.cell = cell;
  shape.reverse = reverse;
  shape.steps = static_cast<std::size_t>(in.x.shape[0]);
  shape.batch = static_cast<std::size_t>(in.x.shape[1]);
  shape.inputs = static_cast<std::size_t>(in.x.shape[2]);
  shape.state = static_cast<std::size_t>(in.hh.shape[1]);
  shape.hidden = static_cast<std::size_t>(in.hh.shape[0]) / shape.kind.gates;
  shape.projected = !missing(in.projection);
  require(shape.hidden > 0 && shape.state > 0, "a layer has no units");
  set_blocks(shape, in.x.dtype == DType::kFloat64 ? kBlockUnits<double> : kBlockUnits<float>);
  const std::size_t rows = shape.kind.gates * shape.hidden;
  require(has_shape(in.ih, rows, shape.inputs) && has_shape(in.hh, rows, shape.state), "a weight has a wrong shape");
  if (shape.projected) {
    require(shape.kind.has_cell && has_shape(in.projection, shape.state, shape.hidden),
            "the projection has a wrong shape");
  } else {
    require(shape.state == shape.hidden, "a weight has a wrong shape");
  }
  for (const View* bias : {&in.bias_ih, &in.bias_hh}) {
    require(missing(*bias) || has_shape(*bias, rows), "a bias has a wrong shape");
  }
  require(missing(in.h0) || has_shape(in.h0, shape.batch, shape.state), "a first state has a wrong shape");
  require(missing(in.c0) || (shape.kind.has_cell && has_shape(in.c0, shape.batch, shape.hidden)),
          "a first cell has a wrong shape");
  // Views may repeat what they hold, so that extents say nothing of memory.
  constexpr double kMost = 0x1p46;
  const double columns =
      static_cast<double>(shape.inputs) + static_cast<double>(shape.state) + 8.0 * static_cast<double>(shape.padded());
  require((static_cast<double>(shape.batch) + 256) * columns < kMost && static_cast<double>(rows) * columns < kMost,
          "a layer is too large");
  return shape;
}

bool is_kept(const View& view, const RecurrentShape& shape) {
  return view.rank == 4 && view.shape[0] == static_cast<std::int64_t>(shape.blocks) &&
         view.shape[1] == static_cast<std::int64_t>(shape.steps) &&
         view.shape[2] == static_cast<std::int64_t>(shape.batch) &&
         view.shape[3] == static_cast<std::int64_t>(shape.kept_columns()) && view.contiguous();
}

// Row-major copies of what is not row-major.
template <class T>
class Operands {
 public:
  Operands(const Inputs& in, const KernelTable& kernels)
      : ih_(in.ih, kernels),
        hh_(in.hh, kernels),
        bias_ih_(in.bias_ih, kernels),
        bias_hh_(in.bias_hh, kernels),
        projection_(in.projection, kernels),
        h0_(in.h0, kernels),
        c0_(in.c0, kernels) {}

  RecurrentWeights<T> weights() const {
    return {ih_.as<T>(), hh_.as<T>(), given(bias_ih_), given(bias_hh_), given(projection_)};
  }
  RecurrentStates<T> states() const { return {given(h0_), given(c0_)}; }

  static const T* given(const Contiguous& view) { return missing(view.view()) ? nullptr : view.as<T>(); }

 private:
  Contiguous ih_, hh_, bias_ih_, bias_hh_, projection_, h0_, c0_;
};

template <class T>
bool is_packed(const View& view, const RecurrentShape& shape, DType dtype) {
  return view.dtype == dtype && view.contiguous() && has_shape(view, PackedWeights<T>(shape).elements());
}

template <class T>
T* wanted(const View& view) {
  return missing(view) ? nullptr : view.as<T>();
}

void zero(const View& view) {
  if (view.size() > 0) fill_view(view, 0);
}

// `packed`: the weights as `packRecurrent` gives them, or null.
void run_forward(OpCall& call, const View* packed) {
  const Inputs in(call.in);
  const int cell = call.attrs.choice(kCellCount);
  const RecurrentShape shape = shape_of(in, cell, call.attrs.boolean());
  const View &out = call.out[0], &hn = call.out[1], &cn = call.out[2], &kept = call.out[3];
  require(is_sequence(out, shape, shape.state) && out.dense() && out.strides[2] == 1 &&
              has_shape(hn, shape.batch, shape.state) && hn.contiguous(),
          "a result has a wrong shape");
  require(missing(cn) || (shape.kind.has_cell && has_shape(cn, shape.batch, shape.hidden) && cn.contiguous()),
          "the last cell has a wrong shape");
  require(missing(kept) || is_kept(kept, shape), "what is kept has a wrong shape");
  const Lengths lengths(in.lengths, shape, call.kernels);
  visit_float(in.x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Operands<T> operands(in, call.kernels);
    const RecurrentWeights<T> weights = operands.weights();
    const RecurrentStates<T> states = operands.states();
    const RecurrentOutputs<T> outputs{Sequence<T>(out), hn.as<T>(), wanted<T>(cn), wanted<T>(kept)};
    const T* const factors = packed == nullptr ? nullptr : packed->as<T>();
    require(packed == nullptr || is_packed<T>(*packed, shape, in.x.dtype), "what is packed has a wrong shape");
    if (shape.batch > 0) recurrent_forward<T>(call.kernels, shape, lengths, weights, states, in.x, outputs, factors);
  });
}

// x, h0, c0, weights, biases, projection, lengths -> out, hn, cn, kept.
void recurrent(OpCall& call) { run_forward(call, nullptr); }

// The same with what `packRecurrent` gives as a last input.
void recurrent_packed(OpCall& call) { run_forward(call, &call.in[kInputs]); }

// Weights, biases, projection -> what the way forward reads of them.
void pack_recurrent(OpCall& call) {
  View x{}, none{};
  x.dtype = none.dtype = call.in[0].dtype;
  x.rank = 3;
  x.shape[2] = call.in[0].rank == 2 ? call.in[0].shape[1] : 0;
  none.rank = 1;
  const View views[kInputs] = {x, none, none, call.in[0], call.in[1], call.in[2], call.in[3], call.in[4], none};
  const Inputs in(views);
  const RecurrentShape shape = shape_of(in, call.attrs.choice(kCellCount), false);
  visit_float(in.x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    require(is_packed<T>(call.out[0], shape, in.x.dtype), "what is packed has a wrong shape");
    const Operands<T> operands(in, call.kernels);
    PackedWeights<T>(shape).pack(GemmKernels<T>(call.kernels), operands.weights(), call.out[0].as<T>());
  });
}

bool unless_missing(const View& gradient, const View& of) {
  return missing(gradient) || (gradient.same_shape(of) && gradient.contiguous());
}

// The inputs of `recurrent`, then out, kept and the gradients of out, hn and cn -> the gradients of the first eight.
void recurrent_backward_op(OpCall& call) {
  const Inputs in(call.in);
  const View &out = call.in[kInputs], &kept = call.in[kInputs + 1], &dout = call.in[kInputs + 2];
  const View &dhn = call.in[kInputs + 3], &dcn = call.in[kInputs + 4];
  const int cell = call.attrs.choice(kCellCount);
  const RecurrentShape shape = shape_of(in, cell, call.attrs.boolean());
  require(is_sequence(out, shape, shape.state) && is_sequence(dout, shape, shape.state) && is_kept(kept, shape),
          "an operand has a wrong shape");
  require(missing(dhn) || has_shape(dhn, shape.batch, shape.state), "a gradient has a wrong shape");
  require(missing(dcn) || (shape.kind.has_cell && has_shape(dcn, shape.batch, shape.hidden)),
          "a gradient has a wrong shape");
  const View& dx = call.out[0];
  require(missing(dx) || (dx.same_shape(in.x) && dx.dense() && dx.strides[2] == 1), "a gradient has a wrong shape");
  for (int i = 1; i < 8; i++) {
    const bool needed = i >= 3;
    require(unless_missing(call.out[i], call.in[i]) && (!needed || call.out[i].same_shape(call.in[i])),
            "a gradient has a wrong shape");
  }
  const Lengths lengths(in.lengths, shape, call.kernels);
  visit_float(in.x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (shape.batch == 0) {
      for (int i = 3; i < 8; i++) zero(call.out[i]);
      return;
    }
    const Operands<T> operands(in, call.kernels);
    const Contiguous last_state(dhn, call.kernels), last_cell(dcn, call.kernels);
    const RecurrentGradients<T> gradients{
        kept.as<T>(),
        Sequence<const T>(out),
        Sequence<const T>(dout),
        Operands<T>::given(last_state),
        Operands<T>::given(last_cell),
        missing(dx) ? Sequence<T>{} : Sequence<T>(dx),
        wanted<T>(call.out[1]),
        wanted<T>(call.out[2]),
        call.out[3].as<T>(),
        call.out[4].as<T>(),
        wanted<T>(call.out[5]),
        wanted<T>(call.out[6]),
        wanted<T>(call.out[7]),
    };
    recurrent_backward<T>(call.kernels, shape, lengths, operands.weights(), operands.states(), in.x, gradients);
  });
}

}  // namespace

Lengths::Lengths(const View& lengths, const RecurrentShape& shape, const KernelTable& kernels) {
  if (missing(lengths)) return;
  require(has_shape(lengths, shape.batch), "there must be one length for each sample");
  const Snapshot copy(lengths, kernels);
  const std::int64_t* values = copy.as<std::int64_t>();
  require(lengths.dtype == DType::kInt64, "lengths must be int64");
  for (std::size_t i = 0; i < shape.batch; i++) {
    if (values[i] < 0 || values[i] > static_cast<std::int64_t>(shape.steps)) {
      fail("INDEX", "length " + std::to_string(values[i]) + " of sample " + std::to_string(i) +
                        " (need 0 <= length <= " + std::to_string(shape.steps) + ", the steps)");
    }
    steps_.push_back(static_cast<std::size_t>(values[i]));
  }
}

template <>
CellKernels<float>::CellKernels(const KernelTable& t, int cell) {
  RecurrentStepFn<float>* const steps[] = {t.f32_lstm_step, t.f32_gru_step, t.f32_rnn_tanh_step, t.f32_rnn_relu_step};
  RecurrentBackFn<float>* const backs[] = {t.f32_lstm_back, t.f32_gru_back, t.f32_rnn_tanh_back, t.f32_rnn_relu_back};
  step = steps[cell];
  back = backs[cell];
}

template <>
CellKernels<double>::CellKernels(const KernelTable& t, int cell) {
  RecurrentStepFn<double>* const steps[] = {t.f64_lstm_step, t.f64_gru_step, t.f64_rnn_tanh_step, t.f64_rnn_relu_step};
  RecurrentBackFn<double>* const backs[] = {t.f64_lstm_back, t.f64_gru_back, t.f64_rnn_tanh_back, t.f64_rnn_relu_back};
  step = steps[cell];
  back = backs[cell];
}

void register_recurrent(OpList& ops) {
  ops.push_back({"recurrent", kInputs, 4, recurrent});
  ops.push_back({"packRecurrent", 5, 1, pack_recurrent});
  ops.push_back({"recurrentPacked", kInputs + 1, 4, recurrent_packed});
  ops.push_back({"recurrentBackward", kInputs + 5, 8, recurrent_backward_op});
}

}  // namespace myelin
