#include "ops/fft_engine.h"

#include <algorithm>
#include <optional>

#include "core/scratch.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Memory that the thread keeps when it is small, and gives back when it is large.
template <class T>
class Room {
 public:
  Room(Scratch slot, std::size_t count) {
    if (count * sizeof(T) <= kKept) {
      data_ = scratch<T>(slot, count);
    } else {
      data_ = temporary_.emplace(count * sizeof(T)).template as<T>();
    }
  }
  T* data() const { return data_; }

 private:
  static constexpr std::size_t kKept = 1 << 20;
  std::optional<Temporary> temporary_;
  T* data_;
};

template <class T>
struct Kernels {
  explicit Kernels(const KernelTable& k)
      : pass(pick<T>(k.f32_fft_pass, k.f64_fft_pass)),
        twist(pick<T>(k.f32_fft_twist, k.f64_fft_twist)),
        split(pick<T>(k.f32_pairs_split, k.f64_pairs_split)),
        join(pick<T>(k.f32_pairs_join, k.f64_pairs_join)),
        table(k) {}

  void transpose(const T* from, std::size_t from_row, T* to, std::size_t to_row, std::size_t m, std::size_t n) const {
    if constexpr (sizeof(T) == 4) {
      table.transpose_32(reinterpret_cast<const std::uint32_t*>(from), static_cast<std::ptrdiff_t>(from_row),
                         reinterpret_cast<std::uint32_t*>(to), static_cast<std::ptrdiff_t>(to_row), m, n);
    } else {
      table.transpose_64(reinterpret_cast<const std::uint64_t*>(from), static_cast<std::ptrdiff_t>(from_row),
                         reinterpret_cast<std::uint64_t*>(to), static_cast<std::ptrdiff_t>(to_row), m, n);
    }
  }

  FftPassFn<T>* pass;
  FftTwistFn<T>* twist;
  PairsSplitFn<T>* split;
  PairsJoinFn<T>* join;
  const KernelTable& table;
};

template <class T>
constexpr std::size_t whole(std::size_t columns) {
  return (columns + kFftColumns<T> - 1) / kFftColumns<T> * kFftColumns<T>;
}

template <class T>
struct Parts {
  T *re, *im;
  Parts operator+(std::size_t at) const { return {re + at, im + at}; }
};

template <class T>
Parts<T> exchanged(Parts<T> parts, bool yes) {
  return yes ? Parts<T>{parts.im, parts.re} : parts;
}

// Numbers [at, at + count) of a source.
template <class T>
void load(const Kernels<T>& kernels, const FftSource<T>& from, std::size_t at, std::size_t count, Parts<T> to) {
  to = exchanged(to, from.exchanged);
  if (from.pairs != nullptr) return kernels.split(from.pairs + 2 * at, to.re, to.im, count);
  std::copy_n(from.re + at, count, to.re);
  std::copy_n(from.im + at, count, to.im);
}

template <class T>
void save(const Kernels<T>& kernels, Parts<T> from, std::size_t count, const FftSink<T>& to, std::size_t at) {
  from = exchanged(from, to.exchanged);
  if (to.pairs != nullptr) return kernels.join(from.re, from.im, to.scale, to.pairs + 2 * at, count);
  std::copy_n(from.re, count, to.re + at);
  std::copy_n(from.im, count, to.im + at);
}

// Whatever is not a column fills up the vectors; it takes part in the arithmetic, so it must not be slow numbers.
template <class T>
void clear_beyond(Parts<T> row, std::size_t columns) {
  std::fill(row.re + columns, row.re + whole<T>(columns), T(0));
  std::fill(row.im + columns, row.im + whole<T>(columns), T(0));
}

// Two matrices that passes go between.
template <class T>
class Block {
 public:
  explicit Block(std::size_t numbers) : numbers_(numbers) { data_ = scratch<T>(Scratch::kFftBlock, 4 * numbers); }
  Parts<T> matrix(int which) const {
    T* const re = data_ + (which & 1) * 2 * numbers_;
    return {re, re + numbers_};
  }

