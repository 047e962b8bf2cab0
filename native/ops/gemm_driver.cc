#include <algorithm>
#include <cstdlib>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/gemm.h"
#include "ops/gemm_turned.h"

namespace myelin {
namespace {

// A chunk of less work (2 m n k) than this costs more to hand to another thread than it saves: 10 microseconds at
// 200 GFLOP/s. More chunks than kMaxChunks balance no better on the machines we know.
constexpr double kLeastWork = 2e6;
constexpr std::size_t kMaxChunks = 16;

template <class T>
T finish(const Gemm<T>& product, T sum, T before, T bias) {
  T value = product.alpha * sum;
  if (product.accumulate) value += before;
  value += bias;
  return product.relu && value < 0 ? T(0) : value;
}

// n = 1: matrix times vector, bound by reading the matrix once.

template <class T>
const T* contiguous_column(const Matrix<const T>& column, std::size_t count) {
  if (column.row == 1) return column.data;
  T* copy = scratch<T>(Scratch::kRows, count);
  for (std::size_t i = 0; i < count; i++) copy[i] = *column.at(i, 0);
  return copy;
}

// What reads so many bytes is worth handing to another thread.
constexpr std::size_t kVectorBytes = 256 << 10;

template <class T>
std::size_t vector_chunks(const Gemm<T>& product) {
  return std::min(kMaxChunks, chunks_for(product.m * product.k * sizeof(T), kVectorBytes));
}

template <class T>
const T* sums_of_rows(const GemmKernels<T>& kernels, const Gemm<T>& product, const T* x, Threads threads) {
  const Matrix<const T>& a = product.a;
  T* const sums = scratch<T>(Scratch::kReduce, product.m);
  const std::size_t chunks = vector_chunks(product);
  for_chunks(threads, chunks, [&](std::size_t chunk) {
    const Range rows = chunk_range(product.m, chunks, chunk, kernels.blocking.lanes);
    kernels.dots(a.at(rows.begin, 0), a.row, x, sums + rows.begin, rows.end - rows.begin, product.k);
  });
  return sums;
}

// Columns lie side by side in memory. A chunk takes all of them for some of their elements, so that it reads memory in its
// order, and has sums of its own.
template <class T>
const T* sums_of_columns(const GemmKernels<T>& kernels, const Gemm<T>& product, const T* x, Threads threads) {
  constexpr std::size_t kShortest = 64;  // elements of a column, beside which adding the chunks' sums up is little
  const std::size_t m = product.m;
  const std::size_t chunks = std::max<std::size_t>(1, std::min(vector_chunks(product), product.k / kShortest));
  T* const sums = scratch<T>(Scratch::kReduce, chunks * m);
  for_chunks(threads, chunks, [&](std::size_t chunk) {
    const Range part = chunk_range(product.k, chunks, chunk, kernels.blocking.lanes);
    kernels.sums(product.a.at(0, part.begin), product.a.col, x + part.begin, sums + chunk * m, part.end - part.begin,
                 m);
  });
  for (std::size_t chunk = 1; chunk < chunks; chunk++)
    for (std::size_t i = 0; i < m; i++) sums[i] += sums[chunk * m + i];
  return sums;
}

// `bias_stride`: how far the bias moves from one row to the next.
template <class T>
void multiply_vector(const GemmKernels<T>& kernels, const Gemm<T>& product, std::size_t bias_stride, Threads threads) {
  const T* x = contiguous_column(product.b, product.k);
  const T* const sums =
      product.a.col == 1 ? sums_of_rows(kernels, product, x, threads) : sums_of_columns(kernels, product, x, threads);
  for (std::size_t i = 0; i < product.m; i++) {
    T* c = product.c.at(i, 0);
    *c = finish(product, sums[i], *c, product.bias == nullptr ? T(0) : product.bias[i * bias_stride]);
  }
}

// Whether the product is one of a matrix and a vector that the kernels can read; computes it if so.
template <class T>
bool try_multiply_vector(const GemmKernels<T>& kernels, const Gemm<T>& product, Threads threads) {
  if (product.n == 1 && (product.a.col == 1 || product.a.row == 1)) {
    multiply_vector(kernels, product, 0, threads);
    return true;
  }
  if (product.m == 1 && (product.b.col == 1 || product.b.row == 1)) {
    Gemm<T> swapped = product;
    std::swap(swapped.m, swapped.n);
    swapped.a = product.b.transposed();
    swapped.b = product.a.transposed();
    swapped.c = product.c.transposed();
    multiply_vector(kernels, swapped, 1, threads);
    return true;
  }
  return false;
}

// Matrix times matrix.

// Where the kernel reads a factor.
enum class Source {
  kInPlace,
  kCopiedTogether,  // a block of K is copied by all threads, then read by all
  kCopiedAlone,     // each part is copied by the one thread that reads it, just before
};

// How a product is cut; depends on shapes and strides only.
struct Cut {
  Source a;           // copied: its columns are consecutive, and are turned to rows
  Source b;           // copied: packed as panels
  std::size_t width;  // of a panel
  std::size_t k_blocks;
  std::size_t n_block;     // columns of B packed at a time, a multiple of the width
  std::size_t row_chunks;  // of C, shared out to threads
  std::size_t col_chunks;
};

// Rows of B that lie apart come out of the second-level cache more slowly than a copy of them, whose making many rows of A
// share; what little more than the first-level cache holds is read in place.
template <class T>
bool packing_pays(const Gemm<T>& product) {
  constexpr std::size_t kFewRows = 192;
  constexpr std::size_t kCachedBytes = 128 << 10;
  return product.m >= kFewRows && product.n * product.k * sizeof(T) > kCachedBytes;
}

// A given by columns costs a new cache line, and from 4 KB apart a new page, at every step of k. Over long sums that is
// dearer than transposing it, once several panels share the copy.
template <class T>
bool turning_a_pays(const Gemm<T>& product, std::size_t depth) {
  constexpr std::size_t kLongSum = 192, kManyColumns = 128;
  return product.a.row == 1 && product.a.col != 1 && depth >= kLongSum && product.n >= kManyColumns;
}

// Threads turn all of A together where each can keep it in its second-level cache. Else each turns the rows of its chunk.
template <class T>
Source source_of_a(const Gemm<T>& product, std::size_t depth) {
  constexpr std::size_t kCachedBytes = 768 << 10;
  if (!turning_a_pays(product, depth)) return Source::kInPlace;
  return product.m * depth * sizeof(T) <= kCachedBytes ? Source::kCopiedTogether : Source::kCopiedAlone;
}

// A panel that one thread packs and reads alone neither waits for others nor comes out of another core's cache; but then
// all of A passes it, and has to come from the second-level cache as well.
template <class T>
bool packing_alone_pays(const Gemm<T>& product, std::size_t depth, std::size_t panels) {
  constexpr std::size_t kManyPanels = 4, kCachedBytes = 1 << 20;
  return panels >= kManyPanels && product.m * depth * sizeof(T) <= kCachedBytes;
}

template <class T>
Cut cut_product(const Gemm<T>& product, const GemmBlocking& blocking) {
  Cut cut{};
  cut.width = panel_width(blocking, product.n);
  const bool in_place = product.b.col == 1 && !packing_pays(product);
  cut.k_blocks = product.k <= 2 * blocking.kc ? 1 : ceil_div(product.k, blocking.kc);
  const std::size_t depth = ceil_div(product.k, cut.k_blocks);
  cut.a = source_of_a(product, depth);
  cut.n_block = in_place ? product.n : std::max<std::size_t>(1, blocking.nc / cut.width) * cut.width;

  const std::size_t cols = std::min(product.n, cut.n_block), panels = ceil_div(cols, cut.width);
  const double work = 2.0 * static_cast<double>(product.m) * static_cast<double>(cols) * static_cast<double>(depth);
  const std::size_t wanted = static_cast<std::size_t>(std::clamp(work / kLeastWork, 1.0, double{kMaxChunks}));
  // Rows of A turned alone are shared by all columns of a chunk, a packed panel of B by all its rows: split the other way
  // first.
  constexpr std::size_t kLeastRows = 32;
  const std::size_t most_rows = std::max<std::size_t>(1, product.m / kLeastRows);
  const bool turned_alone = cut.a == Source::kCopiedAlone;
  const bool alone = !in_place && !turned_alone && packing_alone_pays(product, depth, panels);
  cut.row_chunks = alone ? 1 : ceil_div(product.m, blocking.mc);
  if (turned_alone) cut.row_chunks = std::max(cut.row_chunks, std::min(most_rows, wanted));
  cut.col_chunks = std::min(panels, ceil_div(wanted, cut.row_chunks));
  if (!alone) cut.row_chunks = std::max(cut.row_chunks, std::min(most_rows, ceil_div(wanted, cut.col_chunks)));
  cut.b = in_place ? Source::kInPlace : cut.row_chunks == 1 ? Source::kCopiedAlone : Source::kCopiedTogether;
  return cut;
}

template <class T>
class BlockedProduct {
 public:
  BlockedProduct(const GemmKernels<T>& kernels, const Gemm<T>& product, Threads threads)
      : kernels_(kernels), product_(product), threads_(threads), cut_(cut_product(product, kernels.blocking)) {}

