// Transforms of pairs: complex numbers are float tensors whose last axis has two elements, real and imaginary part.
#include <algorithm>

#include "core/scratch.h"
#include "ops/fft_engine.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Numbers whose transform makes a chunk worth handing to another thread.
constexpr std::size_t kFftGrain = 4096;
// So many rows keep all threads busy; fewer long ones are each transformed by all threads.
constexpr std::size_t kManyRows = 8;

// Calls body(first, count) for groups of at most `together` of `rows` rows of n numbers each.
template <class F>
void for_groups(std::size_t rows, std::size_t together, std::size_t n, const F& body) {
  const std::size_t groups = (rows + together - 1) / together;
  const auto run = [&](std::size_t group) {
    const std::size_t first = group * together;
    body(first, std::min(together, rows - first));
  };
  if (rows < kManyRows) {
    for (std::size_t group = 0; group < groups; group++) run(group);
    return;
  }
  const std::size_t chunks = std::min(groups, chunks_for(rows * n, kFftGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(groups, chunks, chunk);
    for (std::size_t group = range.begin; group < range.end; group++) run(group);
  });
}

// A tensor of pairs as outer x n x inner numbers.
struct PairAxis {
  std::size_t outer = 1, n, inner = 1;

  PairAxis(const View& view, int axis) {
    require(axis + 1 < view.rank && view.shape[view.rank - 1] == 2, "a transform needs pairs");
    for (int i = 0; i < axis; i++) outer *= static_cast<std::size_t>(view.shape[i]);
    n = static_cast<std::size_t>(view.shape[axis]);
    for (int i = axis + 1; i < view.rank - 1; i++) inner *= static_cast<std::size_t>(view.shape[i]);
  }
};

template <class T>
struct Transform {
  const KernelTable& kernels;
  const FftPlan<T>& plan;
  const T* from;
  T* to;
  PairAxis axis;
  bool inverse;
  T scale;

  FftSource<T> source(std::size_t at, std::size_t step) const {
    return {from + 2 * at, nullptr, nullptr, step, inverse};
  }
  FftSink<T> sink(std::size_t at, std::size_t step) const {
    return {to + 2 * at, nullptr, nullptr, step, inverse, scale};
  }

  void run() const {
    if (axis.inner == 1) {
      run_rows();
    } else if (plan.has_direct()) {
      run_columns();
    } else {
      run_gathered();
    }
  }

  void run_rows() const {
    for_groups(axis.outer, fft_rows_together(plan), axis.n, [&](std::size_t first, std::size_t count) {
      fft_rows(kernels, plan, source(first * axis.n, axis.n), sink(first * axis.n, axis.n), count);
    });
  }

  void run_columns() const {
    const std::size_t together = std::min(axis.inner, fft_columns_together(plan));
    const std::size_t blocks = (axis.inner + together - 1) / together, units = axis.outer * blocks;
    const std::size_t chunks = std::min(units, chunks_for(axis.outer * axis.n * axis.inner, kFftGrain));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(units, chunks, chunk);
      for (std::size_t unit = range.begin; unit < range.end; unit++) {
        const std::size_t first = unit % blocks * together, at = unit / blocks * axis.n * axis.inner + first;
        fft_columns(kernels, plan, source(at, axis.inner), sink(at, axis.inner),
                    std::min(together, axis.inner - first));
      }
    });
  }

  // Long columns, one by one, through a row of their own.
  void run_gathered() const {
    for_groups(axis.outer * axis.inner, 1, axis.n, [&](std::size_t column, std::size_t) {
      const std::size_t at = column / axis.inner * axis.n * axis.inner + column % axis.inner;
      const Temporary row(2 * axis.n * sizeof(T));
      T* const pairs = row.template as<T>();
      for (std::size_t i = 0; i < axis.n; i++) std::copy_n(from + 2 * (at + i * axis.inner), 2, pairs + 2 * i);
      // A row is read before it is written.
      fft_rows(kernels, plan, {pairs, nullptr, nullptr, 0, inverse}, {pairs, nullptr, nullptr, 0, inverse, scale}, 1);
      for (std::size_t i = 0; i < axis.n; i++) std::copy_n(pairs + 2 * i, 2, to + 2 * (at + i * axis.inner));
    });
  }
};

void fft(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  const bool inverse = call.attrs.choice(2) == 1;
  const double scale = call.attrs.number();
  require(x.same_shape(out) && x.dtype == out.dtype && out.contiguous(), "a transform keeps shape and dtype");
  const PairAxis numbers(x, axis);
  if (x.size() == 0) return;
  const Contiguous source(x, call.kernels);
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto plan = fft_plan<T>(numbers.n);
    Transform<T>{call.kernels, *plan, source.as<T>(), out.as<T>(), numbers, inverse, static_cast<T>(scale)}.run();
  });
}

// Rows of n real numbers beside rows of n / 2 + 1 pairs.
template <class T>
struct RealRows {
  std::size_t rows, n;
  T edge, inner;
  const KernelTable& kernels;

  std::size_t half() const { return n / 2; }
  bool even() const { return n % 2 == 0; }
  std::size_t bins() const { return half() + 1; }
  // Numbers of the complex transform that does the work.
  std::size_t length() const { return even() ? half() : n; }

  RealFold<T> fold(const FftRoots<T>& roots) const { return {half(), edge, inner, roots.re.data(), roots.im.data()}; }
};

// Parts of some rows for the duration of a call.
template <class T>
struct RowParts {
  RowParts(std::size_t rows, std::size_t n)
      : memory(2 * rows * n * sizeof(T)), re(memory.template as<T>()), im(re + rows * n), step(n) {}
  Temporary memory;
  T *re, *im;
  std::size_t step;

