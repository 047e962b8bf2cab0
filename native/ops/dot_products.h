#pragma once
#include "ops/gemm.h"

namespace myelin {

// Matrix products of bytes and of bfloat16 (DotPanel in kernels/gemm.h): C = act(A B + row_terms + col_terms). B is packed whole,
// with bytes v as v - 128; rows of A are read in place where their elements are consecutive.
template <class A, class Packed, class Sum, class C>
struct DotProduct {
  using Panel = DotPanel<A, Packed, Sum, C>;

  std::size_t m, n, k;
  Matrix<const A> a;  // m x k
  Matrix<const A> b;  // k x n
  Matrix<C> c;        // m x n, with consecutive columns
  const Sum* row_terms = nullptr;
  const Sum* col_terms = nullptr;
  bool relu = false;
};
using ByteProduct = DotProduct<std::uint8_t, std::int8_t, std::int32_t, std::int32_t>;
using BFloat16Product = DotProduct<std::uint16_t, std::uint16_t, float, std::uint16_t>;

void gemm(const KernelTable& kernels, const ByteProduct& product, Threads threads = Threads::kShared);
void gemm(const KernelTable& kernels, const BFloat16Product& product, Threads threads = Threads::kShared);

}  // namespace myelin