  // Whether a chunk forms whole rows of C, which it then hands on to what follows: of parts of rows, that would take longer than
  // to pass over all of C afterwards.
  bool forms_rows() const { return cut_.col_chunks == 1 && cut_.n_block >= product_.n; }

  void run() {
    for (std::size_t n = 0; n < product_.n; n += cut_.n_block) {
      const Range cols{n, std::min(product_.n, n + cut_.n_block)};
      for (std::size_t block = 0; block < cut_.k_blocks; block++) {
        const Range ks = chunk_range(product_.k, cut_.k_blocks, block);
        if (cut_.a == Source::kCopiedTogether) turn(ks);
        if (cut_.b == Source::kCopiedTogether) pack(cols, ks);
        multiply(cols, ks);
      }
    }
  }

 private:
  void pack(Range cols, Range ks) {
    const std::size_t depth = ks.end - ks.begin, panels = ceil_div(cols.end - cols.begin, cut_.width);
    packed_ = scratch<T>(Scratch::kPackB, panels * cut_.width * depth);
    constexpr std::size_t kBytesPerChunk = 128 << 10;
    const std::size_t chunks = std::min(panels, chunks_for(panels * cut_.width * depth * sizeof(T), kBytesPerChunk));
    for_chunks(threads_, chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(panels, chunks, chunk);
      for (std::size_t p = mine.begin; p < mine.end; p++) {
        const std::size_t j = cols.begin + p * cut_.width;
        pack_panel(kernels_, block_of_b(ks, j), depth, std::min(cut_.width, cols.end - j),
                   packed_ + p * cut_.width * depth, cut_.width);
      }
    });
  }

