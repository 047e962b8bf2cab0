// Few rows times a matrix given by columns, as in a linear layer: see gemm_turned.h.
#include "ops/gemm_turned.h"

#include <algorithm>

#include "core/scratch.h"

namespace myelin {
namespace {

// Rows of C's transpose that a chunk forms: enough to be worth handing out, few enough to stay in the first-level cache
// until they are turned back.
constexpr std::size_t kBlockRows = 32;
// Bytes of A that a chunk turns.
constexpr std::size_t kTurnedBytes = 64 << 10;

template <class T>
class TurnedProduct {
 public:
  TurnedProduct(const GemmKernels<T>& kernels, const Gemm<T>& product, Threads threads)
      : kernels_(kernels),
        product_(product),
        threads_(threads),
        width_(panel_width(kernels.blocking, product.m)),
        panels_(ceil_div(product.m, width_)),
        k_blocks_(product.k <= 2 * kernels.blocking.kc ? 1 : ceil_div(product.k, kernels.blocking.kc)) {}

  void run() {
    turned_ = scratch<T>(Scratch::kPackB, product_.k * panels_ * width_);
    const std::size_t turns = chunks_for(product_.k * product_.m * sizeof(T), kTurnedBytes);
    for_chunks(threads_, turns,
               [&](std::size_t chunk) { turn_a(chunk_range(product_.k, turns, chunk, kernels_.blocking.lanes)); });
    const std::size_t blocks = ceil_div(product_.n, kBlockRows);
    for_chunks(threads_, blocks, [&](std::size_t block) {
      const std::size_t begin = block * kBlockRows;
      form({begin, std::min(product_.n, begin + kBlockRows)});
    });
  }

 private:
  // Panel p of A's transpose holds its columns from p * width on, all k rows of them.
  T* turned(std::size_t p, std::size_t k) const { return turned_ + (p * product_.k + k) * width_; }

  void turn_a(Range ks) const {
    for (std::size_t p = 0; p < panels_; p++) {
      const std::size_t i = p * width_;
      const Matrix<const T> block{product_.a.at(i, ks.begin), product_.a.col, product_.a.row};
      pack_panel(kernels_, block, ks.end - ks.begin, std::min(width_, product_.m - i), turned(p, ks.begin), width_);
    }
  }

  // The columns of C in a range, beside it and transposed, then where they belong.
  void form(Range cols) const {
    const std::size_t count = cols.end - cols.begin, row = panels_ * width_;
    T* own = scratch<T>(Scratch::kRows, count * row);
    if (product_.bias != nullptr) {
      for (std::size_t j = 0; j < count; j++) std::fill_n(own + j * row, row, product_.bias[cols.begin + j]);
    }
    for (std::size_t block = 0; block < k_blocks_; block++) {
      const Range ks = chunk_range(product_.k, k_blocks_, block);
      for (std::size_t p = 0; p < panels_; p++) multiply(cols, ks, p, own + p * width_);
    }
    kernels_.transpose(bits_of(own), static_cast<std::ptrdiff_t>(row), bits_of(product_.c.at(0, cols.begin)),
                       product_.c.row, count, product_.m);
  }

  void multiply(Range cols, Range ks, std::size_t p, T* c) const {
    const bool last = ks.end == product_.k;
    GemmPanel<T> panel{};
    panel.a = product_.b.at(ks.begin, cols.begin);
    panel.a_row = product_.b.col;
    panel.a_k = product_.b.row;
    panel.segments = 1;
    panel.k = ks.end - ks.begin;
    panel.b = turned(p, ks.begin);
    panel.b_k = static_cast<std::ptrdiff_t>(width_);
    panel.b_padded = true;
    panel.c = c;
    panel.c_row = static_cast<std::ptrdiff_t>(panels_ * width_);
    panel.rows = cols.end - cols.begin;
    panel.cols = std::min(width_, product_.m - p * width_);
    panel.accumulate = product_.bias != nullptr || ks.begin > 0;
    panel.alpha = product_.alpha;
    panel.relu = last && product_.relu;
    panel.fetch_a = panel.a_k == 1 && panel.a_row == static_cast<std::ptrdiff_t>(panel.k);
    kernels_.panel(panel);
  }

  const GemmKernels<T>& kernels_;
  const Gemm<T>& product_;
  const Threads threads_;
  const std::size_t width_, panels_, k_blocks_;
  T* turned_ = nullptr;
};

}  // namespace

template <class T>
bool turning_c_pays(const Gemm<T>& product, const GemmBlocking& blocking) {
  constexpr std::size_t kFewRows = 128;
  return !product.accumulate && product.c.col == 1 && product.b.row == 1 && product.b.col != 1 && product.a.col == 1 &&
         product.m <= kFewRows && product.m >= blocking.lanes &&
         product.m * (product.n + product.k) < product.n * product.k;
}

template <class T>
void multiply_turned(const GemmKernels<T>& kernels, const Gemm<T>& product, Threads threads) {
  TurnedProduct<T>(kernels, product, threads).run();
}

template bool turning_c_pays<float>(const Gemm<float>&, const GemmBlocking&);
template bool turning_c_pays<double>(const Gemm<double>&, const GemmBlocking&);
template void multiply_turned<float>(const GemmKernels<float>&, const Gemm<float>&, Threads);
template void multiply_turned<double>(const GemmKernels<double>&, const Gemm<double>&, Threads);

}  // namespace myelin
