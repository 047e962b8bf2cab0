// Products of byte matrices with exact int32 results.
#include <algorithm>

#include "core/pool.h"
#include "core/registry.h"
#include "ops/dot_products.h"
#include "ops/support.h"

namespace myelin {
namespace {

// The most terms whose sum fits int32 whatever they are: 255 * 255 * 33025 < 2^31.
constexpr std::int64_t kMaxDepth = 33025;

// Sums of the columns of b, as the signed bytes b - 128 that the kernels multiply.
void sum_columns(const Matrix<const std::uint8_t>& b, std::size_t n, std::size_t k, std::int32_t* sums) {
  constexpr std::size_t kColumns = 64;
  const std::size_t chunks = chunks_for(n, std::max(kColumns, kGrain / (k + 1)));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(n, chunks, chunk, kColumns);
    for (std::size_t j = mine.begin; j < mine.end; j++) sums[j] = -128 * static_cast<std::int32_t>(k);
    for (std::size_t i = 0; i < k; i++) {
      for (std::size_t j = mine.begin; j < mine.end; j++) sums[j] += *b.at(i, j);
    }
  });
}

// sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + k za zb, with b and zb less 128 on both sides. Parts may wrap, the
// whole fits.
void multiply(const KernelTable& kernels, ByteProduct product, std::int32_t a_zero, std::int32_t b_zero) {
  const Temporary rows(product.m * sizeof(std::int32_t)), columns(product.n * sizeof(std::int32_t));
  std::int32_t *of_row = rows.as<std::int32_t>(), *of_column = columns.as<std::int32_t>();
  const auto signed_zero = static_cast<std::int64_t>(b_zero) - 128;
  for (std::size_t i = 0; i < product.m; i++) {
    const std::int64_t sum = kernels.u8_sum(product.a.at(i, 0), product.k);
    of_row[i] = static_cast<std::int32_t>(signed_zero * (static_cast<std::int64_t>(product.k) * a_zero - sum));
  }
  product.row_terms = of_row;
  if (a_zero != 0) {
    sum_columns(product.b, product.n, product.k, of_column);
    for (std::size_t j = 0; j < product.n; j++) {
      of_column[j] = static_cast<std::int32_t>(-static_cast<std::int64_t>(a_zero) * of_column[j]);
    }
    product.col_terms = of_column;
  }
  gemm(kernels, product);
}

std::int32_t zero_point(Attrs& attrs) {
  const std::int64_t value = attrs.integer();
  require(value >= 0 && value <= 255, "matmulInteger: a zero point is no byte");
  return static_cast<std::int32_t>(value);
}

// out[..., n] = sum over k of (a[..., k] - a_zero) (b[k, n] - b_zero).
void matmul_integer(OpCall& call) {
  const View &a = call.in[0], &b = call.in[1], &out = call.out[0];
  require(a.dtype == DType::kUint8 && b.dtype == DType::kUint8 && out.dtype == DType::kInt32,
          "matmulInteger: takes uint8 and gives int32");
  require(a.rank >= 1 && b.rank == 2 && out.rank == a.rank && out.contiguous(), "matmulInteger: ranks do not match");
  for (int i = 0; i + 1 < a.rank; i++) require(out.shape[i] == a.shape[i], "matmulInteger: rows do not match");
  require(a.shape[a.rank - 1] == b.shape[0] && out.shape[a.rank - 1] == b.shape[1],
          "matmulInteger: shapes do not match");
  require(b.shape[0] <= kMaxDepth, "matmulInteger: a sum of so many terms may not fit int32");
  const std::int32_t a_zero = zero_point(call.attrs), b_zero = zero_point(call.attrs);
  if (out.size() == 0) return;
  const Contiguous dense(a, call.kernels);
  ByteProduct product{};
  product.n = static_cast<std::size_t>(b.shape[1]);
  product.k = static_cast<std::size_t>(b.shape[0]);
  product.m = static_cast<std::size_t>(out.size()) / product.n;
  product.a = {dense.as<std::uint8_t>(), static_cast<std::ptrdiff_t>(product.k), 1};
  product.b = {b.as<std::uint8_t>(), static_cast<std::ptrdiff_t>(b.strides[0]),
               static_cast<std::ptrdiff_t>(b.strides[1])};
  product.c = {out.as<std::int32_t>(), static_cast<std::ptrdiff_t>(product.n), 1};
  multiply(call.kernels, product, a_zero, b_zero);
}

}  // namespace

void register_gemm_integer(OpList& ops) { ops.push_back({"matmulInteger", 2, 1, matmul_integer}); }

}  // namespace myelin
