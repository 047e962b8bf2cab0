#include "ops/optim_step.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

#include "core/registry.h"

namespace myelin {
namespace {

// Where the number of steps is among the single numbers of a parameter, and what only NAdam and ASGD have.
constexpr int kSteps = 0, kProducts = 1, kRates = 1, kWeights = 2;

// How many steps a parameter has made, this one included.
double step_of(const StepInputs& inputs, int i) { return inputs.number_of(kSteps, i) + 1; }

// Counts this step; comes after all that may fail.
void count_step(const StepInputs& inputs) {
  for (int i = 0; i < inputs.count(); i++) inputs.number_of(kSteps, i)++;
}

// One step for each parameter: `own(step, i)` puts in what depends on how many steps it has made.
template <class Step, class Own>
std::vector<Step> steps_of(const StepInputs& inputs, const Step& step, const Own& own) {
  std::vector<Step> steps(static_cast<std::size_t>(inputs.count()), step);
  for (int i = 0; i < inputs.count(); i++) own(steps[static_cast<std::size_t>(i)], i);
  return steps;
}

template <class Step>
void alike(Step&, int) {}

// Updates the float and the double parameters.
template <class Step, class Own>
void update(StepFn<float, Step>* f32, StepFn<double, Step>* f64, const StepInputs& inputs, const Step& step,
            const Own& own) {
  const std::vector<Step> steps = steps_of(inputs, step, own);
  step_parameters<float>(f32, inputs, steps);
  step_parameters<double>(f64, inputs, steps);
}

void sgd_step(OpCall& call) {
  const StepOptions options(call.attrs);
  SgdStep step;
  const bool remembers = call.attrs.boolean();
  step.dampening = call.attrs.number();
  step.nesterov = call.attrs.boolean();
  step.first = false;
  const StepInputs inputs(call, {remembers}, remembers ? 1 : 0, kMomentumAndRate);
  step.momentum = remembers ? inputs.momentum() : 0;
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_sgd, call.kernels.f64_sgd, inputs, step,
         [&](SgdStep& own, int i) { own.first = remembers && step_of(inputs, i) <= 1; });
  if (remembers) count_step(inputs);
}

void adam_step(OpCall& call) {
  const StepOptions options(call.attrs);
  AdamStep step;
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  step.amsgrad = call.attrs.boolean();
  const StepInputs inputs(call, {true, true, step.amsgrad}, 1, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_adam, call.kernels.f64_adam, inputs, step, [&](AdamStep& own, int i) {
    own.correction1 = 1 - std::pow(step.beta1, step_of(inputs, i));
    own.correction2 = 1 - std::pow(step.beta2, step_of(inputs, i));
  });
  count_step(inputs);
}

void rmsprop_step(OpCall& call) {
  const StepOptions options(call.attrs);
  RmspropStep step;
  step.alpha = call.attrs.number();
  step.eps = call.attrs.number();
  const bool remembers = call.attrs.boolean();
  step.centered = call.attrs.boolean();
  const StepInputs inputs(call, {true, step.centered, remembers}, 0, kMomentumAndRate);
  step.momentum = remembers ? inputs.momentum() : 0;
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_rmsprop, call.kernels.f64_rmsprop, inputs, step, alike<RmspropStep>);
}

void adagrad_step(OpCall& call) {
  const StepOptions options(call.attrs);
  AdagradStep step;
  const double decay = call.attrs.number();
  step.eps = call.attrs.number();
  const StepInputs inputs(call, {true}, 1, kRate);
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_adagrad, call.kernels.f64_adagrad, inputs, step,
         [&](AdagradStep& own, int i) { own.terms.lr /= 1 + (step_of(inputs, i) - 1) * decay; });
  count_step(inputs);
}

void adadelta_step(OpCall& call) {
  const StepOptions options(call.attrs);
  AdadeltaStep step;
  step.rho = call.attrs.number();
  step.eps = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 0, kRate);
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_adadelta, call.kernels.f64_adadelta, inputs, step, alike<AdadeltaStep>);
}

void adamax_step(OpCall& call) {
  const StepOptions options(call.attrs);
  AdamaxStep step;
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 1, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_adamax, call.kernels.f64_adamax, inputs, step,
         [&](AdamaxStep& own, int i) { own.terms.lr /= 1 - std::pow(step.beta1, step_of(inputs, i)); });
  count_step(inputs);
}

void nadam_step(OpCall& call) {
  const StepOptions options(call.attrs);
  NadamStep step;
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  const double momentum_decay = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 2, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  // How much of the mean a step takes: it grows towards beta1. 0.96 is the paper's.
  const auto momentum = [&](double t) { return step.beta1 * (1 - 0.5 * std::pow(0.96, t * momentum_decay)); };
  update(call.kernels.f32_nadam, call.kernels.f64_nadam, inputs, step, [&](NadamStep& own, int i) {
    const double t = step_of(inputs, i), now = momentum(t), next = momentum(t + 1);
    const double product = inputs.number_of(kProducts, i) * now;
    own.correction2 = 1 - std::pow(step.beta2, t);
    own.of_gradient = (1 - now) / (1 - product);
    own.of_mean = next / (1 - product * next);
  });
  for (int i = 0; i < inputs.count(); i++) inputs.number_of(kProducts, i) *= momentum(step_of(inputs, i));
  count_step(inputs);
}

