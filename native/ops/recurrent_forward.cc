#include "core/pool.h"
#include "ops/recurrent.h"

namespace myelin {
namespace {

// Samples x steps whose product with the input is formed at a time: enough that the weights are read seldom, few enough
// that the result stays in the second-level cache until its steps are taken.
constexpr std::size_t kRowsAtOnce = 96;

// Where products read the weights.
enum class WeightSource {
  kInPlace,  // of so few samples x steps that packing would cost more than it saves
  kPassing,  // one step packs a block just before it is multiplied: it never leaves the second-level cache
  kPacked,
};

// A block of weights that is packed in passing is read by all samples, more of which would leave that cache.
WeightSource weight_source(const RecurrentShape& shape, bool packed_before) {
  constexpr std::size_t kFewRows = 16, kManyRows = 256;
  if (shape.batch * shape.steps <= kFewRows) return WeightSource::kInPlace;
  const bool one_step = shape.steps == 1 && shape.batch <= kManyRows && !shape.projected;
  return one_step && !packed_before ? WeightSource::kPassing : WeightSource::kPacked;
}

template <class T>
class Forward {
 public:
  Forward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
          const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
          const RecurrentOutputs<T>& outputs, const T* packed)
      : kernels_(table),
        cell_(table, shape.cell),
        shape_(shape),
        lengths_(lengths),
        weights_(weights),
        states_(states),
        x_(x),
        outputs_(outputs),
        dots_(pick<T>(table.f32_gemm_dots, table.f64_gemm_dots)),
        factors_(shape),
        source_(weight_source(shape, packed != nullptr)),
        own_({packs() && packed == nullptr ? factors_.elements() : 0, packs() ? 0 : shape.blocks * slot_columns()}),
        packed_(packed != nullptr ? packed : own_[0]),
        biases_(packs() ? packed_ + factors_.bias(0) : own_[1]),
        packed_before_(packed != nullptr) {}

  void run() {
    if (!packs()) {
      for (std::size_t block = 0; block < shape_.blocks; block++) {
        factors_.add_biases(weights_, block, own_[1] + block * slot_columns());
      }
    } else if (!packed_before_) {
      factors_.pack(kernels_, weights_, own_[0]);
    }
    const std::size_t parts = source_ == WeightSource::kPassing ? 1 : sample_parts<T>(shape_);
    parallel_for(parts, [&](std::size_t part) { run_part(chunk_range(shape_.batch, parts, part), parts == 1); });
  }

 private:
  // The arrays of one part. States have a row for each sample, everything else blocks of such rows.
  struct Part {
    Range samples;
    std::size_t rows, steps;  // steps: taken at a time
    std::size_t chunks;       // of units, that threads share out
    T *x, *gates, *by_state, *last, *next, *cell, *hidden;
    bool back = false;  // the step at hand takes the last block first
  };

  // Whether all weights are packed before the first step.
  bool packs() const { return source_ == WeightSource::kPacked; }
  std::size_t slot_columns() const { return shape_.slot_columns(); }
  // The rows of states: padded to whole blocks, which the kernel writes.
  std::size_t state_row() const { return std::max(shape_.padded(), shape_.state); }

  // `alone`: there is no other part, and threads may share out the units.
  void run_part(Range samples, bool alone) {
    const std::size_t rows = samples.end - samples.begin;
    if (rows == 0) return;
    const std::size_t most = std::max<std::size_t>(1, shape_.steps);
    const std::size_t steps = packs() ? std::clamp<std::size_t>(kRowsAtOnce / rows, 1, most) : 1;
    const std::size_t columns = shape_.gate_columns(), padded = rows * shape_.padded();
    const std::size_t chunks = alone ? unit_chunks() : 1;
    const Arrays<T> arrays({steps * rows * shape_.inputs, shape_.blocks * steps * rows * columns,
                            (packs() && chunks == 1 ? 1 : shape_.blocks) * rows * columns, rows * state_row(),
                            rows * state_row(), padded, shape_.projected ? padded : 0});
    Part part{samples,   rows,      steps,     chunks,    arrays[0], arrays[1],
              arrays[2], arrays[3], arrays[4], arrays[5], arrays[6]};
    begin(part);
    for (std::size_t step = 0; step < shape_.steps; step += steps) {
      const std::size_t count = std::min(steps, shape_.steps - step);
      gather_inputs(part, step, count);
      if (packs()) {
        for_blocks(part, [&](std::size_t block) { multiply_inputs(part, block, count); });
        for (std::size_t i = 0; i < count; i++) take_step(part, shape_.time(step + i), i, count);
      } else {
        take_plain_step(part, shape_.time(step));
      }
    }
    end(part);
  }

