#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/registry.h"
#include "ops/support.h"

namespace myelin {
namespace {

// The inputs of a step: lists of equal length (parameters, gradients, then what the optimizer remembers), and last
// the learning rate and the number of the step, counted from 1, which are tensors so that they can change between runs.
struct StepInputs {
  const View* views;
  int count;  // tensors in each list
  double learning_rate;
  double step;

  StepInputs(const OpCall& call, int lists) : views(call.in), count((call.inputs - 2) / lists) {
    require(call.inputs >= 2 && (call.inputs - 2) % lists == 0, "an optimizer step has lists of unequal length");
    learning_rate = number(call.in[call.inputs - 2]);
    step = number(call.in[call.inputs - 1]);
    for (int list = 1; list < lists; list++) {
      for (int i = 0; i < count; i++) check(at(0, i), at(list, i), list == kGradients);
    }
  }

  static constexpr int kGradients = 1;
  const View& at(int list, int i) const { return views[list * count + i]; }

 private:
  static double number(const View& view) {
    require(view.rank == 0, "learning rate and step are single numbers");
    return *view.as<double>();
  }
  // Gradients may be any view; what is written lies as the parameter does.
  static void check(const View& parameter, const View& other, bool gradient) {
    require(is_float(parameter.dtype) && parameter.dense(), "a parameter must be float and dense");
    require(other.same_shape(parameter) && other.dtype == parameter.dtype, "a parameter's tensors differ in shape");
    require(gradient || same_layout(parameter, other), "a parameter's tensors differ in layout");
  }
};

constexpr std::size_t kPiece = 16384;  // elements of a parameter that one thread updates at a time
constexpr std::size_t kBlock = 512;    // elements of a gradient that are made neighbours at a time

// A parameter and its gradient.
struct Pair {
  int index;
  LoopNest<2> nest;
};

// Part [begin, end) of one run of a pair.
struct Piece {
  std::size_t pair;
  std::int64_t run;
  std::size_t begin;
  std::size_t end;
};

// What a kernel gets for every list but the gradients: pointers that start `offset` elements into the parameter.
template <class T>
struct States {
  const StepInputs& inputs;
  int index;
  std::int64_t offset;
  T* operator[](int list) const { return inputs.at(list, index).template as<T>() + offset; }
};

// Calls update(states, gradient, n) for n neighbouring elements, copying gradients that do not lie side by side.
template <class T, class Update>
void update_run(const States<T>& states, const T* gradient, std::int64_t stride, std::size_t n, const Update& update) {
  if (stride == 1) return update(states, gradient, n);
  T copy[kBlock];
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t count = std::min(kBlock, n - begin);
    const T* const source = gradient + static_cast<std::int64_t>(begin) * stride;
    for (std::size_t i = 0; i < count; i++) copy[i] = source[static_cast<std::int64_t>(i) * stride];
    update(States<T>{states.inputs, states.index, states.offset + static_cast<std::int64_t>(begin)}, copy, count);
  }
}

// Cuts all parameters of type T into pieces and updates them on several threads.
template <class T, class Update>
void update_all(const StepInputs& inputs, const Update& update) {
  std::vector<Pair> pairs;
  std::vector<Piece> pieces;
  std::size_t total = 0;
  for (int i = 0; i < inputs.count; i++) {
    const View &parameter = inputs.at(0, i), &gradient = inputs.at(StepInputs::kGradients, i);
    if (parameter.dtype != DTypeOf<T>::value || parameter.size() == 0) continue;
    pairs.push_back({i, LoopNest<2>({&parameter, &gradient})});
    total += static_cast<std::size_t>(parameter.size());
    const LoopNest<2>& nest = pairs.back().nest;
    const std::size_t n = static_cast<std::size_t>(nest.inner());
    for (std::int64_t run = 0; run < nest.outer(); run++) {
      for (std::size_t begin = 0; begin < n; begin += kPiece) {
        pieces.push_back({pairs.size() - 1, run, begin, std::min(n, begin + kPiece)});
      }
    }
  }
  if (pieces.empty()) return;
  const std::size_t chunks = std::min(pieces.size(), chunks_for(total, kPiece));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(pieces.size(), chunks, chunk);
    for (std::size_t p = range.begin; p < range.end; p++) {
      const Piece& piece = pieces[p];
      const auto& [index, nest] = pairs[piece.pair];
      const auto at = nest.at(piece.run);
      const std::int64_t start = static_cast<std::int64_t>(piece.begin), stride = nest.inner_stride(1);
      const std::int64_t offset = (reinterpret_cast<T*>(at[0]) - inputs.at(0, index).template as<T>()) + start;
      update_run<T>({inputs, index, offset}, reinterpret_cast<const T*>(at[1]) + start * stride, stride,
                    piece.end - piece.begin, update);
    }
  });
}