  FftSource<T> source(bool exchanged) const { return {nullptr, re, im, step, exchanged}; }
  FftSink<T> sink(bool exchanged) const { return {nullptr, re, im, step, exchanged, T(1)}; }
};

template <class T>
void run_rfft(const RealRows<T>& job, const T* x, T* pairs) {
  const std::size_t length = job.length();
  const auto plan = fft_plan<T>(length);
  const auto roots = job.even() ? fft_fold<T>(job.half()) : nullptr;
  const auto unpack = pick<T>(job.kernels.f32_rfft_unpack, job.kernels.f64_rfft_unpack);
  for_groups(job.rows, fft_rows_together(*plan), length, [&](std::size_t first, std::size_t count) {
    const RowParts<T> z(count, length);
    if (job.even()) {
      const FftSource<T> neighbours{x + first * job.n, nullptr, nullptr, length, false};
      fft_rows(job.kernels, *plan, neighbours, z.sink(false), count);
    } else {
      const RowParts<T> real(count, length);
      std::copy_n(x + first * job.n, count * length, real.re);
      std::fill_n(real.im, count * length, T(0));
      fft_rows(job.kernels, *plan, real.source(false), z.sink(false), count);
    }
    for (std::size_t i = 0; i < count; i++) {
      T* const out = pairs + (first + i) * job.bins() * 2;
      const T *const re = z.re + i * length, *const im = z.im + i * length;
      if (job.even()) {
        unpack(job.fold(*roots), re, im, out);
        continue;
      }
      for (std::size_t k = 0; k < job.bins(); k++) {
        const T scale = k == 0 ? job.edge : job.inner;
        out[2 * k] = re[k] * scale;
        out[2 * k + 1] = k == 0 ? T(0) : im[k] * scale;
      }
    }
  });
}

template <class T>
void run_irfft(const RealRows<T>& job, const T* pairs, T* x) {
  const std::size_t length = job.length();
  const auto plan = fft_plan<T>(length);
  const auto roots = job.even() ? fft_fold<T>(job.half()) : nullptr;
  const auto pack = pick<T>(job.kernels.f32_irfft_pack, job.kernels.f64_irfft_pack);
  const auto split = pick<T>(job.kernels.f32_pairs_split, job.kernels.f64_pairs_split);
  for_groups(job.rows, fft_rows_together(*plan), length, [&](std::size_t first, std::size_t count) {
    const RowParts<T> z(count, length), bins(1, job.bins());
    for (std::size_t i = 0; i < count; i++) {
      split(pairs + (first + i) * job.bins() * 2, bins.re, bins.im, job.bins());
      T *const re = z.re + i * length, *const im = z.im + i * length;
      if (job.even()) {
        pack(job.fold(*roots), bins.re, bins.im, re, im);
        continue;
      }
      re[0] = bins.re[0] * job.edge;
      im[0] = 0;
      for (std::size_t k = 1; k < job.bins(); k++) {
        re[k] = re[length - k] = bins.re[k] * job.inner;
        im[k] = bins.im[k] * job.inner;
        im[length - k] = -im[k];
      }
    }
    if (job.even()) {
      fft_rows(job.kernels, *plan, z.source(true), {x + first * job.n, nullptr, nullptr, length, true, T(1)}, count);
      return;
    }
    const RowParts<T> result(count, length);
    fft_rows(job.kernels, *plan, z.source(true), result.sink(true), count);
    std::copy_n(result.re, count * length, x + first * job.n);
  });
}

// Rows along the last axis; all axes before it agree.
std::size_t rows_of(const View& real, const View& pairs) {
  require(pairs.rank == real.rank + 1 && pairs.shape[pairs.rank - 1] == 2, "a transform of reals needs pairs");
  std::size_t rows = 1;
  for (int i = 0; i + 1 < real.rank; i++) {
    require(real.shape[i] == pairs.shape[i], "a transform of reals keeps its rows");
    rows *= static_cast<std::size_t>(real.shape[i]);
  }
  return rows;
}

// `kernel` is run_rfft or run_irfft, of real rows on one side and pairs on the other.
template <class Run>
void real_transform(OpCall& call, const View& real, const View& pairs, const Run& run) {
  const double edge = call.attrs.number(), inner = call.attrs.number();
  require(real.rank > 0 && real.dtype == pairs.dtype && call.out[0].contiguous(), "a transform keeps the dtype");
  const std::size_t rows = rows_of(real, pairs), n = static_cast<std::size_t>(real.shape[real.rank - 1]);
  require(n > 0 && pairs.shape[pairs.rank - 2] == static_cast<std::int64_t>(n / 2 + 1),
          "a transform of n reals has n / 2 + 1 pairs");
  if (rows == 0) return;
  const Contiguous source(call.in[0], call.kernels);
  visit_float(real.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run(RealRows<T>{rows, n, static_cast<T>(edge), static_cast<T>(inner), call.kernels}, source.as<T>(),
        call.out[0].as<T>());
  });
}

void rfft(OpCall& call) {
  real_transform(call, call.in[0], call.out[0],
                 [](const auto& job, const auto* x, auto* pairs) { run_rfft(job, x, pairs); });
}

void irfft(OpCall& call) {
  real_transform(call, call.out[0], call.in[0],
                 [](const auto& job, const auto* pairs, auto* x) { run_irfft(job, pairs, x); });
}

}  // namespace

void register_fft(OpList& ops) {
  ops.push_back({"fft", 1, 1, fft});
  ops.push_back({"rfft", 1, 1, rfft});
  ops.push_back({"irfft", 1, 1, irfft});
}

}  // namespace myelin