  void begin(const Part& part) const {
    std::fill(part.last, part.last + part.rows * state_row(), T(0));
    std::fill(part.next, part.next + part.rows * state_row(), T(0));
    std::fill(part.cell, part.cell + part.rows * shape_.padded(), T(0));
    if (shape_.projected) std::fill(part.hidden, part.hidden + part.rows * shape_.padded(), T(0));
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      if (states_.h0 != nullptr)
        copy_row(states_.h0 + sample * shape_.state, 1, part.last + r * state_row(), shape_.state);
      if (states_.c0 == nullptr) continue;
      shape_.each_block([&](std::size_t block, std::size_t first, std::size_t count) {
        copy_row(states_.c0 + sample * shape_.hidden + first, 1, cell_of(part, block, r), count);
      });
    }
  }

  void end(const Part& part) const {
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      copy_row<T>(part.last + r * state_row(), 1, outputs_.hn + sample * shape_.state, shape_.state);
      if (outputs_.cn == nullptr) continue;
      shape_.each_block([&](std::size_t block, std::size_t first, std::size_t count) {
        copy_row<T>(cell_of(part, block, r), 1, outputs_.cn + sample * shape_.hidden + first, count);
      });
    }
  }

  T* cell_of(const Part& part, std::size_t block, std::size_t r) const {
    return part.cell + (block * part.rows + r) * shape_.width;
  }

  void gather_inputs(const Part& part, std::size_t step, std::size_t count) const {
    for (std::size_t i = 0; i < count; i++) {
      for (std::size_t r = 0; r < part.rows; r++) {
        copy_row<T>(x_.at(shape_.time(step + i), part.samples.begin + r), x_.column,
                    part.x + (i * part.rows + r) * shape_.inputs, shape_.inputs);
      }
    }
  }

  void multiply_inputs(const Part& part, std::size_t block, std::size_t count) const {
    const std::size_t rows = count * part.rows, columns = shape_.gate_columns();
    factors_.by_input.multiply(kernels_, rows_of<T>(part.x, shape_.inputs, rows, shape_.inputs, columns, false),
                               packed_ + factors_.input(block), part.gates + block * rows * columns);
  }

  // Step `i` of the `count` whose products with the input are at hand.
  void take_step(Part& part, std::size_t time, std::size_t i, std::size_t count) const {
    const std::size_t columns = shape_.gate_columns();
    const GemmPanel<T> product = rows_of<T>(part.last, state_row(), part.rows, shape_.state, columns, false);
    for_blocks(part, [&](std::size_t block) {
      T* const h = part.by_state + (part.chunks > 1 ? block * part.rows * columns : 0);
      factors_.by_state.multiply(kernels_, product, packed_ + factors_.state(block), h);
      finish_block(part, time, block, part.gates + (block * count + i) * part.rows * columns, h);
    });
    finish_step(part, time);
  }

  // With weights of which nothing has been packed.
  void take_plain_step(Part& part, std::size_t time) const {
    const std::size_t columns = shape_.gate_columns();
    for_blocks(part, [&](std::size_t block) {
      T *x = part.gates + block * part.rows * columns, *h = part.by_state + block * part.rows * columns;
      if (source_ == WeightSource::kInPlace) {
        multiply_in_place(part, block, weights_.ih, shape_.kind.x_gates, part.x, shape_.inputs, shape_.inputs, x);
        multiply_in_place(part, block, weights_.hh, shape_.kind.h_gates, part.last, state_row(), shape_.state, h);
      } else {
        multiply_passing(part, block, x, h);
      }
      finish_block(part, time, block, x, h);
    });
    finish_step(part, time);
  }

  void multiply_passing(const Part& part, std::size_t block, T* x, T* h) const {
    const std::size_t columns = shape_.gate_columns();
    T* const packed = scratch<T>(Scratch::kPackB, std::max(factors_.by_input.elements(), factors_.by_state.elements()));
    factors_.pack_input(kernels_, weights_, block, packed);
    factors_.by_input.multiply(kernels_, rows_of<T>(part.x, shape_.inputs, part.rows, shape_.inputs, columns, false),
                               packed, x);
    factors_.pack_state(kernels_, weights_, block, packed);
    factors_.by_state.multiply(kernels_, rows_of<T>(part.last, state_row(), part.rows, shape_.state, columns, false),
                               packed, h);
  }

  // Into how many chunks the units of a step are cut, for threads to share out. A thread is best off with weights that its
  // second-level cache holds from step to step.
  std::size_t unit_chunks() const {
    constexpr std::size_t kBytesPerChunk = 512 << 10, kBytesInPlace = 256 << 10;
    const std::size_t columns = packs() ? shape_.state : shape_.inputs + shape_.state;
    const std::size_t bytes = shape_.kind.gates * shape_.hidden * columns * sizeof(T);
    return std::min(shape_.blocks, chunks_for(bytes, packs() ? kBytesPerChunk : kBytesInPlace));
  }

  // Steps take blocks forth and back by turns: of weights that are larger than the cache, a step finds there what the one
  // before has read last.
  template <class F>
  void for_blocks(const Part& part, const F& body) const {
    parallel_for(part.chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(shape_.blocks, part.chunks, chunk);
      for (std::size_t i = 0; i < mine.end - mine.begin; i++) body(part.back ? mine.end - 1 - i : mine.begin + i);
    });
  }

  // The gates of a block, but for the biases, from n numbers of each sample; 0 for units that the layer has not.
  void multiply_in_place(const Part& part, std::size_t block, const T* weight, const std::array<std::size_t, 4>& gates,
                         const T* factor, std::size_t row, std::size_t n, T* out) const {
    const std::size_t columns = shape_.gate_columns(), first = block * shape_.width;
    const std::size_t count = std::min(shape_.width, shape_.hidden - first);
    if (count < shape_.width) std::fill(out, out + part.rows * columns, T(0));
    for (std::size_t slot = 0; slot < shape_.kind.gates; slot++) {
      multiply_rows(part, factor, row, weight + (gates[slot] * shape_.hidden + first) * n, count, n,
                    out + slot * shape_.width, columns);
    }
  }

  // out = factor weight^T, where `weight` has `count` rows of n elements.
  void multiply_rows(const Part& part, const T* factor, std::size_t row, const T* weight, std::size_t count,
                     std::size_t n, T* out, std::size_t out_row) const {
    dots_({factor, static_cast<std::ptrdiff_t>(row), part.rows, weight, static_cast<std::ptrdiff_t>(n), count, n, out,
           static_cast<std::ptrdiff_t>(out_row)});
  }

  void finish_block(const Part& part, std::size_t time, std::size_t block, const T* gates, const T* by_state) const {
    lengths_.each_run(
        part.samples, time, [&](Range run) { compute(part, time, block, gates, by_state, run); },
        [&](Range run) { pass_on(part, time, block, run); });
  }

  void finish_step(Part& part, std::size_t time) const {
    if (shape_.projected) project(part, time);
    std::swap(part.last, part.next);
    part.back = !part.back;
  }

  void compute(const Part& part, std::size_t time, std::size_t block, const T* gates, const T* by_state,
               Range samples) const {
    const std::size_t first = block * shape_.width, r = samples.begin - part.samples.begin;
    RecurrentStep<T> step{};
    step.rows = samples.end - samples.begin;
    step.width = shape_.width;
    step.units = std::min(shape_.width, shape_.hidden - first);
    step.x = gates + r * shape_.gate_columns();
    step.h = by_state + r * shape_.gate_columns();
    step.bias = biases_ + block * slot_columns();
    step.before = part.last + r * state_row() + first;
    step.cell = cell_of(part, block, r);
    step.state = (shape_.projected ? part.hidden : part.next) + r * hidden_row() + first;
    step.state_row = static_cast<std::ptrdiff_t>(hidden_row());
    if (!shape_.projected) step.out = outputs_.out.at(time, samples.begin) + first;
    step.out_row = outputs_.out.sample;
    step.kept = kept_of(block, time, samples.begin);
    cell_.step(step);
  }

  std::size_t hidden_row() const { return shape_.projected ? shape_.padded() : state_row(); }

  T* kept_of(std::size_t block, std::size_t time, std::size_t sample) const {
    if (outputs_.kept == nullptr) return nullptr;
    return outputs_.kept + ((block * shape_.steps + time) * shape_.batch + sample) * shape_.kept_columns();
  }

  // Samples that have no step at this time keep their state and give zeros.
  void pass_on(const Part& part, std::size_t time, std::size_t block, Range samples) const {
    const std::size_t first = block * shape_.width, count = std::min(shape_.width, shape_.hidden - first);
    for (std::size_t sample = samples.begin; sample < samples.end; sample++) {
      const std::size_t r = sample - part.samples.begin;
      if (!shape_.projected) {
        copy_row<T>(part.last + r * state_row() + first, 1, part.next + r * state_row() + first, shape_.width);
        std::fill_n(outputs_.out.at(time, sample) + first, count, T(0));
      }
      T* kept = kept_of(block, time, sample);
      if (kept == nullptr) continue;
      std::fill_n(kept, shape_.kept_columns(), T(0));
      if (shape_.kind.has_cell) {
        copy_row<T>(cell_of(part, block, r), 1, kept + (shape_.kind.kept - 1) * shape_.width, shape_.width);
      }
    }
  }

  void project(const Part& part, std::size_t time) const {
    const std::size_t row = state_row();
    if (packs()) {
      factors_.by_projection.multiply(kernels_,
                                      rows_of<T>(part.hidden, hidden_row(), part.rows, shape_.hidden, row, false),
                                      packed_ + factors_.projection(), part.next);
    } else {
      multiply_rows(part, part.hidden, hidden_row(), weights_.projection, shape_.state, shape_.hidden, part.next, row);
    }
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      T* out = outputs_.out.at(time, sample);
      if (lengths_.active(sample, time)) {
        copy_row<T>(part.next + r * row, 1, out, shape_.state);
      } else {
        copy_row<T>(part.last + r * row, 1, part.next + r * row, shape_.state);
        std::fill_n(out, shape_.state, T(0));
      }
    }
  }

  const GemmKernels<T> kernels_;
  const CellKernels<T> cell_;
  const RecurrentShape& shape_;
  const Lengths& lengths_;
  const RecurrentWeights<T>& weights_;
  const RecurrentStates<T>& states_;
  const Sequence<const T> x_;
  const RecurrentOutputs<T>& outputs_;
  GemmDotsFn<T>* const dots_;
  const PackedWeights<T> factors_;
  const WeightSource source_;
  const Arrays<T> own_;  // what is packed here, or biases alone
  const T *const packed_, *const biases_;
  const bool packed_before_;
};

}  // namespace

