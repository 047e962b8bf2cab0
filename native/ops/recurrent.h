#pragma once
#include <array>
#include <vector>

#include "core/scratch.h"
#include "ops/gemm_packed.h"
#include "ops/support.h"

namespace myelin {

// Recurrent layers of one direction. Units are taken in blocks, so that the gates of a block fill a tile of the matrix
// kernel: a step multiplies one block by the packed weights and at once computes its gates, while both are in the
// first-level cache. The product with the input is formed for several steps at a time, and so are the gradients of weights
// and input. Samples do not know of each other: threads share them out and never wait for one another within the sequence.

// How the gates of a cell lie in a block. The rows of its weights are gates x hidden, one gate after another.
struct CellKind {
  std::size_t gates;
  std::size_t slots;    // of a row of the gates' gradients
  std::size_t first_h;  // slots [0, gates) belong to the input, [first_h, first_h + gates) to the state
  std::array<std::size_t, 4> x_gates, h_gates;  // the gate of the weights that each of those slots is
  std::size_t kept;                             // slots of a row of what is kept for the way back
  bool has_cell;                                // kept in the last of them
};

struct RecurrentShape {
  CellKind kind;
  int cell;  // place in the list of cells: lstm, gru, tanh, relu
  bool reverse;
  std::size_t steps, batch, inputs, hidden;
  std::size_t state;  // what a step hands to the next: hidden numbers, or their projection
  std::size_t width, blocks;
  bool projected;

  std::size_t gate_columns() const { return kind.gates * width; }
  std::size_t slot_columns() const { return kind.slots * width; }
  std::size_t kept_columns() const { return kind.kept * width; }
  std::size_t padded() const { return blocks * width; }
  // The time of the step that is taken as number `step`.
  std::size_t time(std::size_t step) const { return reverse ? steps - 1 - step : step; }

  // Calls body(block, first, count) with the units of each block, which has fewer where the layer ends.
  template <class F>
  void each_block(const F& body) const {
    for (std::size_t block = 0; block < blocks; block++) {
      const std::size_t first = block * width;
      body(block, first, std::min(width, hidden - first));
    }
  }
};

// How many steps each sample has; none given: all.
class Lengths {
 public:
  Lengths(const View& lengths, const RecurrentShape& shape, const KernelTable& kernels);

  bool active(std::size_t sample, std::size_t time) const { return steps_.empty() || time < steps_[sample]; }
  bool all() const { return steps_.empty(); }

  // Cuts samples into runs that have a step at that time and runs that have none.
  template <class F, class G>
  void each_run(Range samples, std::size_t time, const F& active_run, const G& idle_run) const {
    if (all()) return active_run(samples);
    for (std::size_t begin = samples.begin; begin < samples.end;) {
      const bool is_active = active(begin, time);
      std::size_t end = begin + 1;
      while (end < samples.end && active(end, time) == is_active) end++;
      if (is_active) {
        active_run(Range{begin, end});
      } else {
        idle_run(Range{begin, end});
      }
      begin = end;
    }
  }

 private:
  std::vector<std::size_t> steps_;
};

template <class T>
struct CellKernels {
  RecurrentStepFn<T>* step;
  RecurrentBackFn<T>* back;

  CellKernels(const KernelTable& table, int cell);
};

// A view [steps, batch, columns] of any strides.
template <class T>
struct Sequence {
  T* data = nullptr;
  std::ptrdiff_t step = 0, sample = 0, column = 0;

  Sequence() = default;
  explicit Sequence(const View& view)
      : data(view.as<std::remove_const_t<T>>()),
        step(view.strides[0]),
        sample(view.strides[1]),
        column(view.strides[2]) {}
  T* at(std::size_t time, std::size_t b) const {
    return data + static_cast<std::ptrdiff_t>(time) * step + static_cast<std::ptrdiff_t>(b) * sample;
  }
};

// Several arrays in one piece of memory, each on a cache line of its own.
template <class T>
class Arrays {
 public:
  explicit Arrays(std::initializer_list<std::size_t> counts) : memory_(total(counts) * sizeof(T)) {
    T* at = memory_.template as<T>();
    for (const std::size_t count : counts) {
      starts_.push_back(at);
      at += rounded(count);
    }
  }
  T* operator[](std::size_t i) const { return starts_[i]; }

 private:
  static std::size_t rounded(std::size_t count) { return ceil_div(count, kBlockUnits<T>) * kBlockUnits<T>; }
  static std::size_t total(std::initializer_list<std::size_t> counts) {
    std::size_t sum = 0;
    for (const std::size_t count : counts) sum += rounded(count);
    return sum;
  }

