// Products of bytes and of bfloat16 against plain loops.
#pragma once
#include <cstring>

#include "op_fixture.h"
#include "ops/dot_products.h"

namespace {

// A matrix in memory of its own: by rows, by columns, or with gaps both ways.
template <class T>
struct Strided {
  std::vector<T> memory;
  Matrix<T> matrix;

  Strided(std::int64_t rows, std::int64_t cols) {
    const std::int64_t gap = pick(0, 3), kind = pick(0, 2);
    const std::int64_t row = kind == 0 ? cols + gap : kind == 1 ? 1 : 2 * cols + gap;
    const std::int64_t col = kind == 0 ? 1 : kind == 1 ? rows + gap : 2;
    memory.resize(static_cast<std::size_t>(rows * row + cols * col + 8));
    matrix = {memory.data() + pick(0, 1), static_cast<std::ptrdiff_t>(row), static_cast<std::ptrdiff_t>(col)};
  }
};

inline double number(std::uint8_t byte) { return byte; }
inline double number(std::int32_t sum) { return sum; }
inline double number(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline void draw(std::uint8_t& byte) { byte = static_cast<std::uint8_t>(pick(0, 255)); }
inline void draw(std::uint16_t& half) {
  half = static_cast<std::uint16_t>(0x3E00 + pick(0, 0x1FF) + (coin() ? 0x8000 : 0));
}

template <class A, class Packed, class Sum, class C>
void test_dots(std::int64_t m, std::int64_t n, std::int64_t k) {
  const auto size = [](std::int64_t extent) { return static_cast<std::size_t>(extent); };
  Strided<A> a(m, k), b(k, n);
  for (A& element : a.memory) draw(element);
  for (A& element : b.memory) draw(element);
  std::vector<Sum> row_terms(size(m)), col_terms(size(n));
  for (Sum& term : row_terms) term = static_cast<Sum>(pick(-300, 300));
  for (Sum& term : col_terms) term = static_cast<Sum>(pick(-300, 300));
  const std::int64_t row = n + pick(0, 3);
  std::vector<C> out(size(m * row + 1), C(7)), first;
  DotProduct<A, Packed, Sum, C> product{};
  product.m = size(m);
  product.n = size(n);
  product.k = size(k);
  product.a = {a.matrix.data, a.matrix.row, a.matrix.col};
  product.b = {b.matrix.data, b.matrix.row, b.matrix.col};
  product.c = {out.data(), static_cast<std::ptrdiff_t>(row), 1};
  product.row_terms = coin() ? row_terms.data() : nullptr;
  product.col_terms = coin() ? col_terms.data() : nullptr;
  product.relu = coin();

  bool same = true, right = true;
  for (const std::size_t threads : {1, 2, 3, 7}) {
    pool::set_threads(threads);
    gemm(active_kernels(), product);
    if (first.empty()) first = out;
    same = same && first == out;
  }
  const int shift = sizeof(A) == 1 ? 128 : 0;
  for (std::size_t i = 0; i < product.m; i++)
    for (std::size_t j = 0; j < size(row); j++) {
      const double got = number(*product.c.at(i, j));
      if (j >= product.n) {
        right = right && *product.c.at(i, j) == C(7);
        continue;
      }
      double sum = 0, scale = 0;
      for (std::size_t l = 0; l < product.k; l++) {
        const double term = number(*a.matrix.at(i, l)) * (number(*b.matrix.at(l, j)) - shift);
        sum += term;
        scale += std::abs(term);
      }
      if (product.row_terms != nullptr) sum += static_cast<double>(row_terms[i]);
      if (product.col_terms != nullptr) sum += static_cast<double>(col_terms[j]);
      if (product.relu && sum < 0) sum = 0;
      // bfloat16 has 8 bits, and its sums are those of float32.
      const double tolerance = sizeof(A) == 1 ? 0 : std::abs(sum) / 256 + 1e-6 * (scale + 600);
      right = right && std::abs(got - sum) <= tolerance;
    }
  const std::string what = std::string(sizeof(A) == 1 ? "bytes" : "bfloat16") + " m " + std::to_string(m) + " n " +
                           std::to_string(n) + " k " + std::to_string(k);
  check(right, what);
  check(same, what + ": threads differ");
}

inline void test_all_dots() {
  const std::vector<std::int64_t> sizes = {0, 1, 2, 3, 5, 7, 8, 15, 16, 17, 31, 32, 33, 65, 97};
  for (int i = 0; i < 120; i++) {
    test_dots<std::uint8_t, std::int8_t, std::int32_t, std::int32_t>(pick_of(sizes), pick_of(sizes), pick_of(sizes));
    test_dots<std::uint16_t, std::uint16_t, float, std::uint16_t>(pick_of(sizes), pick_of(sizes), pick_of(sizes));
  }
  for (int i = 0; i < 4; i++) {
    test_dots<std::uint8_t, std::int8_t, std::int32_t, std::int32_t>(250, 300, 201);
    test_dots<std::uint16_t, std::uint16_t, float, std::uint16_t>(250, 300, 201);
  }
}

}  // namespace