template <class T>
void PackedWeights<T>::pack(const GemmKernels<T>& kernels, const RecurrentWeights<T>& weights, T* packed) const {
  parallel_for(shape_.blocks, [&](std::size_t block) {
    pack_input(kernels, weights, block, packed + input(block));
    pack_state(kernels, weights, block, packed + state(block));
    add_biases(weights, block, packed + bias(block));
  });
  if (!shape_.projected) return;
  const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(shape_.hidden);
  by_projection.pack(kernels, {weights.projection, 1, row}, packed + projection());
}

template <class T>
void PackedWeights<T>::pack_factor(const GemmKernels<T>& kernels, const T* weight,
                                   const std::array<std::size_t, 4>& gates, const PackedMatrix<T>& factor,
                                   std::size_t block, T* out) const {
  const std::size_t columns = shape_.gate_columns(), first = block * shape_.width;
  const auto k = static_cast<std::ptrdiff_t>(factor.k);
  // Slots of a whole block that is one panel are turned from where they lie.
  if (factor.panels() == 1 && columns % factor.kUnit == 0 && first + shape_.width <= shape_.hidden) {
    for (std::size_t slot = 0; slot < shape_.kind.gates; slot++) {
      kernels.transpose(bits_of(weight + (gates[slot] * shape_.hidden + first) * factor.k), k,
                        bits_of(out + slot * shape_.width), static_cast<std::ptrdiff_t>(columns), shape_.width,
                        factor.k);
    }
    return;
  }
  const Arrays<T> rows({columns * factor.k});
  gather_rows(shape_, gates, weight, factor.k, block, rows[0]);
  factor.pack(kernels, {rows[0], 1, k}, out);
}

