#pragma once
// Checks of the kernels of CTC and of optimizers.
#include <limits>
#include <string>
#include <vector>

#include "kernel_checks_rows.h"
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

template <class T>
void check(myelin::CtcStepFn<T>* got, myelin::CtcStepFn<T>* want) {
  Random random(19);
  const T never = -std::numeric_limits<T>::infinity();
  for (std::size_t n : lengths<T>())
    for (const bool emits : {false, true}) {
      Array<T> prev(n + 2), skip(n), emit(n);
      for (std::size_t i = 0; i < n + 2; i++) prev[i] = i % 7 < 3 ? never : static_cast<T>(uniform(random, -30, 0));
      for (std::size_t i = 0; i < n; i++) {
        skip[i] = i % 2 == 0 ? never : 0;
        emit[i] = static_cast<T>(uniform(random, -9, 0));
      }
      Output<T> expected(n), actual(n);
      const T* const emission = emits ? emit.data() : nullptr;
      want(prev.data() + 2, skip.data(), emission, expected.data(), n);
      got(prev.data() + 2, skip.data(), emission, actual.data(), n);
      const std::string where = describe_rows(1, n, emits);
      expect_near<T>(where, expected, actual, {4, 1});
      expect_intact(where, actual);
    }
}

constexpr Tolerance kStepTolerance = {8, 3};

// A parameter, its gradient and its states, all of which may be under a root, also the first less the second squared.
template <class T>
struct StepState {
  Output<T> param, states[myelin::kStepStates];
  Array<T> grad;

  StepState(std::size_t n, std::size_t misalign)
      : param(n, misalign), states{Output<T>(n), Output<T>(n, misalign), Output<T>(n)}, grad(n, misalign) {
    Random random(18);
    for (std::size_t i = 0; i < n; i++) {
      param[i] = plain_value<T>(random);
      grad[i] = plain_value<T>(random);
      states[0][i] = static_cast<T>(uniform(random, 1, 2));
      for (std::size_t s = 1; s < myelin::kStepStates; s++) states[s][i] = static_cast<T>(uniform(random, 0.1, 0.3));
    }
  }
  myelin::StepArrays<T> arrays() {
    return {param.data(), grad.data(), {states[0].data(), states[1].data(), states[2].data()}};
  }
};

template <class T>
void expect_same(const std::string& where, StepState<T>& expected, StepState<T>& actual) {
  expect_near<T>(where + ", parameter", expected.param, actual.param, kStepTolerance);
  expect_intact(where, actual.param);
  for (std::size_t s = 0; s < myelin::kStepStates; s++) {
    expect_near<T>(where + ", state " + std::to_string(s), expected.states[s], actual.states[s], kStepTolerance);
    expect_intact(where, actual.states[s]);
  }
}

// call(kernel, state, n) for all lengths; compares all arrays.
template <class T, class Fn, class Call>
void check_step(Fn* got, Fn* want, const Call& call) {
  for (std::size_t n : lengths<T>())
    for (std::size_t misalign : {0, 1}) {
      StepState<T> expected(n, misalign), actual(n, misalign);
      call(want, expected, n);
      call(got, actual, n);
      expect_same<T>(describe_rows(1, n, misalign), expected, actual);
    }
}

// Plain, and with all that can be done to a gradient and a parameter.
constexpr myelin::StepTerms kPlain = {0.1, 1, 0, 0, 1}, kAllTerms = {0.01, -1, 0.1, 0.05, 0.9};

