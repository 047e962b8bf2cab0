#include "ops/dot_products.h"

#include <algorithm>
#include <cstdint>

#include "core/scratch.h"
#include "ops/support.h"

namespace myelin {
namespace {

using Word = std::uint32_t;

template <class Product>
struct DotKernels;

template <>
struct DotKernels<ByteProduct> {
  static constexpr Word kFlip = 0x80808080;  // makes unsigned bytes v the signed v - 128
  const DotBlocking& blocking;
  U8DotPackFn* pack;
  DotPanelFn<BytePanel>* panel;

  explicit DotKernels(const KernelTable& table)
      : blocking(table.u8_dot_blocking()), pack(table.u8_dot_pack), panel(table.u8_dot_panel) {}
};

template <>
struct DotKernels<BFloat16Product> {
  static constexpr Word kFlip = 0;
  const DotBlocking& blocking;
  BF16DotPackFn* pack;
  DotPanelFn<BFloat16Panel>* panel;

  explicit DotKernels(const KernelTable& table)
      : blocking(table.bf16_dot_blocking()), pack(table.bf16_dot_pack), panel(table.bf16_dot_panel) {}
};

template <class A, class Packed, class Sum, class C>
class PackedProduct {
 public:
  using Product = DotProduct<A, Packed, Sum, C>;

  PackedProduct(const KernelTable& table, const Product& product, Threads threads)
      : table_(table),
        kernels_(table),
        product_(product),
        threads_(threads),
        width_(kernels_.blocking.width),
        panels_(ceil_div(product.n, width_)),
        groups_(ceil_div(product.k, kGroup)),
        packed_(panels_ * panel_words() * sizeof(Word)) {}

  void run() {
    pack();
    // A chunk of less work than this is not worth handing over; its rows of A stay in the second-level cache.
    constexpr double kLeastWork = 8e6;
    constexpr std::size_t kMostChunks = 16, kLeastRows = 32;
    const double work =
        2.0 * static_cast<double>(product_.m) * static_cast<double>(product_.n) * static_cast<double>(product_.k);
    const auto wanted = static_cast<std::size_t>(std::clamp(work / kLeastWork, 1.0, double{kMostChunks}));
    const std::size_t most_rows = std::max<std::size_t>(1, product_.m / kLeastRows);
    const std::size_t row_chunks = std::max(ceil_div(product_.m, kernels_.blocking.rows), std::min(most_rows, wanted));
    const std::size_t col_chunks = std::min(panels_, ceil_div(wanted, row_chunks));
    for_chunks(threads_, row_chunks * col_chunks, [&](std::size_t chunk) {
      multiply(chunk_range(product_.m, row_chunks, chunk % row_chunks),
               chunk_range(panels_, col_chunks, chunk / row_chunks));
    });
  }

 private:
  static constexpr std::size_t kGroup = sizeof(Word) / sizeof(A);

  std::size_t panel_words() const { return groups_ * width_; }
  Word* panel(std::size_t p) const { return packed_.template as<Word>() + p * panel_words(); }

  void pack() const {
    constexpr std::size_t kBytesPerChunk = 64 << 10;
    const std::size_t chunks = std::min(panels_, chunks_for(panels_ * panel_words() * sizeof(Word), kBytesPerChunk));
    for_chunks(threads_, chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(panels_, chunks, chunk);
      for (std::size_t p = mine.begin; p < mine.end; p++) pack_panel(p);
    });
  }

  void pack_panel(std::size_t p) const {
    const std::size_t column = p * width_, cols = std::min(width_, product_.n - column);
    const Matrix<const A> b{product_.b.at(0, column), product_.b.row, product_.b.col};
    auto* out = reinterpret_cast<Packed*>(panel(p));
    if (b.col == 1) return kernels_.pack(b.data, b.row, product_.k, cols, out);
    if (b.row == 1 && words_apart(b.data, b.col)) return turn_columns(b, cols, panel(p));
    const std::size_t count = panel_words() * kGroup;
    std::fill_n(out, count, Packed(0));
    for (std::size_t j = 0; j < cols; j++) {
      for (std::size_t k = 0; k < product_.k; k++) out[place(k, j)] = static_cast<Packed>(*b.at(k, j) ^ flip());
    }
  }