  Temporary memory_;
  std::vector<T*> starts_;
};

// The first factor: `rows` rows of k elements that lie `row` apart.
template <class T>
GemmPanel<T> rows_of(const T* a, std::size_t row, std::size_t rows, std::size_t k, std::size_t c_row, bool accumulate) {
  GemmPanel<T> product{};
  product.a = a;
  product.a_row = static_cast<std::ptrdiff_t>(row);
  product.a_k = 1;
  product.segments = 1;
  product.k = k;
  product.c_row = static_cast<std::ptrdiff_t>(c_row);
  product.rows = rows;
  product.accumulate = accumulate;
  product.alpha = 1;
  return product;
}

// The rows of weights that belong to a block, slot after slot; zeros where a block has units that the layer has not.
template <class T>
void gather_rows(const RecurrentShape& shape, const std::array<std::size_t, 4>& gates, const T* weight,
                 std::size_t columns, std::size_t block, T* out) {
  for (std::size_t slot = 0; slot < shape.kind.gates; slot++) {
    for (std::size_t u = 0; u < shape.width; u++, out += columns) {
      const std::size_t unit = block * shape.width + u;
      const T* row = weight + (gates[slot] * shape.hidden + unit) * columns;
      if (unit < shape.hidden) {
        std::copy(row, row + columns, out);
      } else {
        std::fill(out, out + columns, T(0));
      }
    }
  }
}

// The length of rows of so many elements that are also read by columns: whole cache lines, an odd number of them, so that
// rows fall into different sets of the cache.
template <class T>
std::size_t spread_row(std::size_t elements) {
  return (ceil_div(elements, kBlockUnits<T>) | 1) * kBlockUnits<T>;
}

template <class T>
void copy_row(const T* from, std::ptrdiff_t stride, T* to, std::size_t n) {
  if (stride == 1) {
    std::copy(from, from + n, to);
  } else {
    for (std::size_t i = 0; i < n; i++) to[i] = from[static_cast<std::ptrdiff_t>(i) * stride];
  }
}

// Into how many parts the samples are cut. Each part reads all weights at every step, so it should have the more samples
// the larger those are, once there is work for two threads; more parts than kMostParts balance no better on the machines we
// know.
template <class T>
std::size_t sample_parts(const RecurrentShape& shape) {
  constexpr std::size_t kCachedBytes = 512 << 10, kLeastRows = 16, kMostParts = 16;
  const bool cached = shape.kind.gates * shape.hidden * shape.state * sizeof(T) <= kCachedBytes;
  const std::size_t most = shape.batch / kLeastRows;
  const std::size_t wanted = cached ? most : std::min(most, std::max<std::size_t>(2, most / 2));
  return std::clamp<std::size_t>(wanted, 1, kMostParts);
}

template <class T>
struct RecurrentWeights {
  const T *ih, *hh, *bias_ih, *bias_hh;  // biases may be null
  const T* projection;                   // or null
};

// What the way forward reads of the weights at every step: the factors of each block, the biases of its slots, then the
// projection, one after another.
template <class T>
class PackedWeights {
 public:
  explicit PackedWeights(const RecurrentShape& shape)
      : by_input{shape.inputs, shape.gate_columns()},
        by_state{shape.state, shape.gate_columns()},
        by_projection{shape.hidden, shape.state},
        shape_(shape) {}

  const PackedMatrix<T> by_input, by_state, by_projection;

  std::size_t elements() const { return projection() + (shape_.projected ? by_projection.elements() : 0); }
  // Where they begin.
  std::size_t input(std::size_t block) const { return block * by_input.elements(); }
  std::size_t state(std::size_t block) const { return input(shape_.blocks) + block * by_state.elements(); }
  std::size_t bias(std::size_t block) const { return state(shape_.blocks) + block * shape_.slot_columns(); }
  std::size_t projection() const { return bias(shape_.blocks); }

  void pack(const GemmKernels<T>& kernels, const RecurrentWeights<T>& weights, T* packed) const;
  // One factor of a block.
  void pack_input(const GemmKernels<T>& kernels, const RecurrentWeights<T>& weights, std::size_t block, T* out) const {
    pack_factor(kernels, weights.ih, shape_.kind.x_gates, by_input, block, out);
  }
  void pack_state(const GemmKernels<T>& kernels, const RecurrentWeights<T>& weights, std::size_t block, T* out) const {
    pack_factor(kernels, weights.hh, shape_.kind.h_gates, by_state, block, out);
  }
  // Biases alone, one block after another.
  void add_biases(const RecurrentWeights<T>& weights, std::size_t block, T* sums) const;

 private:
  void pack_factor(const GemmKernels<T>& kernels, const T* weight, const std::array<std::size_t, 4>& gates,
                   const PackedMatrix<T>& factor, std::size_t block, T* out) const;

  const RecurrentShape& shape_;
};

// Where states begin and end: null is zeros, or nobody asks.
template <class T>
struct RecurrentStates {
  const T *h0, *c0;
};

template <class T>
struct RecurrentOutputs {
  Sequence<T> out;
  T *hn, *cn;
  T* kept;  // [blocks, steps, batch, kept_columns], or null
};

// `packed`: of the weights, or null. Few samples and steps read the weights where they lie.
template <class T>
void recurrent_forward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
                       const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
                       const RecurrentOutputs<T>& outputs, const T* packed);

template <class T>
struct RecurrentGradients {
  const T* kept;
  Sequence<const T> out, dout;
  const T *dhn, *dcn;                           // or null
  Sequence<T> dx;                               // or its data null
  T *dh0, *dc0;                                 // or null
  T *ih, *hh, *bias_ih, *bias_hh, *projection;  // of the weights; those of what is not there are null
};

template <class T>
void recurrent_backward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
                        const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
                        const RecurrentGradients<T>& gradients);

extern template void recurrent_forward<float>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                              const RecurrentWeights<float>&, const RecurrentStates<float>&,
                                              const View&, const RecurrentOutputs<float>&, const float*);
extern template class PackedWeights<float>;
extern template void recurrent_forward<double>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                               const RecurrentWeights<double>&, const RecurrentStates<double>&,
                                               const View&, const RecurrentOutputs<double>&, const double*);
extern template class PackedWeights<double>;
extern template void recurrent_backward<float>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                               const RecurrentWeights<float>&, const RecurrentStates<float>&,
                                               const View&, const RecurrentGradients<float>&);
extern template void recurrent_backward<double>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                                const RecurrentWeights<double>&, const RecurrentStates<double>&,
                                                const View&, const RecurrentGradients<double>&);

}  // namespace myelin
