#include "core/pool.h"
#include "ops/recurrent_sums.h"

namespace myelin {
namespace {

// Samples x steps over which the gradients of weights are summed in registers. They are added to memory once for so many,
// which is little; what they are made of stays in the second-level cache.
constexpr std::size_t kRowsAtOnce = 256;

template <class T>
class Backward {
 public:
  Backward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
           const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
           const RecurrentGradients<T>& gradients)
      : kernels_(table),
        cell_(table, shape.cell),
        shape_(shape),
        lengths_(lengths),
        weights_(weights),
        states_(states),
        x_(x),
        gradients_(gradients),
        to_input_{shape.blocks * shape.gate_columns(), shape.inputs},
        to_state_{shape.blocks * shape.gate_columns(), shape.state},
        to_hidden_{shape.state, shape.hidden},
        parts_(sample_parts<T>(shape)),
        packed_({wants_input() ? to_input_.elements() : 0, to_state_.elements(),
                 shape.projected ? to_hidden_.elements() : 0}),
        sums_(shape, parts_) {}

  void run() {
    pack(weights_.hh, shape_.kind.h_gates, to_state_, packed_[1]);
    if (wants_input()) pack(weights_.ih, shape_.kind.x_gates, to_input_, packed_[0]);
    if (shape_.projected) {
      const std::ptrdiff_t row = static_cast<std::ptrdiff_t>(shape_.hidden);
      to_hidden_.pack(kernels_, {weights_.projection, row, 1}, packed_[2]);
    }
    parallel_for(parts_, [&](std::size_t part) { run_part(part, chunk_range(shape_.batch, parts_, part)); });
    sums_.join();
    sums_.give(gradients_);
  }

 private:
  // The arrays of one part of the samples. Those of several steps have a row for each step and sample.
  struct Part {
    Range samples;
    std::size_t rows, steps;
    T *x, *before;               // inputs, and the states before them
    T* dgates;                   // blocks of rows
    T *dstate, *dcell, *cell;    // of the step at hand; cell: the first
    T *hidden, *dhidden, *dout;  // with a projection: what it is of, its gradient, and the gradient of its result
    typename WeightSums<T>::Set sums;
    std::vector<std::ptrdiff_t> segments;  // where the gradients of each block begin
  };

  // Whether the gradient of the result has rows that the kernel cannot read: they are gathered in `dout`. That of a sum is
  // one row that repeats.
  bool gathers_dout() const { return !shape_.projected && gradients_.dout.column != 1; }
  bool repeats_dout() const { return gathers_dout() && gradients_.dout.step == 0 && gradients_.dout.sample == 0; }
  bool wants_input() const { return gradients_.dx.data != nullptr; }
  std::size_t input_row() const { return spread_row<T>(shape_.inputs); }
  std::size_t state_row() const { return spread_row<T>(std::max(shape_.padded(), shape_.state)); }

  // Panels of a weight whose rows are in order of blocks: the second factor of dgates times weight.
  void pack(const T* weight, const std::array<std::size_t, 4>& gates, const PackedMatrix<T>& factor, T* packed) const {
    const std::size_t columns = shape_.gate_columns();
    const Temporary ordered(factor.k * factor.n * sizeof(T));
    T* rows = ordered.as<T>();
    parallel_for(shape_.blocks, [&](std::size_t block) {
      gather_rows(shape_, gates, weight, factor.n, block, rows + block * columns * factor.n);
    });
    factor.pack(kernels_, {rows, static_cast<std::ptrdiff_t>(factor.n), 1}, packed);
  }

  void run_part(std::size_t number, Range samples) {
    const std::size_t rows = samples.end - samples.begin;
    const typename WeightSums<T>::Set sums = sums_.at(number);
    sums_.clear(sums);
    if (rows == 0) return;
    const std::size_t most = std::max<std::size_t>(1, shape_.steps);
    const std::size_t steps = std::clamp<std::size_t>(kRowsAtOnce / rows, 1, most), all = steps * rows;
    const std::size_t row = state_row(), padded = shape_.padded(), projected = shape_.projected ? 1 : 0;
    const Arrays<T> arrays({all * input_row(), all * row, all * shape_.blocks * shape_.slot_columns(), rows * row,
                            rows * padded, rows * padded, projected * all * padded, projected * rows * padded,
                            shape_.projected || gathers_dout() ? all * shape_.state : 0});
    Part part{samples,   rows,      steps,     arrays[0], arrays[1], arrays[2], arrays[3],
              arrays[4], arrays[5], arrays[6], arrays[7], arrays[8], sums,      {}};
    begin(part);
    for (std::size_t end = shape_.steps; end > 0;) {
      const std::size_t count = std::min(steps, end);
      end -= count;
      go_back(part, end, count);
    }
    finish(part);
  }

