#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "core/registry.h"
#include "ops/rows.h"
#include "ops/support.h"

// Connectionist temporal classification: Graves et al. 2006, «Connectionist Temporal Classification: Labelling
// Unsegmented Sequence Data with Recurrent Neural Networks», section 4, in logarithms. A label of n classes is spelled
// in 2 n + 1 states: blank, class, blank, class, ..., blank.

namespace myelin {
namespace {

constexpr int kPad = 2;  // states that lie before the first and are never reached

struct CtcAttributes {
  std::int64_t blank, longest;
  bool zero_infinity;
  explicit CtcAttributes(Attrs& attrs)
      : blank(attrs.integer()), longest(attrs.integer()), zero_infinity(attrs.boolean()) {}
};

// The labels of a batch, checked, as nobody can change them any more.
class CtcBatch {
 public:
  CtcBatch(const View& log_probs, const View& targets, const View& input_lengths, const View& target_lengths,
           const CtcAttributes& attrs, const KernelTable& kernels)
      : attrs_(attrs),
        log_probs_(log_probs),
        targets_(checked(targets), kernels),
        input_lengths_(checked(input_lengths), kernels),
        target_lengths_(checked(target_lengths), kernels) {
    require(log_probs.rank == 3, "CTC needs scores of [T, N, C]");
    require(attrs.blank >= 0 && attrs.blank < classes(), "the blank of CTC is no class");
    require(attrs.longest >= 0 && attrs.longest <= targets.size(), "the longest label of CTC is longer than all");
    require(input_lengths.rank == 1 && input_lengths.shape[0] == items(), "CTC needs one input length an item");
    require(target_lengths.rank == 1 && target_lengths.shape[0] == items(), "CTC needs one target length an item");
    const bool padded = targets.rank == 2;
    require(padded ? targets.shape[0] == items() : targets.rank == 1, "CTC needs targets of [N, S] or [S]");
    std::int64_t next = 0;
    for (std::int64_t n = 0; n < items(); n++) {
      starts_.push_back(padded ? n * targets.shape[1] : next);
      check_item(n, padded ? targets.shape[1] : targets.size() - next);
      next += target_lengths_.as<std::int64_t>()[n];
    }
    if (padded || next == targets.size()) return;
    fail("VALUE", "targetLengths add up to " + std::to_string(next) + " (need " + std::to_string(targets.size()) +
                      ", the number of targets)");
  }

  std::int64_t items() const { return log_probs_.shape[1]; }
  std::int64_t steps() const { return log_probs_.shape[0]; }
  std::int64_t classes() const { return log_probs_.shape[2]; }
  std::int64_t width() const { return 2 * attrs_.longest + 1 + kPad; }
  std::int64_t steps_of(std::int64_t n) const { return input_lengths_.as<std::int64_t>()[n]; }
  std::int64_t states_of(std::int64_t n) const { return 2 * target_lengths_.as<std::int64_t>()[n] + 1; }
  std::int64_t class_of(std::int64_t n, std::int64_t state) const {
    return state % 2 == 0 ? attrs_.blank : targets_.as<std::int64_t>()[starts_[n] + state / 2];
  }
  std::size_t work() const { return static_cast<std::size_t>(items() * steps() * width()) * 4; }

  // Scores of all states of an item at a step.
  template <class T>
  void emissions(std::int64_t n, std::int64_t t, T* out, bool backwards = false) const {
    const T* const scores = log_probs_.as<T>() + t * log_probs_.strides[0] + n * log_probs_.strides[1];
    const std::int64_t states = states_of(n);
    for (std::int64_t s = 0; s < states; s++) {
      out[s] = scores[class_of(n, backwards ? states - 1 - s : s) * log_probs_.strides[2]];
    }
  }

  // 0 where a path may leap over the blank before a state, to another class than the one before that; else -infinity.
  template <class T>
  void skips(std::int64_t n, T* out, bool backwards = false) const {
    const std::int64_t states = states_of(n);
    const auto spelled = [&](std::int64_t s) { return class_of(n, backwards ? states - 1 - s : s); };
    for (std::int64_t s = 0; s < states; s++) {
      const bool leaps = s % 2 == 1 && s > 1 && spelled(s) != spelled(s - 2);
      out[s] = leaps ? T(0) : -std::numeric_limits<T>::infinity();
    }
  }

