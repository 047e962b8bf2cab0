#pragma once
// Checks of the kernels of matrix products.
#include "kernel_checks_rows.h"

namespace kernel_test {

// The blocking is a choice, not a result: only its sanity is checked.
inline void check(myelin::GemmBlockingFn* got, myelin::GemmBlockingFn*) {
  const myelin::GemmBlocking& b = got();
  if (b.lanes == 0 || b.vectors == 0 || b.kc == 0 || b.mc == 0 || b.nc < b.lanes * b.vectors) fail("a block is empty");
}

// The blocking of the table under test.
inline const myelin::KernelTable* table_under_test = nullptr;
template <class T>
const myelin::GemmBlocking& blocking() {
  return sizeof(T) == 4 ? table_under_test->f32_gemm_blocking() : table_under_test->f64_gemm_blocking();
}

template <class T>
struct GemmCase {
  std::size_t rows, cols, k, segments;
  bool transposed, padded, accumulate, bias, relu;
};

template <class T>
void check_gemm_case(myelin::GemmPanelFn<T>* got, myelin::GemmPanelFn<T>* want, const GemmCase<T>& c) {
  Random random(19);
  const std::size_t width = c.padded ? (c.cols + 63) / 64 * 64 : c.cols, depth = c.segments * c.k;
  Array<T> a(plain_values<T>(random, c.rows * depth), 1), b(plain_values<T>(random, depth * width));
  Array<T> bias(plain_values<T>(random, c.cols), 1);
  const std::vector<T> start = plain_values<T>(random, c.rows * c.cols);
  Output<T> expected(start), actual(start, 1);
  std::vector<std::ptrdiff_t> segments;
  for (std::size_t s = 0; s < c.segments; s++)
    segments.push_back(static_cast<std::ptrdiff_t>((c.segments - 1 - s) * c.k * (c.transposed ? c.rows : 1)));
  const auto run = [&](auto* kernel, Output<T>& out) {
    myelin::GemmPanel<T> p{};
    p.a = a.data();
    p.a_row = c.transposed ? 1 : static_cast<std::ptrdiff_t>(depth);
    p.a_k = c.transposed ? static_cast<std::ptrdiff_t>(c.rows) : 1;
    p.a_segments = c.segments == 1 ? nullptr : segments.data();
    p.segments = c.segments;
    p.k = c.k;
    p.b = b.data();
    p.b_k = static_cast<std::ptrdiff_t>(width);
    p.b_padded = c.padded;
    p.c = out.data();
    p.c_row = static_cast<std::ptrdiff_t>(c.cols);
    p.rows = c.rows;
    p.cols = c.cols;
    p.accumulate = c.accumulate;
    p.alpha = T(0.5);
    p.bias = c.bias ? bias.data() : nullptr;
    p.relu = c.relu;
    kernel(p);
  };
  run(want, expected);
  run(got, actual);
  char where[100];
  std::snprintf(where, sizeof(where), "rows %zu, cols %zu, k %zu x %zu, transposed %d, padded %d", c.rows, c.cols, c.k,
                c.segments, c.transposed, c.padded);
  expect_near<T>(where, expected, actual, {kSumUlp, 9.0 * static_cast<double>(depth) + 6});
  expect_intact(where, actual);
}

// All widths of a tile, and heights beyond the tallest one.
template <class T>
void check(myelin::GemmPanelFn<T>* got, myelin::GemmPanelFn<T>* want) {
  const std::size_t widest = blocking<T>().lanes * blocking<T>().vectors;
  unsigned variant = 0;
  for (std::size_t cols = 1; cols <= widest; cols++)
    for (std::size_t rows = 0; rows <= 30; rows += 1 + rows / 16)
      for (std::size_t k : {0, 1, 5}) {
        const unsigned v = variant++ * 2654435761u >> 8;
        check_gemm_case<T>(
            got, want,
            {rows, cols, k, 1 + v % 3, (v & 4) != 0, (v & 8) != 0, (v & 16) != 0, (v & 32) != 0, (v & 64) != 0});
      }
  check_gemm_case<T>(got, want, {33, widest, 300, 1, false, false, true, true, true});
}

template <class T>
void check(myelin::GemmPackFn<T>* got, myelin::GemmPackFn<T>* want) {
  Random random(20);
  const std::size_t lanes = blocking<T>().lanes, widest = lanes * blocking<T>().vectors;
  for (std::size_t cols = 0; cols <= widest; cols++)
    for (std::size_t k : {0, 1, 4}) {
      const std::size_t width = (cols + lanes - 1) / lanes * lanes;
      Array<T> b(matrix<T>(random, k, cols, cols + 3), 1);
      Output<T> expected(k * width), actual(k * width);
      want(b.data(), static_cast<std::ptrdiff_t>(cols + 3), k, cols, expected.data(), width);
      got(b.data(), static_cast<std::ptrdiff_t>(cols + 3), k, cols, actual.data(), width);
      expect_near<T>(describe_rows(k, cols, 1), expected, actual, {});
      expect_intact(describe_rows(k, cols, 1), actual);
    }
}

template <class T>
void check(myelin::GemvFn<T>* got, myelin::GemvFn<T>* want) {
  Random random(21);
  const bool dots = report.verb() == "gemv_dots";
  for (std::size_t rows : {0, 1, 2, 3, 4, 5, 8, 9, 17})
    for (std::size_t n : lengths<T>()) {
      Array<T> a(matrix<T>(random, rows, n, n + 1), 1), x(plain_values<T>(random, dots ? n : rows), 1);
      Output<T> expected(dots ? rows : n), actual(dots ? rows : n, 1);
      want(a.data(), static_cast<std::ptrdiff_t>(n + 1), x.data(), expected.data(), rows, n);
      got(a.data(), static_cast<std::ptrdiff_t>(n + 1), x.data(), actual.data(), rows, n);
      const std::string where = describe_rows(rows, n, 1);
      expect_near<T>(where, expected, actual, {kSumUlp, 9.0 * static_cast<double>(dots ? n : rows) + 1});
      expect_intact(where, actual);
    }
}

template <class T>
void check(myelin::GemmDotsFn<T>* got, myelin::GemmDotsFn<T>* want) {
  Random random(25);
  for (std::size_t rows : {0, 1, 2, 3, 4, 5, 7, 8, 11})
    for (std::size_t cols : {0, 1, 2, 3, 4, 9})
      for (std::size_t k : lengths<T>()) {
        Array<T> a(matrix<T>(random, rows, k, k + 1), 1), b(matrix<T>(random, cols, k, k + 3));
        const std::vector<T> start(rows * (cols + 2), T(7));
        Output<T> expected(start), actual(start, 1);
        const auto run = [&](auto* kernel, Output<T>& out) {
          kernel({a.data(), static_cast<std::ptrdiff_t>(k + 1), rows, b.data(), static_cast<std::ptrdiff_t>(k + 3),
                  cols, k, out.data(), static_cast<std::ptrdiff_t>(cols + 2)});
        };
        run(want, expected);
        run(got, actual);
        const std::string where = describe_rows(rows, cols, k);
        expect_near<T>(where, expected, actual, {kSumUlp, 9.0 * static_cast<double>(k) + 1});
        expect_intact(where, actual);
      }
}

// Any bytes, or those whose products and sums are the greatest. Rows lie apart, and what is between them must not matter.
inline void check(myelin::ByteDotsFn* got, myelin::ByteDotsFn* want) {
  Random random(24);
  const auto run = [&](std::size_t n, std::size_t k, bool extreme, std::int8_t least) {
    const std::size_t stride = k + 3;
    Array<std::uint8_t> a(k, 1);
    Array<std::int8_t> b(n * stride, 2);
    for (std::size_t i = 0; i < k; i++) a[i] = static_cast<std::uint8_t>(extreme ? 255 : random());
    for (std::size_t i = 0; i < b.size(); i++) b[i] = static_cast<std::int8_t>(extreme ? least : random());
    Output<std::int32_t> expected(n), actual(n, 1);
    want(a.data(), b.data(), static_cast<std::ptrdiff_t>(stride), expected.data(), n, k);
    got(a.data(), b.data(), static_cast<std::ptrdiff_t>(stride), actual.data(), n, k);
    expect_near<std::int32_t>(describe_rows(n, k, 1), expected, actual, {});
    expect_intact(describe_rows(n, k, 1), actual);
  };
  for (std::size_t n : {0, 1, 2, 3, 4, 5, 8, 11})
    for (std::size_t k = 0; k <= 200; k++) run(n, k, false, 0);
  for (std::size_t k : {1, 15, 64, 1000, 65535})
    for (int least : {-128, 127}) run(5, k, true, static_cast<std::int8_t>(least));
  run(6, 65535, false, 0);
}

}  // namespace kernel_test
