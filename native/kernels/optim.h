#pragma once
// What optimizer steps take; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>

namespace myelin {

// One step of an optimizer on n elements of a parameter, formula for formula torch.optim's (single-tensor form) where it
// has the optimizer. All arrays but the gradient are updated in place; those that a choice makes needless may be null.
// Hyper-parameters are double and rounded once, after derived ones such as 1 - beta.
constexpr std::size_t kStepStates = 3;
template <class T>
struct StepArrays {
  T* param;
  const T* grad;
  T* state[kStepStates];
};
// The gradient that an optimizer works with is sign * grad + l2 * param + l1 * sign(param), and before its step a
// parameter shrinks to shrink * param.
struct StepTerms {
  double lr, sign, l2, l1, shrink;
};
// State: velocity, unless momentum is 0.
struct SgdStep {
  StepTerms terms;
  double momentum, dampening;
  bool nesterov;
  bool first;  // the velocity starts as the gradient, undamped
};
// State: mean, square, and with amsgrad the largest square so far.
struct AdamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  bool amsgrad;
  double correction1, correction2;  // 1 - beta1^t and 1 - beta2^t
};
// State: square, mean if centered, velocity unless momentum is 0.
struct RmspropStep {
  StepTerms terms;
  double alpha, eps, momentum;
  bool centered;
};
// State: sum of squares. The rate is already decayed: lr / (1 + (t - 1) lr_decay).
struct AdagradStep {
  StepTerms terms;
  double eps;
};
// State: square, square of the steps.
struct AdadeltaStep {
  StepTerms terms;
  double rho, eps;
};
// State: mean, largest size. The rate is lr / (1 - beta1^t).
struct AdamaxStep {
  StepTerms terms;
  double beta1, beta2, eps;
};
// State: mean, square. param -= lr (of_gradient g + of_mean m) / (sqrt(v / correction2) + eps).
struct NadamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  double of_gradient, of_mean, correction2;
};
// State: mean, square. param -= lr size m / (sqrt(v) + eps), or lr size m while the variance of v is not
// tractable.
struct RadamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  double size;
  bool rectified;
};
// State: mean.
struct LionStep {
  StepTerms terms;
  double beta1, beta2;
};
// State: mean, square. direction = m / correction1 / (sqrt(v / correction2) + eps) + decay param.
struct LambStep {
  StepTerms terms;
  double beta1, beta2, eps, decay;
  double correction1, correction2;
};
// State: gradient of the step before, size of the step. The rate is 1: a size is a distance.
struct RpropStep {
  StepTerms terms;
  double eta_minus, eta_plus, min_size, max_size;
};
// State: average. The rate is that of the parameter's own step; the average goes `weight` of the way to the parameter.
struct AsgdStep {
  StepTerms terms;
  double weight;
};
// State: columns. direction = g / sqrt(max(row column, eps^2)), where row column stands for the average square.
struct AdafactorStep {
  StepTerms terms;
  double row, eps;
};
template <class T, class Step>
using StepFn = void(const StepArrays<T>& arrays, std::size_t n, const Step& step);
template <class T>
using SgdFn = StepFn<T, SgdStep>;
template <class T>
using AdamFn = StepFn<T, AdamStep>;
template <class T>
using RmspropFn = StepFn<T, RmspropStep>;
template <class T>
using AdagradFn = StepFn<T, AdagradStep>;
template <class T>
using AdadeltaFn = StepFn<T, AdadeltaStep>;
template <class T>
using AdamaxFn = StepFn<T, AdamaxStep>;
template <class T>
using NadamFn = StepFn<T, NadamStep>;
template <class T>
using RadamFn = StepFn<T, RadamStep>;
template <class T>
using LionFn = StepFn<T, LionStep>;
template <class T>
using LambFn = StepFn<T, LambStep>;
template <class T>
using RpropFn = StepFn<T, RpropStep>;
template <class T>
using AsgdFn = StepFn<T, AsgdStep>;
template <class T>
using AdafactorFn = StepFn<T, AdafactorStep>;
// LAMB needs the lengths of parameter and direction before the parameter moves. The first pass updates the state and
// adds to both squared lengths, the second moves the parameter by terms.lr times the direction.
struct SquaredLengths {
  double param, direction;
};
template <class T, class Step>
using StepSumsFn = void(const StepArrays<T>& arrays, std::size_t n, const Step& step, SquaredLengths* lengths);
template <class T>
using LambMomentsFn = StepSumsFn<T, LambStep>;
// Adafactor adds squares of a row to the sums of columns and both squared lengths (of parameter and gradient), and later measures
// directions, before the parameter moves.
template <class T>
using AdafactorSumsFn = StepSumsFn<T, AdafactorStep>;

// out[i] = a x[i] + b y[i]; returns the sum of out[i] z[i], a tree whose order depends on n alone. z may be out.
template <class T>
using BlendDotFn = T(const T* x, T a, const T* y, T b, T* out, const T* z, std::size_t n);

}  // namespace myelin