inline std::vector<myelin::SgdStep> steps_of(myelin::SgdStep) {
  return {{kPlain, 0, 0, false, false},
          {kAllTerms, 0.9, 0.1, false, true},
          {kPlain, 0.9, 0.1, false, false},
          {kPlain, 0.9, 0, true, false}};
}
inline std::vector<myelin::AdamStep> steps_of(myelin::AdamStep) {
  return {{kPlain, 0.9, 0.999, 1e-8, false, 0.1, 0.001}, {kAllTerms, 0.3, 0.99, 1e-8, true, 0.5, 0.01}};
}
inline std::vector<myelin::RmspropStep> steps_of(myelin::RmspropStep) {
  return {{kPlain, 0.99, 1e-8, 0, false}, {kAllTerms, 0.9, 1e-8, 0.9, true}};
}
inline std::vector<myelin::AdagradStep> steps_of(myelin::AdagradStep) { return {{kPlain, 1e-10}, {kAllTerms, 1e-3}}; }
inline std::vector<myelin::AdadeltaStep> steps_of(myelin::AdadeltaStep) {
  return {{kPlain, 0.9, 1e-6}, {kAllTerms, 0.5, 1e-3}};
}
inline std::vector<myelin::AdamaxStep> steps_of(myelin::AdamaxStep) {
  return {{kPlain, 0.9, 0.999, 1e-8}, {kAllTerms, 0.5, 0.3, 1e-3}};
}
inline std::vector<myelin::NadamStep> steps_of(myelin::NadamStep) {
  return {{kPlain, 0.9, 0.999, 1e-8, 0.5, 0.6, 0.1}, {kAllTerms, 0.5, 0.9, 1e-3, 0.9, 0.3, 0.5}};
}
inline std::vector<myelin::RadamStep> steps_of(myelin::RadamStep) {
  return {{kPlain, 0.9, 0.999, 1e-8, 0.5, false}, {kAllTerms, 0.5, 0.9, 1e-3, 0.9, true}};
}
inline std::vector<myelin::LionStep> steps_of(myelin::LionStep) { return {{kPlain, 0.9, 0.99}, {kAllTerms, 0.3, 0.7}}; }
inline std::vector<myelin::LambStep> steps_of(myelin::LambStep) {
  return {{kPlain, 0.9, 0.999, 1e-6, 0, 0.1, 0.001}, {kAllTerms, 0.5, 0.9, 1e-3, 0.1, 0.5, 0.2}};
}
inline std::vector<myelin::RpropStep> steps_of(myelin::RpropStep) {
  return {{kPlain, 0.5, 1.2, 1e-6, 50}, {kAllTerms, 0.3, 2, 0.08, 0.5}};
}
inline std::vector<myelin::AsgdStep> steps_of(myelin::AsgdStep) { return {{kPlain, 1}, {kAllTerms, 0.25}}; }
inline std::vector<myelin::AdafactorStep> steps_of(myelin::AdafactorStep) {
  return {{kPlain, 0.7, 1e-7}, {kAllTerms, 0.5, 0.8}};
}

template <class T, class Step>
void check(myelin::StepFn<T, Step>* got, myelin::StepFn<T, Step>* want) {
  for (const Step& step : steps_of(Step{}))
    check_step<T>(got, want,
                  [&](auto* kernel, StepState<T>& state, std::size_t n) { kernel(state.arrays(), n, step); });
}

template <class T, class Step>
void check(myelin::StepSumsFn<T, Step>* got, myelin::StepSumsFn<T, Step>* want) {
  for (const Step& step : steps_of(Step{})) {
    std::vector<T> lengths;
    check_step<T>(got, want, [&](auto* kernel, StepState<T>& state, std::size_t n) {
      myelin::SquaredLengths found = {0.5, 0.25};
      kernel(state.arrays(), n, step, &found);
      lengths.push_back(static_cast<T>(found.param));
      lengths.push_back(static_cast<T>(found.direction));
    });
    for (std::size_t i = 0; i < lengths.size(); i += 4)
      for (std::size_t k = i; k < i + 2; k++)
        expect_near<T>("squared length", k, lengths[k], lengths[k + 2], {kSumUlp, static_cast<double>(lengths[k])});
  }
}

template <class T>
void check(myelin::BlendDotFn<T>* got, myelin::BlendDotFn<T>* want) {
  Random random(19);
  for (std::size_t n : row_lengths<T>())
    for (std::size_t misalign : {0, 1, 3}) {
      Array<T> x(plain_values<T>(random, n), misalign), y(plain_values<T>(random, n)), z(plain_values<T>(random, n));
      Output<T> expected(n), actual(n, misalign);
      const T a(-0.7), b(1.3), product = want(x.data(), a, y.data(), b, expected.data(), z.data(), n);
      const std::string where = describe_rows(1, n, misalign);
      const Tolerance tolerance = {kSumUlp, 16.0 * static_cast<double>(n)};
      expect_near(where + ", product", 0, product, got(x.data(), a, y.data(), b, actual.data(), z.data(), n),
                  tolerance);
      expect_near<T>(where, expected, actual, {4, 16});
      expect_intact(where, actual);
      // In place, and the product of the result with itself.
      Output<T> in_place(std::vector<T>(x.data(), x.data() + n), misalign);
      const T square = want(x.data(), a, y.data(), b, expected.data(), expected.data(), n);
      const T found = got(in_place.data(), a, y.data(), b, in_place.data(), in_place.data(), n);
      expect_near(where + ", square", 0, square, found, tolerance);
      expect_same(where, n, actual.data(), in_place.data());
    }
}

}  // namespace kernel_test