// Updates the float and the double parameters: update(kernel, states, gradient, n) with the kernel of their type.
template <class Float, class Double, class Update>
void update_with(Float* f32, Double* f64, const StepInputs& inputs, const Update& update) {
  const auto with = [&](auto* kernel) {
    return [&update, kernel](const auto& states, const auto* gradient, std::size_t n) {
      update(kernel, states, gradient, n);
    };
  };
  update_all<float>(inputs, with(f32));
  update_all<double>(inputs, with(f64));
}

void sgd_step(OpCall& call) {
  SgdStep step;
  step.momentum = call.attrs.number();
  step.dampening = call.attrs.number();
  step.weight_decay = call.attrs.number();
  step.nesterov = call.attrs.boolean();
  const bool remembers = step.momentum != 0;
  const StepInputs inputs(call, remembers ? 3 : 2);
  step.lr = inputs.learning_rate;
  step.first = inputs.step <= 1;
  update_with(call.kernels.f32_sgd, call.kernels.f64_sgd, inputs,
              [&](auto* kernel, const auto& states, const auto* gradient, std::size_t n) {
                kernel(states[0], gradient, remembers ? states[2] : nullptr, n, step);
              });
}

void adam_step(OpCall& call) {
  AdamStep step;
  step.beta1 = call.attrs.number();
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  step.weight_decay = call.attrs.number();
  step.decoupled = call.attrs.boolean();
  const StepInputs inputs(call, 4);
  step.lr = inputs.learning_rate;
  step.correction1 = 1 - std::pow(step.beta1, inputs.step);
  step.correction2 = 1 - std::pow(step.beta2, inputs.step);
  update_with(call.kernels.f32_adam, call.kernels.f64_adam, inputs,
              [&](auto* kernel, const auto& states, const auto* gradient, std::size_t n) {
                kernel(states[0], gradient, states[2], states[3], n, step);
              });
}

void rmsprop_step(OpCall& call) {
  RmspropStep step;
  step.alpha = call.attrs.number();
  step.eps = call.attrs.number();
  step.weight_decay = call.attrs.number();
  step.momentum = call.attrs.number();
  step.centered = call.attrs.boolean();
  const int means = step.centered ? 3 : 0;
  const int velocities = step.momentum == 0 ? 0 : step.centered ? 4 : 3;
  const StepInputs inputs(call, 3 + (means != 0) + (velocities != 0));
  step.lr = inputs.learning_rate;
  update_with(call.kernels.f32_rmsprop, call.kernels.f64_rmsprop, inputs,
              [&](auto* kernel, const auto& states, const auto* gradient, std::size_t n) {
                kernel(states[0], gradient, states[2], means != 0 ? states[means] : nullptr,
                       velocities != 0 ? states[velocities] : nullptr, n, step);
              });
}

void adagrad_step(OpCall& call) {
  AdagradStep step;
  const double decay = call.attrs.number();
  step.eps = call.attrs.number();
  step.weight_decay = call.attrs.number();
  const StepInputs inputs(call, 3);
  step.lr = inputs.learning_rate / (1 + (inputs.step - 1) * decay);
  update_with(call.kernels.f32_adagrad, call.kernels.f64_adagrad, inputs,
              [&](auto* kernel, const auto& states, const auto* gradient, std::size_t n) {
                kernel(states[0], gradient, states[2], n, step);
              });
}

}  // namespace

void register_optim(OpList& ops) {
  ops.push_back({"sgdStep", kVariadic, 0, sgd_step});
  ops.push_back({"adamStep", kVariadic, 0, adam_step});
  ops.push_back({"rmspropStep", kVariadic, 0, rmsprop_step});
  ops.push_back({"adagradStep", kVariadic, 0, adagrad_step});
}

}  // namespace myelin