  void turn(Range ks) {
    turned_ = scratch<T>(Scratch::kPackA, product_.m * row_of_turned(ks));
    constexpr std::size_t kBytesPerChunk = 32 << 10;
    const std::size_t depth = ks.end - ks.begin, chunks = chunks_for(product_.m * depth * sizeof(T), kBytesPerChunk);
    for_chunks(threads_, chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(depth, chunks, chunk, kernels_.blocking.lanes);
      turn({0, product_.m}, {ks.begin + mine.begin, ks.begin + mine.end}, turned_ + mine.begin, row_of_turned(ks));
    });
  }

  void turn(Range rows, Range ks, T* out, std::size_t out_row) const {
    kernels_.transpose(bits_of(product_.a.at(rows.begin, ks.begin)), product_.a.col, bits_of(out),
                       static_cast<std::ptrdiff_t>(out_row), ks.end - ks.begin, rows.end - rows.begin);
  }

  // A vector more than the rows need, so that they do not all start in the same set of the cache.
  std::size_t row_of_turned(Range ks) const { return ks.end - ks.begin + kernels_.blocking.lanes; }

  void multiply(Range cols, Range ks) {
    const std::size_t panels = ceil_div(cols.end - cols.begin, cut_.width);
    for_chunks(threads_, cut_.row_chunks * cut_.col_chunks, [&](std::size_t chunk) {
      const Range rows = chunk_range(product_.m, cut_.row_chunks, chunk % cut_.row_chunks);
      const Range mine = chunk_range(panels, cut_.col_chunks, chunk / cut_.row_chunks);
      const Matrix<const T> a = block_of_a(rows, ks);
      for (std::size_t p = mine.begin; p < mine.end; p++) multiply_panel(a, rows, cols, p, ks);
      if (ks.end == product_.k && forms_rows()) product_.finish_rows(rows);
    });
  }