template <class T>
void PackedWeights<T>::add_biases(const RecurrentWeights<T>& weights, std::size_t block, T* sums) const {
  std::fill_n(sums, shape_.slot_columns(), T(0));
  const std::size_t first = block * shape_.width, count = std::min(shape_.width, shape_.hidden - first);
  const auto add = [&](const T* biases, const std::array<std::size_t, 4>& gates, T* to) {
    for (std::size_t slot = 0; biases != nullptr && slot < shape_.kind.gates; slot++) {
      for (std::size_t u = 0; u < count; u++)
        to[slot * shape_.width + u] += biases[gates[slot] * shape_.hidden + first + u];
    }
  };
  add(weights.bias_ih, shape_.kind.x_gates, sums);
  add(weights.bias_hh, shape_.kind.h_gates, sums + shape_.kind.first_h * shape_.width);
}

template <class T>
void recurrent_forward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
                       const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
                       const RecurrentOutputs<T>& outputs, const T* packed) {
  Forward<T>(table, shape, lengths, weights, states, x, outputs, packed).run();
}

template class PackedWeights<float>;
template class PackedWeights<double>;

template void recurrent_forward<float>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                       const RecurrentWeights<float>&, const RecurrentStates<float>&, const View&,
                                       const RecurrentOutputs<float>&, const float*);
template void recurrent_forward<double>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                        const RecurrentWeights<double>&, const RecurrentStates<double>&, const View&,
                                        const RecurrentOutputs<double>&, const double*);

}  // namespace myelin