 private:
  std::size_t numbers_;
  T* data_;
};

// Runs all passes; the matrix begins as `from`, whose rows are `row` apart, and as block matrix 0 if that is where `from`
// points. Returns where the result is.
template <class T>
Parts<T> run_passes(const Kernels<T>& kernels, const FftColumns<T>& columns, Parts<T> from, std::size_t row,
                    const Block<T>& block, std::size_t width) {
  int next = 1;
  for (const auto& pass : columns.passes) {
    const Parts<T> to = block.matrix(next);
    const std::size_t run = width * pass.repeats;
    kernels.pass({from.re, from.im, to.re, to.im, pass.radix, pass.groups, pass.repeats == 1 ? row : run, run,
                  pass.twiddles.data(), pass.roots.data()});
    from = to;
    next++;
  }
  return from;
}

// Short lengths: many rows become the columns of one matrix.

template <class T>
void run_short(const Kernels<T>& kernels, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to,
               std::size_t rows) {
  const std::size_t n = plan.n, width = whole<T>(rows), stride = whole<T>(n);
  const Block<T> block(std::max(n, stride) * width);
  const Room<T> room(Scratch::kFftMiddle, 2 * width * stride);
  const Parts<T> lying{room.data(), room.data() + width * stride};
  for (std::size_t i = 0; i < rows; i++) load(kernels, from, i * from.step, n, lying + i * stride);
  const Parts<T> standing = block.matrix(0);
  kernels.transpose(lying.re, stride, standing.re, width, rows, n);
  kernels.transpose(lying.im, stride, standing.im, width, rows, n);
  if (rows < width) {
    for (std::size_t k = 0; k < n; k++) clear_beyond(standing + k * width, rows);
  }
  const Parts<T> result = run_passes(kernels, plan.direct, standing, width, block, width);
  kernels.transpose(result.re, width, lying.re, stride, n, rows);
  kernels.transpose(result.im, width, lying.im, stride, n, rows);
  for (std::size_t i = 0; i < rows; i++) save(kernels, lying + i * stride, n, to, i * to.step);
}

// Long lengths: a row is a matrix.

// Columns [begin, begin + count) of the first matrix, through to their places as rows of the transposed one.
template <class T>
void run_first(const Kernels<T>& kernels, const FftPlan<T>& plan, const FftSource<T>& from, std::size_t index,
               Parts<T> middle, std::size_t middle_row) {
  const std::size_t rows = plan.first.n, columns = plan.second.n, begin = index * plan.block;
  const std::size_t count = std::min(plan.block, columns - begin), width = whole<T>(count);
  const Block<T> block(rows * width);
  const Parts<T> start = block.matrix(0);
  for (std::size_t i = 0; i < rows; i++) {
    load(kernels, from, i * columns + begin, count, start + i * width);
    if (count < width) clear_beyond(start + i * width, count);
  }
  const Parts<T> result = run_passes(kernels, plan.first, start, width, block, width);
  for (std::size_t i = 1; i < rows; i++) {
    const T* const base = index == 0 ? nullptr : plan.bases.data() + 2 * (i * plan.blocks() + index);
    kernels.twist(result.re + i * width, result.im + i * width, plan.twist.re.data() + i * plan.block,
                  plan.twist.im.data() + i * plan.block, base, count);
  }
  const Parts<T> target = middle + begin * middle_row;
  kernels.transpose(result.re, width, target.re, middle_row, rows, count);
  kernels.transpose(result.im, width, target.im, middle_row, rows, count);
}

// Columns [begin, begin + count) of the transposed matrix, to the result.
template <class T>
void run_second(const Kernels<T>& kernels, const FftPlan<T>& plan, Parts<T> middle, std::size_t middle_row,
                std::size_t begin, std::size_t count, const FftSink<T>& to) {
  const std::size_t width = whole<T>(count);
  const Block<T> block(plan.second.n * width);
  const Parts<T> result = run_passes(kernels, plan.second, middle + begin, middle_row, block, width);
  for (std::size_t k = 0; k < plan.second.n; k++) {
    save(kernels, result + k * width, count, to, k * plan.first.n + begin);
  }
}