 private:
  static const View& checked(const View& view) {
    view.as<std::int64_t>();
    return view;
  }
  void check_item(std::int64_t n, std::int64_t available) const {
    const std::int64_t length = target_lengths_.as<std::int64_t>()[n];
    if (steps_of(n) < 0 || steps_of(n) > steps()) refuse("inputLengths", n, steps_of(n), steps());
    if (length < 0 || length > std::min(available, attrs_.longest)) {
      refuse("targetLengths", n, length, std::min(available, attrs_.longest));
    }
    for (std::int64_t s = 1; s < states_of(n); s += 2) {
      const std::int64_t label = class_of(n, s);
      if (label < 0 || label >= classes()) refuse("class of target", n, label, classes() - 1);
    }
  }
  [[noreturn]] static void refuse(const char* what, std::int64_t n, std::int64_t value, std::int64_t most) {
    fail("INDEX", std::string(what) + " " + std::to_string(n) + " is " + std::to_string(value) + " (need 0 to " +
                      std::to_string(most) + ")");
  }

  CtcAttributes attrs_;
  View log_probs_;
  Snapshot targets_, input_lengths_, target_lengths_;
  std::vector<std::int64_t> starts_;
};

template <class T>
T log_add(T a, T b) {
  const T most = std::max(a, b);
  if (std::isinf(most) && most < 0) return most;
  return most + std::log1p(std::exp(-std::abs(a - b)));
}

// How unlikely an item's label is, from the last of its paths; `last` points to state 0.
template <class T>
T loss_of(const T* last, std::int64_t states) {
  return states == 1 ? -last[0] : -log_add(last[states - 1], last[states - 2]);
}

// Starts paths: before the first step only states 0 and 1 can be entered.
template <class T>
void start(T* row, const T* emit, std::int64_t states) {
  const T never = -std::numeric_limits<T>::infinity();
  std::fill_n(row - kPad, states + kPad, never);
  for (std::int64_t s = 0; s < std::min<std::int64_t>(states, 2); s++) row[s] = emit == nullptr ? T(0) : emit[s];
}

// Logarithms of the probabilities to be in each state after each step, and the loss.
template <class T>
T forward_item(const CtcBatch& batch, std::int64_t n, T* alphas, T* scratch, const KernelTable& k) {
  const auto step = pick<T>(k.f32_ctc_step, k.f64_ctc_step);
  const std::int64_t steps = batch.steps_of(n), states = batch.states_of(n), width = batch.width();
  const std::int64_t used = steps * width;
  std::fill(alphas + used, alphas + batch.steps() * width, T(0));
  if (steps == 0) return states == 1 ? T(0) : std::numeric_limits<T>::infinity();
  T *const skip = scratch, *const emit = scratch + width;
  batch.skips(n, skip);
  for (std::int64_t t = 0; t < steps; t++) {
    T* const row = alphas + t * width + kPad;
    batch.emissions(n, t, emit);
    if (t == 0) {
      start(row, emit, states);
    } else {
      std::fill_n(row - kPad, kPad, -std::numeric_limits<T>::infinity());
      step(row - width, skip, emit, row, static_cast<std::size_t>(states));
    }
    // Longer labels have more states.
    std::fill(row + states, row - kPad + width, -std::numeric_limits<T>::infinity());
  }
  return loss_of(alphas + (steps - 1) * width + kPad, states);
}

void require_alphas(const CtcBatch& batch, const View& alphas, DType dtype) {
  require(alphas.dtype == dtype && alphas.contiguous() && alphas.rank == 3 && alphas.shape[0] == batch.items() &&
              alphas.shape[1] == batch.steps() && alphas.shape[2] == batch.width(),
          "the paths of CTC have another shape");
}

template <class T>
void ctc_of(OpCall& call, const CtcBatch& batch, const CtcAttributes& attrs) {
  const View &loss = call.out[0], &alphas = call.out[1];
  require(loss.dtype == call.in[0].dtype && loss.contiguous() && loss.rank == 1 && loss.shape[0] == batch.items(),
          "CTC gives one loss an item");
  require_alphas(batch, alphas, call.in[0].dtype);
  const std::size_t items = static_cast<std::size_t>(batch.items()), rows = 2 * static_cast<std::size_t>(batch.width());
  const Temporary memory(items * rows * sizeof(T));
  for_units(items, batch.work(), [&](std::size_t unit) {
    const std::int64_t n = static_cast<std::int64_t>(unit);
    T* const paths = alphas.as<T>() + n * batch.steps() * batch.width();
    const T found = forward_item<T>(batch, n, paths, memory.as<T>() + unit * rows, call.kernels);
    loss.as<T>()[n] = attrs.zero_infinity && std::isinf(found) ? T(0) : found;
  });
}

void ctc(OpCall& call) {
  const CtcAttributes attrs(call.attrs);
  const CtcBatch batch(call.in[0], call.in[1], call.in[2], call.in[3], attrs, call.kernels);
  visit_float(call.in[0].dtype, [&](auto tag) { ctc_of<typename decltype(tag)::type>(call, batch, attrs); });
}

// Memory of the way back: paths from the end at two steps, and what one step needs.
template <class T>
struct BackwardRows {
  T *later, *now, *skip, *emit, *posterior;
  BackwardRows(T* memory, std::int64_t width)
      : later(memory + kPad),
        now(later + width),
        skip(memory + 2 * width),
        emit(skip + width),
        posterior(emit + width) {}
  static constexpr std::size_t kRows = 5;
};

// dlogProbs[t, n, c] = -gradient * the probability that the label passes c at t. Paths from the end are walked in
// reversed order of the states, which is a label spelled backwards.
template <class T>
void backward_item(const CtcBatch& batch, std::int64_t n, const T* alphas, T gradient, BackwardRows<T> rows,
                   const View& dx, const CtcAttributes& attrs, const KernelTable& k) {
  const auto step = pick<T>(k.f32_ctc_step, k.f64_ctc_step);
  const auto add = pick<T>(k.f32_add, k.f64_add);
  const auto exp = pick<T>(k.f32_exp, k.f64_exp);
  const std::int64_t states = batch.states_of(n), width = batch.width(), steps = batch.steps_of(n);
  const std::size_t count = static_cast<std::size_t>(states);
  T* const out = dx.as<T>() + n * dx.strides[1];
  for (std::int64_t t = 0; t < batch.steps(); t++) std::fill_n(out + t * dx.strides[0], batch.classes(), T(0));
  if (steps == 0) return;
  const T loss = loss_of(alphas + (steps - 1) * width + kPad, states);
  if (attrs.zero_infinity && std::isinf(loss)) return;
  batch.skips(n, rows.skip, true);
  std::fill_n(rows.now - kPad, kPad, -std::numeric_limits<T>::infinity());
  for (std::int64_t t = steps - 1; t >= 0; t--) {
    if (t == steps - 1) {
      start<T>(rows.now, nullptr, states);
    } else {
      step(rows.later, rows.skip, nullptr, rows.now, count);
    }
    const T* const before = alphas + t * width + kPad;
    for (std::int64_t s = 0; s < states; s++) rows.posterior[s] = before[s] + rows.now[states - 1 - s] + loss;
    exp(rows.posterior, 1, rows.posterior, count);
    T* const row = out + t * dx.strides[0];
    for (std::int64_t s = 0; s < states; s++) row[batch.class_of(n, s)] -= gradient * rows.posterior[s];
    batch.emissions(n, t, rows.emit, true);
    add(rows.now, 1, rows.emit, 1, rows.now, count);
    std::swap(rows.now, rows.later);
    std::fill_n(rows.now - kPad, kPad, -std::numeric_limits<T>::infinity());
  }
}

template <class T>
void ctc_backward_of(OpCall& call, const CtcBatch& batch, const CtcAttributes& attrs) {
  const View &gradient = call.in[0], &alphas = call.in[5], &dx = call.out[0];
  const std::size_t items = static_cast<std::size_t>(batch.items()), width = static_cast<std::size_t>(batch.width());
  const Temporary memory(items * BackwardRows<T>::kRows * width * sizeof(T));
  for_units(items, batch.work() * 2, [&](std::size_t unit) {
    const std::int64_t n = static_cast<std::int64_t>(unit);
    T* const own = memory.as<T>() + unit * BackwardRows<T>::kRows * width;
    const T* const paths = alphas.as<T>() + n * batch.steps() * batch.width();
    backward_item<T>(batch, n, paths, gradient.as<T>()[n * gradient.strides[0]], BackwardRows<T>(own, batch.width()),
                     dx, attrs, call.kernels);
  });
}

void ctc_backward(OpCall& call) {
  const CtcAttributes attrs(call.attrs);
  const View &gradient = call.in[0], &log_probs = call.in[1], &dx = call.out[0];
  const CtcBatch batch(log_probs, call.in[2], call.in[3], call.in[4], attrs, call.kernels);
  require(gradient.dtype == log_probs.dtype && gradient.rank == 1 && gradient.shape[0] == batch.items(),
          "CTC has one loss an item");
  const Contiguous alphas(call.in[5], call.kernels);
  require_alphas(batch, alphas.view(), log_probs.dtype);
  require(dx.same_shape(log_probs) && dx.dtype == log_probs.dtype && dx.contiguous(),
          "a gradient has the shape of its tensor");
  visit_float(log_probs.dtype, [&](auto tag) {
    OpCall own = call;
    View inputs[6];
    std::copy_n(call.in, 6, inputs);
    inputs[5] = alphas.view();
    own.in = inputs;
    ctc_backward_of<typename decltype(tag)::type>(own, batch, attrs);
  });
}

}  // namespace

void register_ctc(OpList& ops) {
  ops.push_back({"ctc", 4, 2, ctc});
  ops.push_back({"ctcBackward", 6, 1, ctc_backward});
}

}  // namespace myelin