  // Columns whose elements are consecutive are rows of words already: the words are transposed.
  void turn_columns(const Matrix<const A>& b, std::size_t cols, Word* out) const {
    const std::size_t whole = product_.k / kGroup;
    table_.transpose_32(reinterpret_cast<const Word*>(b.data), b.col / static_cast<std::ptrdiff_t>(kGroup), out,
                        static_cast<std::ptrdiff_t>(width_), cols, whole);
    if (kernels_.kFlip != 0) {
      for (std::size_t i = 0; i < whole * width_; i++) out[i] ^= kernels_.kFlip;
    }
    for (std::size_t g = 0; g < whole && cols < width_; g++)
      std::fill_n(out + g * width_ + cols, width_ - cols, Word(0));
    if (whole == groups_) return;
    std::fill_n(out + whole * width_, width_, Word(0));
    auto* last = reinterpret_cast<Packed*>(out);
    for (std::size_t j = 0; j < cols; j++) {
      for (std::size_t k = whole * kGroup; k < product_.k; k++) {
        last[place(k, j)] = static_cast<Packed>(*b.at(k, j) ^ flip());
      }
    }
  }

  std::size_t place(std::size_t k, std::size_t j) const { return (k / kGroup * width_ + j) * kGroup + k % kGroup; }
  static constexpr A flip() { return static_cast<A>(DotKernels<Product>::kFlip); }
  static bool words_apart(const A* data, std::ptrdiff_t stride) {
    return reinterpret_cast<std::uintptr_t>(data) % sizeof(Word) == 0 &&
           stride % static_cast<std::ptrdiff_t>(kGroup) == 0;
  }

  void multiply(Range rows, Range panels) const {
    const Matrix<const A> a = rows_of_a(rows);
    typename Product::Panel call{};
    call.a = a.data;
    call.a_row = a.row;
    call.k = product_.k;
    call.c_row = product_.c.row;
    call.rows = rows.end - rows.begin;
    call.row_terms = product_.row_terms == nullptr ? nullptr : product_.row_terms + rows.begin;
    call.relu = product_.relu;
    for (std::size_t p = panels.begin; p < panels.end; p++) {
      const std::size_t column = p * width_;
      call.b = reinterpret_cast<const Packed*>(panel(p));
      call.c = product_.c.at(rows.begin, column);
      call.cols = std::min(width_, product_.n - column);
      call.col_terms = product_.col_terms == nullptr ? nullptr : product_.col_terms + column;
      kernels_.panel(call);
    }
  }

  // Rows of consecutive elements, a copy unless they are so already.
  Matrix<const A> rows_of_a(Range rows) const {
    const Matrix<const A> a{product_.a.at(rows.begin, 0), product_.a.row, product_.a.col};
    if (a.col == 1) return a;
    const std::size_t count = rows.end - rows.begin;
    // A line of the cache more than needed, so that rows do not all start in the same set of it.
    const std::size_t stride = groups_ + 16;
    Word* copy = scratch<Word>(Scratch::kPackA, count * stride);
    for (std::size_t i = 0; i < count; i += width_)
      copy_rows(a, i, std::min(width_, count - i), copy + i * stride, stride);
    return {reinterpret_cast<const A*>(copy), static_cast<std::ptrdiff_t>(stride * kGroup), 1};
  }

  // `count` rows from row `first` of A, at most as many as a panel has columns.
  void copy_rows(const Matrix<const A>& a, std::size_t first, std::size_t count, Word* out, std::size_t stride) const {
    if (a.row == 1 && DotKernels<Product>::kFlip == 0) {
      Word* packed = scratch<Word>(Scratch::kRows, panel_words());
      kernels_.pack(a.at(first, 0), a.col, product_.k, count, reinterpret_cast<Packed*>(packed));
      return table_.transpose_32(packed, static_cast<std::ptrdiff_t>(width_), out, static_cast<std::ptrdiff_t>(stride),
                                 groups_, count);
    }
    for (std::size_t i = 0; i < count; i++) {
      A* row = reinterpret_cast<A*>(out + i * stride);
      for (std::size_t k = 0; k < product_.k; k++) row[k] = *a.at(first + i, k);
    }
  }

  const KernelTable& table_;
  const DotKernels<Product> kernels_;
  const Product& product_;
  const Threads threads_;
  const std::size_t width_, panels_, groups_;
  const Temporary packed_;
};

template <class A, class Packed, class Sum, class C>
void multiply(const KernelTable& table, const DotProduct<A, Packed, Sum, C>& product, Threads threads) {
  if (product.m == 0 || product.n == 0) return;
  PackedProduct<A, Packed, Sum, C>(table, product, threads).run();
}

}  // namespace

void gemm(const KernelTable& kernels, const ByteProduct& product, Threads threads) {
  multiply(kernels, product, threads);
}

void gemm(const KernelTable& kernels, const BFloat16Product& product, Threads threads) {
  multiply(kernels, product, threads);
}

}  // namespace myelin