void radam_step(OpCall& call) {
  const StepOptions options(call.attrs);
  RadamStep step;
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 1, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  // Degrees of freedom of the average of squares: below 5 its variance is not tractable.
  const double most = 2 / (1 - step.beta2) - 1;
  update(call.kernels.f32_radam, call.kernels.f64_radam, inputs, step, [&](RadamStep& own, int i) {
    const double t = step_of(inputs, i), faded = std::pow(step.beta2, t);
    const double freedom = most - 2 * t * faded / (1 - faded);
    own.rectified = freedom > 5;
    own.size = 1 / (1 - std::pow(step.beta1, t));
    if (!own.rectified) return;
    const double variance = (freedom - 4) * (freedom - 2) * most / ((most - 4) * (most - 2) * freedom);
    own.size *= std::sqrt(variance * (1 - faded));
  });
  count_step(inputs);
}

void lion_step(OpCall& call) {
  const StepOptions options(call.attrs);
  LionStep step;
  step.beta2 = call.attrs.number();
  const StepInputs inputs(call, {true}, 0, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  update(call.kernels.f32_lion, call.kernels.f64_lion, inputs, step, alike<LionStep>);
}

void rprop_step(OpCall& call) {
  const StepOptions options(call.attrs);
  RpropStep step;
  step.eta_minus = call.attrs.number();
  step.eta_plus = call.attrs.number();
  step.min_size = call.attrs.number();
  step.max_size = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 0, kRate);
  step.terms = options.terms(inputs.learning_rate());
  step.terms.lr = 1;
  update(call.kernels.f32_rprop, call.kernels.f64_rprop, inputs, step, alike<RpropStep>);
}

void asgd_step(OpCall& call) {
  const StepOptions options(call.attrs);
  const double lambd = call.attrs.number(), power = call.attrs.number(), start = call.attrs.number();
  const StepInputs inputs(call, {true}, 3, kRate);
  const double lr = inputs.learning_rate();
  update(call.kernels.f32_asgd, call.kernels.f64_asgd, inputs, AsgdStep{}, [&](AsgdStep& own, int i) {
    const double rate = inputs.number_of(kRates, i);
    own.terms = options.terms(rate);
    own.terms.shrink *= 1 - lambd * rate;
    own.weight = inputs.number_of(kWeights, i);
  });
  for (int i = 0; i < inputs.count(); i++) {
    const double t = step_of(inputs, i);
    inputs.number_of(kRates, i) = lr / std::pow(1 + lambd * lr * t, power);
    inputs.number_of(kWeights, i) = 1 / std::max(1.0, t - start);
  }
  count_step(inputs);
}

// Updates the state, measures each parameter and its direction, and then moves it by lr |parameter| / |direction|.
template <class T>
void lamb_parameters(LambMomentsFn<T>* moments, LambFn<T>* apply, const StepInputs& inputs,
                     const std::vector<LambStep>& steps) {
  const StepPieces<T> pieces(inputs);
  std::vector<LambStep> moves = steps;
  std::vector<SquaredLengths> parts(pieces.size()), lengths(steps.size());
  const auto parameter = [&](std::size_t piece) { return static_cast<std::size_t>(pieces.parameter_of(piece)); };
  pieces.each([&](const StepArrays<T>& arrays, std::size_t n, std::size_t piece) {
    moments(arrays, n, steps[parameter(piece)], &parts[piece]);
  });
  for (std::size_t piece = 0; piece < pieces.size(); piece++) {
    lengths[parameter(piece)].param += parts[piece].param;
    lengths[parameter(piece)].direction += parts[piece].direction;
  }
  for (std::size_t i = 0; i < moves.size(); i++) {
    const auto& [param, direction] = lengths[i];
    if (param > 0 && direction > 0) moves[i].terms.lr *= std::sqrt(param / direction);
  }
  pieces.each([&](const StepArrays<T>& arrays, std::size_t n, std::size_t piece) {
    apply(arrays, n, moves[parameter(piece)]);
  });
}

void lamb_step(OpCall& call) {
  const StepOptions options(call.attrs);
  LambStep step;
  step.beta2 = call.attrs.number();
  step.eps = call.attrs.number();
  const StepInputs inputs(call, {true, true}, 1, kMomentumAndRate);
  step.beta1 = inputs.momentum();
  step.terms = options.terms(inputs.learning_rate());
  // Decoupled decay is part of the direction whose length is set.
  step.terms.shrink = 1;
  step.decay = options.decoupled ? options.weight_decay : 0;
  const std::vector<LambStep> steps = steps_of(inputs, step, [&](LambStep& own, int i) {
    own.correction1 = 1 - std::pow(step.beta1, step_of(inputs, i));
    own.correction2 = 1 - std::pow(step.beta2, step_of(inputs, i));
  });
  lamb_parameters(call.kernels.f32_lamb_moments, call.kernels.f32_lamb_apply, inputs, steps);
  lamb_parameters(call.kernels.f64_lamb_moments, call.kernels.f64_lamb_apply, inputs, steps);
  count_step(inputs);
}

}  // namespace

void register_optim(OpList& ops) {
  ops.push_back({"sgdStep", kVariadic, 0, sgd_step});
  ops.push_back({"adamStep", kVariadic, 0, adam_step});
  ops.push_back({"rmspropStep", kVariadic, 0, rmsprop_step});
  ops.push_back({"adagradStep", kVariadic, 0, adagrad_step});
  ops.push_back({"adadeltaStep", kVariadic, 0, adadelta_step});
  ops.push_back({"adamaxStep", kVariadic, 0, adamax_step});
  ops.push_back({"nadamStep", kVariadic, 0, nadam_step});
  ops.push_back({"radamStep", kVariadic, 0, radam_step});
  ops.push_back({"lionStep", kVariadic, 0, lion_step});
  ops.push_back({"lambStep", kVariadic, 0, lamb_step});
  ops.push_back({"rpropStep", kVariadic, 0, rprop_step});
  ops.push_back({"asgdStep", kVariadic, 0, asgd_step});
}

}  // namespace myelin
