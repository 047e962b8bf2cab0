// Products of byte matrices with exact int32 results.
#include "core/pool.h"
#include "core/registry.h"
#include "ops/support.h"

namespace myelin {
namespace {

constexpr std::uint8_t kSignBit = 0x80;  // flips an unsigned byte v into the signed one v - 128
// The most terms whose sum fits int32 whatever they are: 255 * 255 * 33025 < 2^31.
constexpr std::int64_t kMaxDepth = 33025;

struct ByteProduct {
  std::size_t rows, n, k;
  std::int32_t a_zero, b_zero;  // b_zero as the signed bytes have it: 128 less
};

// b transposed, so that a column is k neighbours: packed[j * k + i] = b[i, j] - 128. Also the sum of each column.
void pack_columns(const ByteProduct& product, const View& b, std::int8_t* packed, std::int32_t* sums) {
  constexpr std::size_t kColumns = 64;
  const std::size_t chunks = chunks_for(product.n, std::max(kColumns, kGrain / (product.k + 1)));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(product.n, chunks, chunk, kColumns);
    for (std::size_t j = mine.begin; j < mine.end; j++) sums[j] = 0;
    for (std::size_t begin = mine.begin; begin < mine.end; begin += kColumns) {
      const std::size_t end = std::min(mine.end, begin + kColumns);
      for (std::size_t i = 0; i < product.k; i++) {
        const std::uint8_t* row = b.as<std::uint8_t>() + static_cast<std::int64_t>(i) * b.strides[0];
        for (std::size_t j = begin; j < end; j++) {
          const std::uint8_t byte = row[static_cast<std::int64_t>(j) * b.strides[1]];
          packed[j * product.k + i] = static_cast<std::int8_t>(byte ^ kSignBit);
          sums[j] += packed[j * product.k + i];
        }
      }
    }
  });
}

// sum (a - za)(b - zb) = sum a b - za sum b - zb sum a + k za zb. Parts may wrap, the whole fits.
void correct_row(const ByteProduct& product, std::int64_t a_sum, const std::int32_t* b_sums, std::int32_t* out) {
  const std::int64_t of_row =
      static_cast<std::int64_t>(product.k) * product.a_zero * product.b_zero - product.b_zero * a_sum;
  const std::uint32_t shift = static_cast<std::uint32_t>(of_row), a_zero = static_cast<std::uint32_t>(product.a_zero);
  for (std::size_t j = 0; j < product.n; j++) {
    const std::uint32_t column = a_zero * static_cast<std::uint32_t>(b_sums[j]);
    out[j] = static_cast<std::int32_t>(static_cast<std::uint32_t>(out[j]) + shift - column);
  }
}

void multiply(const KernelTable& kernels, const ByteProduct& product, const std::uint8_t* a, const View& b,
              std::int32_t* out) {
  const Temporary packed(product.n * product.k), sums(product.n * sizeof(std::int32_t));
  pack_columns(product, b, packed.as<std::int8_t>(), sums.as<std::int32_t>());
  constexpr std::size_t kLeastWork = 1 << 20;
  const std::size_t chunks = chunks_for(product.rows, kLeastWork / (product.n * (product.k + 1)) + 1);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(product.rows, chunks, chunk);
    for (std::size_t i = mine.begin; i < mine.end; i++) {
      const std::uint8_t* row = a + i * product.k;
      std::int32_t* target = out + i * product.n;
      kernels.u8_dots(row, packed.as<std::int8_t>(), static_cast<std::ptrdiff_t>(product.k), target, product.n,
                      product.k);
      correct_row(product, kernels.u8_sum(row, product.k), sums.as<std::int32_t>(), target);
    }
  });
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
  const std::int32_t a_zero = zero_point(call.attrs), b_zero = zero_point(call.attrs) - 128;
  if (out.size() == 0) return;
  const Contiguous dense(a, call.kernels);
  const std::size_t n = static_cast<std::size_t>(b.shape[1]), k = static_cast<std::size_t>(b.shape[0]);
  multiply(call.kernels, {static_cast<std::size_t>(out.size()) / n, n, k, a_zero, b_zero}, dense.as<std::uint8_t>(), b,
           out.as<std::int32_t>());
}

}  // namespace

void register_gemm_integer(OpList& ops) { ops.push_back({"matmulInteger", 2, 1, matmul_integer}); }

}  // namespace myelin
