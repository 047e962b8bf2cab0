// Matrix products whose second factor has been packed before: weights that last from run to run of a plan.
#include "ops/gemm_packed.h"

#include <algorithm>

#include "ops/gemm_turned.h"

namespace myelin {
namespace {

// A chunk of less work (2 m n k) costs more to hand to another thread than it saves, as in gemm_driver.cc.
constexpr std::size_t kLeastWork = 2000000;
// Rows of A that a chunk takes at most: with one panel of B, or a block of its k, they stay in the second-level cache.
constexpr std::size_t kMostRows = 192;

template <class T>
class PackedProduct {
 public:
  PackedProduct(const KernelTable& table, const Gemm<T>& product, const T* packed)
      : kernels_(table),
        product_(product),
        matrix_{product.k, product.n},
        packed_(packed),
        bias_first_(product.bias != nullptr && turning_c_pays(product, kernels_.blocking)),
        k_blocks_(product.k <= 2 * kernels_.blocking.kc ? 1 : ceil_div(product.k, kernels_.blocking.kc)) {}

  void run() const {
    const std::size_t panels = matrix_.panels(), row_chunks = ceil_div(product_.m, kMostRows);
    const std::size_t work = 2 * product_.m * product_.n * product_.k;
    const std::size_t col_chunks = std::min(panels, ceil_div(chunks_for(work, kLeastWork), row_chunks));
    parallel_for(row_chunks * col_chunks, [&](std::size_t chunk) {
      const Range rows = chunk_range(product_.m, row_chunks, chunk % row_chunks);
      form(rows, chunk_range(panels, col_chunks, chunk / row_chunks));
    });
  }

 private:
  // The columns of some panels in some rows, one panel after another.
  void form(Range rows, Range panels) const {
    for (std::size_t panel = panels.begin; panel < panels.end; panel++) {
      for (std::size_t block = 0; block < k_blocks_; block++) {
        multiply(rows, {panel, panel + 1}, chunk_range(product_.k, k_blocks_, block));
      }
    }
  }

  void multiply(Range rows, Range panels, Range ks) const {
    const bool first = ks.begin == 0, last = ks.end == product_.k;
    if (first && bias_first_) fill_bias(rows, panels);
    GemmPanel<T> panel{};
    panel.a = product_.a.at(rows.begin, ks.begin);
    panel.a_row = product_.a.row;
    panel.a_k = product_.a.col;
    panel.segments = 1;
    panel.k = ks.end - ks.begin;
    panel.c_row = product_.c.row;
    panel.rows = rows.end - rows.begin;
    panel.accumulate = bias_first_ || !first;
    panel.alpha = product_.alpha;
    panel.bias = last && !bias_first_ ? product_.bias : nullptr;
    panel.relu = last && product_.relu;
    ask_ahead(product_, panel);
    matrix_.multiply(kernels_, panel, ks.begin, panels, packed_, product_.c.at(rows.begin, 0));
  }

  void fill_bias(Range rows, Range panels) const {
    const std::size_t begin = panels.begin * matrix_.kWidth, end = std::min(product_.n, panels.end * matrix_.kWidth);
    for (std::size_t i = rows.begin; i < rows.end; i++) {
      std::copy(product_.bias + begin, product_.bias + end, product_.c.at(i, begin));
    }
  }

  const GemmKernels<T> kernels_;
  const Gemm<T>& product_;
  const PackedMatrix<T> matrix_;
  const T* packed_;
  // Where the driver turns C it begins with the bias; else it adds it to the sum.
  const bool bias_first_;
  const std::size_t k_blocks_;
};

}  // namespace

template <class T>
void PackedMatrix<T>::pack(const GemmKernels<T>& kernels, Matrix<const T> b, Range panels, T* packed) const {
  for (std::size_t panel = panels.begin; panel < panels.end; panel++) {
    const std::size_t j = panel * kWidth;
    pack_panel(kernels, Matrix<const T>{b.at(0, j), b.row, b.col}, k, columns(panel), packed + j * k, width(panel));
  }
}

template <class T>
void PackedMatrix<T>::pack_all(const GemmKernels<T>& kernels, Matrix<const T> b, T* packed) const {
  constexpr std::size_t kBytesPerChunk = 128 << 10;
  const std::size_t chunks = std::min(panels(), chunks_for(elements() * sizeof(T), kBytesPerChunk));
  parallel_for(chunks, [&](std::size_t chunk) { pack(kernels, b, chunk_range(panels(), chunks, chunk), packed); });
}

template <class T>
void PackedMatrix<T>::multiply(const GemmKernels<T>& kernels, GemmPanel<T> product, std::size_t first, Range panels,
                               const T* packed, T* c) const {
  const T* const bias = product.bias;
  product.b_padded = true;
  for (std::size_t panel = panels.begin; panel < panels.end; panel++) {
    const std::size_t begin = panel * kWidth, row = width(panel), part = panel_width(kernels.blocking, row);
    product.b_k = static_cast<std::ptrdiff_t>(row);
    for (std::size_t j = 0; j < columns(panel); j += part) {
      product.b = packed + begin * k + first * row + j;
      product.c = c + begin + j;
      product.cols = std::min(part, columns(panel) - j);
      product.bias = bias == nullptr ? nullptr : bias + begin + j;
      kernels.panel(product);
    }
  }
}

template <class T>
void gemm_packed(const KernelTable& kernels, const Gemm<T>& product, const T* packed) {
  if (product.m == 0 || product.n == 0) return;
  PackedProduct<T>(kernels, product, packed).run();
}

template struct PackedMatrix<float>;
template struct PackedMatrix<double>;
template void gemm_packed<float>(const KernelTable&, const Gemm<float>&, const float*);
template void gemm_packed<double>(const KernelTable&, const Gemm<double>&, const double*);

}  // namespace myelin
