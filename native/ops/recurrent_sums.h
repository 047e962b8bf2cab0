#pragma once
#include "core/pool.h"
#include "ops/recurrent.h"

namespace myelin {

// The gradients of the weights: sums over samples and steps, one set for each part of the samples. In a set those of the
// input, of the state and of the biases lie block by block, and that of the projection behind them.
template <class T>
class WeightSums {
 public:
  struct Set {
    T *ih, *hh, *bias, *projection;
  };

  WeightSums(const RecurrentShape& shape, std::size_t sets)
      : shape_(shape), sets_(sets), memory_(sets * elements() * sizeof(T)) {}

  Set at(std::size_t number) const {
    Set set;
    set.ih = memory_.template as<T>() + number * elements();
    set.hh = set.ih + rows() * shape_.inputs;
    set.bias = set.hh + rows() * shape_.state;
    set.projection = set.bias + shape_.blocks * shape_.slot_columns();
    return set;
  }

  void clear(const Set& set) const { std::fill(set.ih, set.ih + elements(), T(0)); }

  // Adds all sets to the first, two and two.
  void join() const {
    for (std::size_t step = 1; step < sets_; step *= 2) {
      for (std::size_t set = 0; set + step < sets_; set += 2 * step) add(at(set), at(set + step));
    }
  }

  // Hands on the first set, in the order of the weights' rows.
  void give(const RecurrentGradients<T>& gradients) const {
    const Set sums = at(0);
    const CellKind& kind = shape_.kind;
    parallel_for(shape_.blocks, [&](std::size_t block) {
      const std::size_t first = block * shape_.width, count = std::min(shape_.width, shape_.hidden - first);
      const auto give_rows = [&](const T* from, const std::array<std::size_t, 4>& gates, std::size_t columns, T* to) {
        for (std::size_t slot = 0; slot < kind.gates && to != nullptr; slot++) {
          const T* rows = from + slot * shape_.width * columns;
          std::copy(rows, rows + count * columns, to + (gates[slot] * shape_.hidden + first) * columns);
        }
      };
      const std::size_t row = block * shape_.gate_columns();
      give_rows(sums.ih + row * shape_.inputs, kind.x_gates, shape_.inputs, gradients.ih);
      give_rows(sums.hh + row * shape_.state, kind.h_gates, shape_.state, gradients.hh);
      const T* bias = sums.bias + block * shape_.slot_columns();
      give_rows(bias, kind.x_gates, 1, gradients.bias_ih);
      give_rows(bias + kind.first_h * shape_.width, kind.h_gates, 1, gradients.bias_hh);
    });
    for (std::size_t i = 0; i < shape_.state && shape_.projected; i++) {
      const T* row = sums.projection + i * shape_.padded();
      std::copy(row, row + shape_.hidden, gradients.projection + i * shape_.hidden);
    }
  }

 private:
  std::size_t rows() const { return shape_.blocks * shape_.gate_columns(); }
  std::size_t elements() const {
    return rows() * (shape_.inputs + shape_.state) + shape_.blocks * shape_.slot_columns() +
           (shape_.projected ? shape_.state * shape_.padded() : 0);
  }

  void add(const Set& set, const Set& other) const {
    const std::size_t count = elements(), chunks = chunks_for(count, kGrain);
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(count, chunks, chunk);
      for (std::size_t i = mine.begin; i < mine.end; i++) set.ih[i] += other.ih[i];
    });
  }

  const RecurrentShape& shape_;
  const std::size_t sets_;
  const Temporary memory_;
};

}  // namespace myelin
