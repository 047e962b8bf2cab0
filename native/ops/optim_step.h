#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "core/registry.h"
#include "ops/support.h"

namespace myelin {

// Which of a kernel's states an optimizer has.
using StepStates = std::array<bool, kStepStates>;

// The attributes that all optimizers have, first of all.
struct StepOptions {
  double weight_decay;
  bool decoupled;  // the decay shrinks the parameter itself, not by way of the gradient
  double l1;
  bool maximize;

  explicit StepOptions(Attrs& attrs)
      : weight_decay(attrs.number()), decoupled(attrs.boolean()), l1(attrs.number()), maximize(attrs.boolean()) {}
  StepTerms terms(double lr) const {
    return {lr, maximize ? -1.0 : 1.0, decoupled ? 0 : weight_decay, l1, decoupled ? 1 - lr * weight_decay : 1};
  }
};

// How many single numbers of the whole step there are: the learning rate alone, or the momentum before it.
constexpr int kRate = 1, kMomentumAndRate = 2;

// The inputs of a step: lists of equal length (parameters, gradients, the states there are, then single numbers of each
// parameter, such as how many steps it has made), and last what is common to all parameters. All are tensors that keep their
// place, so that they can change between runs of a plan.
class StepInputs {
 public:
  StepInputs(const OpCall& call, const StepStates& states, int numbers, int common) : views_(call.in) {
    int lists = kLists;
    for (std::size_t s = 0; s < kStepStates; s++) list_of_state_[s] = states[s] ? lists++ : kAbsent;
    first_number_ = lists;
    lists += numbers;
    const int listed = call.inputs - common;
    require(listed >= 0 && listed % lists == 0, "an optimizer step has lists of unequal length");
    count_ = listed / lists;
    rate_ = number(call.in[call.inputs - 1]);
    momentum_ = common == kMomentumAndRate ? number(call.in[listed]) : nullptr;
    for (int list = 1; list < lists; list++) {
      for (int i = 0; i < count_; i++) check(list, i);
    }
  }

  int count() const { return count_; }
  double learning_rate() const { return *rate_; }
  // How much of the last direction, or of the average of gradients, is kept: of steps that are given a momentum only.
  double momentum() const { return *momentum_; }
  const View& parameter(int i) const { return at(0, i); }
  const View& gradient(int i) const { return at(kGradients, i); }
  // A single number of a parameter, from the list of that number.
  double& number_of(int list, int i) const { return *number(at(first_number_ + list, i)); }

  // What a kernel gets of a parameter, from an element on; the gradient may lie elsewhere.
  template <class T>
  StepArrays<T> arrays(int i, std::int64_t offset, const T* gradient) const {
    StepArrays<T> arrays{parameter(i).as<T>() + offset, gradient, {}};
    for (std::size_t s = 0; s < kStepStates; s++) {
      const int list = list_of_state_[s];
      arrays.state[s] = list == kAbsent ? nullptr : at(list, i).template as<T>() + offset;
    }
    return arrays;
  }

 private:
  static constexpr int kGradients = 1, kLists = 2, kAbsent = -1;

  const View& at(int list, int i) const { return views_[list * count_ + i]; }
  static double* number(const View& view) {
    require(view.rank == 0, "learning rate, momentum and step are single numbers");
    return view.as<double>();
  }
  // Gradients may be any view; what is written lies as the parameter does.
  void check(int list, int i) const {
    const View &parameter = at(0, i), &other = at(list, i);
    if (list >= first_number_) return static_cast<void>(number(other));
    require(is_float(parameter.dtype) && parameter.dense(), "a parameter must be float and dense");
    require(other.same_shape(parameter) && other.dtype == parameter.dtype, "a parameter's tensors differ in shape");
    require(list == kGradients || same_layout(parameter, other), "a parameter's tensors differ in layout");
  }

  const View* views_;
  int count_ = 0;
  int first_number_ = 0;
  const double* rate_ = nullptr;
  const double* momentum_ = nullptr;
  std::array<int, kStepStates> list_of_state_{};
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

// All parameters of type T, cut into pieces of bounded size, whatever the number of threads.
template <class T>
class StepPieces {
 public:
  explicit StepPieces(const StepInputs& inputs) : inputs_(inputs) {
    for (int i = 0; i < inputs.count(); i++) add(i);
  }

  std::size_t size() const { return pieces_.size(); }
  int parameter_of(std::size_t piece) const { return pairs_[pieces_[piece].pair].index; }

  // Calls update(arrays, n, piece) for neighbouring elements until all are done, on several threads.
  template <class Update>
  void each(const Update& update) const {
    if (pieces_.empty()) return;
    const std::size_t chunks = std::min(pieces_.size(), chunks_for(total_, kPiece));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(pieces_.size(), chunks, chunk);
      for (std::size_t p = range.begin; p < range.end; p++) run(p, update);
    });
  }

 private:
  void add(int i) {
    const View &parameter = inputs_.parameter(i), &gradient = inputs_.gradient(i);
    if (parameter.dtype != DTypeOf<T>::value || parameter.size() == 0) return;
    pairs_.push_back({i, LoopNest<2>({&parameter, &gradient})});
    total_ += static_cast<std::size_t>(parameter.size());
    const LoopNest<2>& nest = pairs_.back().nest;
    const std::size_t n = static_cast<std::size_t>(nest.inner());
    for (std::int64_t run = 0; run < nest.outer(); run++) {
      for (std::size_t begin = 0; begin < n; begin += kPiece) {
        pieces_.push_back({pairs_.size() - 1, run, begin, std::min(n, begin + kPiece)});
      }
    }
  }

  // Gradients that do not lie side by side are copied.
  template <class Update>
  void run(std::size_t p, const Update& update) const {
    const Piece& piece = pieces_[p];
    const auto& [index, nest] = pairs_[piece.pair];
    const auto at = nest.at(piece.run);
    const std::int64_t start = static_cast<std::int64_t>(piece.begin), stride = nest.inner_stride(1);
    const std::int64_t offset = (reinterpret_cast<T*>(at[0]) - inputs_.parameter(index).template as<T>()) + start;
    const T* const gradient = reinterpret_cast<const T*>(at[1]) + start * stride;
    const std::size_t n = piece.end - piece.begin;
    if (stride == 1) return update(inputs_.arrays<T>(index, offset, gradient), n, p);
    T copy[kBlock];
    for (std::size_t begin = 0; begin < n; begin += kBlock) {
      const std::size_t count = std::min(kBlock, n - begin);
      const std::int64_t from = static_cast<std::int64_t>(begin);
      for (std::size_t k = 0; k < count; k++) copy[k] = gradient[(from + static_cast<std::int64_t>(k)) * stride];
      update(inputs_.arrays<T>(index, offset + from, copy), count, p);
    }
  }

  const StepInputs& inputs_;
  std::vector<Pair> pairs_;
  std::vector<Piece> pieces_;
  std::size_t total_ = 0;
};

// Updates the parameters of type T: each with the kernel and its own step.
template <class T, class Step>
void step_parameters(StepFn<T, Step>* kernel, const StepInputs& inputs, const std::vector<Step>& steps) {
  const StepPieces<T> pieces(inputs);
  pieces.each([&](const StepArrays<T>& arrays, std::size_t n, std::size_t piece) {
    kernel(arrays, n, steps[static_cast<std::size_t>(pieces.parameter_of(piece))]);
  });
}

}  // namespace myelin