  void multiply_panel(const Matrix<const T>& a, Range rows, Range cols, std::size_t p, Range ks) const {
    const std::size_t j = cols.begin + p * cut_.width, depth = ks.end - ks.begin;
    const bool last = ks.end == product_.k;
    GemmPanel<T> panel{};
    panel.a = a.data;
    panel.a_row = a.row;
    panel.a_k = a.col;
    panel.segments = 1;
    panel.k = depth;
    panel.c = product_.c.at(rows.begin, j);
    panel.c_row = product_.c.row;
    panel.rows = rows.end - rows.begin;
    panel.cols = std::min(cut_.width, cols.end - j);
    panel.accumulate = product_.accumulate || ks.begin > 0;
    panel.alpha = product_.alpha;
    panel.bias = last && product_.bias != nullptr ? product_.bias + j : nullptr;
    panel.relu = last && product_.relu;
    ask_ahead(product_, panel);
    read_b(panel, j, p, ks);
    kernels_.panel(panel);
  }

  void read_b(GemmPanel<T>& panel, std::size_t j, std::size_t p, Range ks) const {
    const Matrix<const T> b = block_of_b(ks, j);
    if (cut_.b == Source::kInPlace) {
      panel.b = b.data;
      panel.b_k = b.row;
      return;
    }
    panel.b_k = static_cast<std::ptrdiff_t>(cut_.width);
    panel.b_padded = true;
    if (cut_.b == Source::kCopiedTogether) {
      panel.b = packed_ + p * cut_.width * panel.k;
      return;
    }
    T* own = scratch<T>(Scratch::kPackB, cut_.width * panel.k);
    pack_panel(kernels_, b, panel.k, panel.cols, own, cut_.width);
    panel.b = own;
  }

  Matrix<const T> block_of_a(Range rows, Range ks) const {
    const Matrix<const T>& a = product_.a;
    if (cut_.a == Source::kInPlace) return {a.at(rows.begin, ks.begin), a.row, a.col};
    const std::size_t row = row_of_turned(ks);
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(row);
    if (cut_.a == Source::kCopiedTogether) return {turned_ + rows.begin * row, stride, 1};
    T* own = scratch<T>(Scratch::kPackA, (rows.end - rows.begin) * row);
    turn(rows, ks, own, row);
    return {own, stride, 1};
  }

  Matrix<const T> block_of_b(Range ks, std::size_t j) const {
    return {product_.b.at(ks.begin, j), product_.b.row, product_.b.col};
  }

  const GemmKernels<T>& kernels_;
  const Gemm<T>& product_;
  const Threads threads_;
  const Cut cut_;
  T* packed_ = nullptr;  // a block of B
  T* turned_ = nullptr;  // a block of A
};

// C whose rows are not consecutive in memory: the product is formed beside it.
template <class T>
void multiply_and_copy(const KernelTable& table, const Gemm<T>& product, Threads threads) {
  T* copy = scratch<T>(Scratch::kTransform, product.m * product.n);
  Gemm<T> beside = product;
  beside.c = {copy, static_cast<std::ptrdiff_t>(product.n), 1};
  if (product.accumulate) {
    for (std::size_t i = 0; i < product.m; i++)
      for (std::size_t j = 0; j < product.n; j++) *beside.c.at(i, j) = *product.c.at(i, j);
  }
  gemm(table, beside, threads);
  for (std::size_t i = 0; i < product.m; i++)
    for (std::size_t j = 0; j < product.n; j++) *product.c.at(i, j) = *beside.c.at(i, j);
}

}  // namespace