  T* in_block(T* blocks, const Part& part, std::size_t block, std::size_t r) const {
    return blocks + (block * part.rows + r) * shape_.width;
  }

  void begin(const Part& part) const {
    std::fill(part.dstate, part.dstate + part.rows * state_row(), T(0));
    std::fill(part.before, part.before + part.steps * part.rows * state_row(), T(0));
    std::fill(part.dcell, part.dcell + part.rows * shape_.padded(), T(0));
    std::fill(part.cell, part.cell + part.rows * shape_.padded(), T(0));
    if (repeats_dout()) copy_row(gradients_.dout.data, gradients_.dout.column, part.dout, shape_.state);
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      if (gradients_.dhn != nullptr) {
        copy_row(gradients_.dhn + sample * shape_.state, 1, part.dstate + r * state_row(), shape_.state);
      }
      shape_.each_block([&](std::size_t block, std::size_t first, std::size_t count) {
        const std::size_t place = sample * shape_.hidden + first;
        if (gradients_.dcn != nullptr) copy_row(gradients_.dcn + place, 1, in_block(part.dcell, part, block, r), count);
        if (states_.c0 != nullptr) copy_row(states_.c0 + place, 1, in_block(part.cell, part, block, r), count);
      });
    }
  }

  void finish(const Part& part) const {
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      if (gradients_.dh0 != nullptr) {
        copy_row<T>(part.dstate + r * state_row(), 1, gradients_.dh0 + sample * shape_.state, shape_.state);
      }
      if (gradients_.dc0 == nullptr) continue;
      shape_.each_block([&](std::size_t block, std::size_t first, std::size_t count) {
        copy_row<T>(in_block(part.dcell, part, block, r), 1, gradients_.dc0 + sample * shape_.hidden + first, count);
      });
    }
  }

  // Steps first + count - 1 down to first, then what they give to weights and input.
  void go_back(Part& part, std::size_t first, std::size_t count) const {
    const std::size_t block_size = count * part.rows * shape_.slot_columns();
    part.segments.resize(shape_.blocks);
    for (std::size_t block = 0; block < shape_.blocks; block++) {
      part.segments[block] = static_cast<std::ptrdiff_t>(block * block_size);
    }
    gather(part, first, count);
    for (std::size_t i = count; i-- > 0;) take_step(part, first + i, i, count);
    add_weights(part, count);
    if (wants_input()) give_input(part, first, count);
  }

  // The inputs and states that the weights were multiplied with; zeros where a sample has no step.
  void gather(const Part& part, std::size_t first, std::size_t count) const {
    for (std::size_t i = 0; i < count; i++) {
      for (std::size_t r = 0; r < part.rows; r++) {
        const std::size_t sample = part.samples.begin + r, time = shape_.time(first + i), place = i * part.rows + r;
        T *x = part.x + place * input_row(), *before = part.before + place * state_row();
        if (!lengths_.active(sample, time)) {
          std::fill_n(x, shape_.inputs, T(0));
          std::fill_n(before, shape_.state, T(0));
          continue;
        }
        copy_row(x_.at(time, sample), x_.column, x, shape_.inputs);
        if (gathers_dout() && !repeats_dout()) {
          const Sequence<const T>& dout = gradients_.dout;
          copy_row(dout.at(time, sample), dout.column, part.dout + place * shape_.state, shape_.state);
        }
        const Sequence<const T>& out = gradients_.out;
        if (!is_first(first + i, sample)) {
          copy_row(out.at(shape_.time(first + i - 1), sample), out.column, before, shape_.state);
        } else if (states_.h0 != nullptr) {
          copy_row(states_.h0 + sample * shape_.state, 1, before, shape_.state);
        } else {
          std::fill_n(before, shape_.state, T(0));
        }
      }
    }
  }

  // Whether a step of a sample began with the state that the sequence began with.
  bool is_first(std::size_t step, std::size_t sample) const {
    return step == 0 || !lengths_.active(sample, shape_.time(step - 1));
  }

  void take_step(const Part& part, std::size_t step, std::size_t i, std::size_t count) const {
    const std::size_t time = shape_.time(step);
    if (shape_.projected) unproject(part, time, i);
    for (std::size_t block = 0; block < shape_.blocks; block++) {
      T* dgates = part.dgates + (block * count + i) * part.rows * shape_.slot_columns();
      lengths_.each_run(
          part.samples, time, [&](Range run) { differentiate(part, step, i, block, dgates, run); },
          [&](Range run) {
            const std::size_t begin = run.begin - part.samples.begin, end = run.end - part.samples.begin;
            std::fill(dgates + begin * shape_.slot_columns(), dgates + end * shape_.slot_columns(), T(0));
          });
    }
    const std::size_t row = state_row();
    to_state_.multiply(kernels_, gradients_of(part, i, shape_.kind.first_h, part.rows, row, true), packed_[1],
                       part.dstate);
  }

  // The gradients of the gates of some rows from step i on, all blocks of them, as a first factor.
  GemmPanel<T> gradients_of(const Part& part, std::size_t i, std::size_t first_slot, std::size_t rows,
                            std::size_t c_row, bool accumulate) const {
    const std::size_t columns = shape_.slot_columns();
    GemmPanel<T> product = rows_of<T>(part.dgates + i * part.rows * columns + first_slot * shape_.width, columns, rows,
                                      shape_.gate_columns(), c_row, accumulate);
    product.segments = shape_.blocks;
    product.a_segments = part.segments.data();
    return product;
  }

  void differentiate(const Part& part, std::size_t number, std::size_t i, std::size_t block, T* dgates,
                     Range samples) const {
    const std::size_t first = block * shape_.width, r = samples.begin - part.samples.begin;
    const std::size_t time = shape_.time(number), row = state_row(), place = i * part.rows + r;
    RecurrentBack<T> back{};
    back.rows = samples.end - samples.begin;
    back.width = shape_.width;
    back.units = std::min(shape_.width, shape_.hidden - first);
    back.kept = kept_of(block, time, samples.begin);
    back.before = part.before + place * row + first;
    back.before_row = static_cast<std::ptrdiff_t>(row);
    back.dcell = in_block(part.dcell, part, block, r);
    back.dgates = dgates + r * shape_.slot_columns();
    back.dbias = part.sums.bias + block * shape_.slot_columns();
    if (shape_.projected) {
      back.dstate = part.dhidden + r * shape_.padded() + first;
      back.hidden = part.hidden + place * shape_.padded() + first;
      back.dstate_row = back.hidden_row = static_cast<std::ptrdiff_t>(shape_.padded());
    } else {
      back.dstate = part.dstate + r * row + first;
      back.dstate_row = static_cast<std::ptrdiff_t>(row);
      const std::ptrdiff_t gathered_row = repeats_dout() ? 0 : static_cast<std::ptrdiff_t>(shape_.state);
      const T* gathered = part.dout + static_cast<std::ptrdiff_t>(place) * gathered_row;
      back.dout = (gathers_dout() ? gathered : gradients_.dout.at(time, samples.begin)) + first;
      back.dout_row = gathers_dout() ? gathered_row : gradients_.dout.sample;
    }
    if (!shape_.kind.has_cell) return cell_.back(back);
    // Neighbours began together or not: a run is cut where that changes.
    for (std::size_t begin = samples.begin; begin < samples.end;) {
      const bool starts = is_first(number, begin);
      std::size_t end = begin + 1;
      while (end < samples.end && is_first(number, end) == starts) end++;
      cell_.back(with_cell_before(back, part, number, block, begin, end, samples.begin, starts));
      begin = end;
    }
  }

  RecurrentBack<T> with_cell_before(RecurrentBack<T> back, const Part& part, std::size_t number, std::size_t block,
                                    std::size_t begin, std::size_t end, std::size_t from, bool starts) const {
    const std::size_t skipped = begin - from;
    back.rows = end - begin;
    back.kept += skipped * shape_.kept_columns();
    back.dcell += skipped * shape_.width;
    back.dgates += skipped * shape_.slot_columns();
    back.dstate += static_cast<std::ptrdiff_t>(skipped) * back.dstate_row;
    if (back.dout != nullptr) back.dout += static_cast<std::ptrdiff_t>(skipped) * back.dout_row;
    if (back.hidden != nullptr) back.hidden += static_cast<std::ptrdiff_t>(skipped) * back.hidden_row;
    if (starts) {
      back.before = in_block(part.cell, part, block, begin - part.samples.begin);
      back.before_row = static_cast<std::ptrdiff_t>(shape_.width);
    } else {
      back.before = kept_of(block, shape_.time(number - 1), begin) + (shape_.kind.kept - 1) * shape_.width;
      back.before_row = static_cast<std::ptrdiff_t>(shape_.kept_columns());
    }
    return back;
  }

  const T* kept_of(std::size_t block, std::size_t time, std::size_t sample) const {
    return gradients_.kept + ((block * shape_.steps + time) * shape_.batch + sample) * shape_.kept_columns();
  }

  // The gradient of what was projected, from that of the state, which is used up for samples that have this step.
  void unproject(const Part& part, std::size_t time, std::size_t i) const {
    const Sequence<const T>& dout = gradients_.dout;
    for (std::size_t r = 0; r < part.rows; r++) {
      const std::size_t sample = part.samples.begin + r;
      T *sum = part.dout + (i * part.rows + r) * shape_.state, *dstate = part.dstate + r * state_row();
      const bool active = lengths_.active(sample, time);
      for (std::size_t j = 0; j < shape_.state; j++) {
        const std::ptrdiff_t place = static_cast<std::ptrdiff_t>(j) * dout.column;
        sum[j] = active ? dstate[j] + dout.at(time, sample)[place] : T(0);
        if (active) dstate[j] = 0;
      }
      T* hidden = part.hidden + (i * part.rows + r) * shape_.padded();
      if (!active) std::fill_n(hidden, shape_.padded(), T(0));
      std::fill_n(part.dhidden + r * shape_.padded(), shape_.padded(), T(0));
    }
    const T* dsum = part.dout + i * part.rows * shape_.state;
    to_hidden_.multiply(kernels_, rows_of(dsum, shape_.state, part.rows, shape_.state, shape_.padded(), false),
                        packed_[2], part.dhidden);
  }

  void add_weights(const Part& part, std::size_t count) const {
    const std::size_t rows = count * part.rows, columns = shape_.gate_columns();
    const auto add = [&](const T* factor, std::size_t row, std::size_t n, std::size_t first_slot, T* sums) {
      for (std::size_t block = 0; block < shape_.blocks; block++) {
        const T* dgates = part.dgates + part.segments[block] + first_slot * shape_.width;
        add_product(turned(dgates, shape_.slot_columns(), columns, rows, n), factor, row, n,
                    sums + block * columns * n);
      }
    };
    add(part.x, input_row(), shape_.inputs, 0, part.sums.ih);
    add(part.before, state_row(), shape_.state, shape_.kind.first_h, part.sums.hh);
    if (!shape_.projected) return;
    add_product(turned(part.dout, shape_.state, shape_.state, rows, shape_.padded()), part.hidden, shape_.padded(),
                shape_.padded(), part.sums.projection);
  }

  // Adds the product of a first factor and `factor`, n columns that are read where they lie; rows end with whole vectors.
  void add_product(GemmPanel<T> product, const T* factor, std::size_t row, std::size_t n, T* sums) const {
    const std::size_t width = panel_width(kernels_.blocking, n);
    product.b_k = static_cast<std::ptrdiff_t>(row);
    product.b_padded = true;
    for (std::size_t j = 0; j < n; j += width) {
      product.b = factor + j;
      product.c = sums + j;
      product.cols = std::min(width, n - j);
      kernels_.panel(product);
    }
  }

  // The transpose of `rows` rows, of which so many columns are taken, as a first factor whose product is added to sums.
  GemmPanel<T> turned(const T* a, std::size_t row, std::size_t columns, std::size_t rows, std::size_t c_row) const {
    GemmPanel<T> product = rows_of(a, 1, columns, rows, c_row, true);
    product.a_k = static_cast<std::ptrdiff_t>(row);
    return product;
  }

  // All steps of the chunk at once, beside the result: its rows lie too far apart for the matrix kernel. Inputs are used up.
  void give_input(const Part& part, std::size_t first, std::size_t count) const {
    const GemmPanel<T> product = gradients_of(part, 0, 0, count * part.rows, input_row(), false);
    to_input_.multiply(kernels_, product, packed_[0], part.x);
    for (std::size_t i = 0; i < count; i++) {
      for (std::size_t r = 0; r < part.rows; r++) {
        copy_row<T>(part.x + (i * part.rows + r) * input_row(), 1,
                    gradients_.dx.at(shape_.time(first + i), part.samples.begin + r), shape_.inputs);
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
  const RecurrentGradients<T>& gradients_;
  const PackedMatrix<T> to_input_, to_state_, to_hidden_;
  const std::size_t parts_;
  const Arrays<T> packed_;  // weights of the input, of the state, projection
  const WeightSums<T> sums_;
};

}  // namespace

template <class T>
void recurrent_backward(const KernelTable& table, const RecurrentShape& shape, const Lengths& lengths,
                        const RecurrentWeights<T>& weights, const RecurrentStates<T>& states, const View& x,
                        const RecurrentGradients<T>& gradients) {
  Backward<T>(table, shape, lengths, weights, states, x, gradients).run();
}

template void recurrent_backward<float>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                        const RecurrentWeights<float>&, const RecurrentStates<float>&, const View&,
                                        const RecurrentGradients<float>&);
template void recurrent_backward<double>(const KernelTable&, const RecurrentShape&, const Lengths&,
                                         const RecurrentWeights<double>&, const RecurrentStates<double>&, const View&,
                                         const RecurrentGradients<double>&);

}  // namespace myelin