template <class T>
void run_matrix(const Kernels<T>& kernels, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to) {
  const std::size_t rows = plan.first.n, columns = plan.second.n, middle_row = whole<T>(rows);
  const Room<T> room(Scratch::kFftMiddle, 2 * middle_row * columns);
  const Parts<T> middle{room.data(), room.data() + middle_row * columns};
  if (rows < middle_row) {
    for (std::size_t k = 0; k < columns; k++) clear_beyond(middle + k * middle_row, rows);
  }
  parallel_for(plan.blocks(), [&](std::size_t index) { run_first(kernels, plan, from, index, middle, middle_row); });
  // As many columns together as fit the cache that one block of the first matrix fits.
  const std::size_t together =
      std::min(rows, std::max(kFftColumns<T>, plan.block * rows / columns / kFftColumns<T> * kFftColumns<T>));
  parallel_for((rows + together - 1) / together, [&](std::size_t index) {
    const std::size_t begin = index * together;
    run_second(kernels, plan, middle, middle_row, begin, std::min(together, rows - begin), to);
  });
}

// Lengths with large prime factors: a convolution with a chirp.

template <class T>
void run_chirp(const Kernels<T>& kernels, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to) {
  const std::size_t n = plan.n, longer = plan.smooth->n;
  const Room<T> room(Scratch::kFftRows, 4 * longer);
  const Parts<T> a{room.data(), room.data() + longer}, b = a + 2 * longer;
  const auto transform = [&](Parts<T> x, Parts<T> y) {
    fft_rows<T>(kernels.table, *plan.smooth, {nullptr, x.re, x.im, 0, false}, {nullptr, y.re, y.im, 0, false, T(1)}, 1);
  };
  load(kernels, from, 0, n, a);
  kernels.twist(a.re, a.im, plan.chirp.re.data(), plan.chirp.im.data(), nullptr, n);
  std::fill(a.re + n, a.re + longer, T(0));
  std::fill(a.im + n, a.im + longer, T(0));
  transform(a, b);
  kernels.twist(b.re, b.im, plan.filter.re.data(), plan.filter.im.data(), nullptr, longer);
  transform(exchanged(b, true), exchanged(a, true));
  kernels.twist(a.re, a.im, plan.chirp.re.data(), plan.chirp.im.data(), nullptr, n);
  save(kernels, a, n, to, 0);
}

}  // namespace

template <class T>
void fft_rows(const KernelTable& table, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to,
              std::size_t rows) {
  const Kernels<T> kernels(table);
  switch (plan.kind) {
    case FftPlan<T>::Kind::kShort:
      return run_short(kernels, plan, from, to, rows);
    case FftPlan<T>::Kind::kMatrix:
      return run_matrix(kernels, plan, from, to);
    case FftPlan<T>::Kind::kChirp:
      return run_chirp(kernels, plan, from, to);
  }
}

template <class T>
void fft_columns(const KernelTable& table, const FftPlan<T>& plan, const FftSource<T>& from, const FftSink<T>& to,
                 std::size_t count) {
  const Kernels<T> kernels(table);
  const std::size_t width = whole<T>(count);
  const Block<T> block(plan.n * width);
  const Parts<T> start = block.matrix(0);
  for (std::size_t i = 0; i < plan.n; i++) {
    load(kernels, from, i * from.step, count, start + i * width);
    if (count < width) clear_beyond(start + i * width, count);
  }
  const Parts<T> result = run_passes(kernels, plan.direct, start, width, block, width);
  for (std::size_t i = 0; i < plan.n; i++) save(kernels, result + i * width, count, to, i * to.step);
}

MYELIN_FFT_ENGINE(, float)
MYELIN_FFT_ENGINE(, double)

}  // namespace myelin