std::size_t panel_width(const GemmBlocking& blocking, std::size_t n) {
  const std::size_t vectors = ceil_div(n, blocking.lanes), panels = ceil_div(vectors, blocking.vectors);
  return ceil_div(vectors, std::max<std::size_t>(panels, 1)) * blocking.lanes;
}

template <>
GemmKernels<float>::GemmKernels(const KernelTable& table)
    : panel(table.f32_gemm_panel),
      pack(table.f32_gemm_pack),
      dots(table.f32_gemv_dots),
      sums(table.f32_gemv_sums),
      transpose(table.transpose_32),
      blocking(table.f32_gemm_blocking()) {}

template <>
GemmKernels<double>::GemmKernels(const KernelTable& table)
    : panel(table.f64_gemm_panel),
      pack(table.f64_gemm_pack),
      dots(table.f64_gemv_dots),
      sums(table.f64_gemv_sums),
      transpose(table.transpose_64),
      blocking(table.f64_gemm_blocking()) {}

template <class T>
void pack_panel(const GemmKernels<T>& kernels, Matrix<const T> b, std::size_t k, std::size_t cols, T* out,
                std::size_t width) {
  if (b.col == 1) return kernels.pack(b.data, b.row, k, cols, out, width);
  if (b.row == 1) {
    kernels.transpose(bits_of(b.data), b.col, bits_of(out), static_cast<std::ptrdiff_t>(width), cols, k);
  } else if (std::abs(b.row) < std::abs(b.col)) {
    for (std::size_t j = 0; j < cols; j++)
      for (std::size_t i = 0; i < k; i++) out[i * width + j] = *b.at(i, j);
  } else {
    for (std::size_t i = 0; i < k; i++)
      for (std::size_t j = 0; j < cols; j++) out[i * width + j] = *b.at(i, j);
  }
  for (std::size_t i = 0; i < k && cols < width; i++) std::fill(out + i * width + cols, out + (i + 1) * width, T(0));
}

template <class T>
void gemm(const KernelTable& table, const Gemm<T>& product, Threads threads) {
  if (product.m == 0 || product.n == 0) return;
  const GemmKernels<T> kernels(table);
  if (try_multiply_vector(kernels, product, threads)) return finish_all(product, threads);
  if (product.c.col != 1 && product.n > 1) {
    if (product.c.row != 1 || product.bias != nullptr) return multiply_and_copy(table, product, threads);
    Gemm<T> swapped = product;
    std::swap(swapped.m, swapped.n);
    swapped.a = product.b.transposed();
    swapped.b = product.a.transposed();
    swapped.c = product.c.transposed();
    return gemm(table, swapped, threads);
  }
  if (turning_c_pays(product, kernels.blocking)) {
    multiply_turned(kernels, product, threads);
    return finish_all(product, threads);
  }
  BlockedProduct<T> blocked(kernels, product, threads);
  blocked.run();
  if (!blocked.forms_rows()) finish_all(product, threads);
}

// Where chunks have not had it done.
template <class T>
void finish_all(const Gemm<T>& product, Threads threads) {
  if (product.finish == nullptr) return;
  const bool dense = product.m == 1 || product.c.row == static_cast<std::ptrdiff_t>(product.n);
  if (!dense) return product.finish_rows({0, product.m});
  product.finish->run(product.c.data, product.m * product.n, threads == Threads::kShared);
}

template void gemm<float>(const KernelTable&, const Gemm<float>&, Threads);
template void gemm<double>(const KernelTable&, const Gemm<double>&, Threads);
template void finish_all<float>(const Gemm<float>&, Threads);
template void finish_all<double>(const Gemm<double>&, Threads);
template void pack_panel<float>(const GemmKernels<float>&, Matrix<const float>, std::size_t, std::size_t, float*,
                                std::size_t);
template void pack_panel<double>(const GemmKernels<double>&, Matrix<const double>, std::size_t, std::size_t, double*,
                                 std::size_t);

}  // namespace myelin
