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
    p.fetch_c = c.padded;
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
inline void check(myelin::DotBlockingFn* got, myelin::DotBlockingFn*) {
  if (got().width == 0 || got().rows == 0) fail("a block is empty");
}

// What a table has for products of bytes, and of bfloat16.
inline std::size_t dot_width(const myelin::KernelTable& table, std::uint8_t) { return table.u8_dot_blocking().width; }
inline std::size_t dot_width(const myelin::KernelTable& table, std::uint16_t) {
  return table.bf16_dot_blocking().width;
}
inline myelin::U8DotPackFn* dot_pack(const myelin::KernelTable& table, std::uint8_t) { return table.u8_dot_pack; }
inline myelin::BF16DotPackFn* dot_pack(const myelin::KernelTable& table, std::uint16_t) { return table.bf16_dot_pack; }

// Bytes of all values, or the largest; bfloat16 from 1/8 to 2 of both signs.
template <class T>
std::vector<T> dot_elements(Random& random, std::size_t count, bool extreme = false) {
  std::vector<T> elements(count);
  for (T& element : elements) {
    const auto drawn = static_cast<T>(random());
    element = sizeof(T) == 1 ? (extreme ? T(255) : drawn) : static_cast<T>((drawn & 0x81FF) | 0x3E00);
  }
  return elements;
}

// Panels of different ISAs differ in width: each is compared with what the format says.
template <class From, class To>
void check(myelin::DotPackFn<From, To>* got, myelin::DotPackFn<From, To>*) {
  Random random(24);
  constexpr std::size_t kGroup = 4 / sizeof(From);
  const std::size_t width = dot_width(*table_under_test, From());
  for (std::size_t cols = 0; cols <= width; cols++)
    for (std::size_t k : {0, 1, 2, 3, 4, 7, 8}) {
      const std::size_t size = (k + kGroup - 1) / kGroup * kGroup * width, step = cols + 3;
      Array<From> b(dot_elements<From>(random, k * step), 1);
      Output<To> expected(size), actual(size);
      for (std::size_t i = 0; i < size; i++) {
        const std::size_t row = i / (kGroup * width) * kGroup + i % kGroup, column = i / kGroup % width;
        const bool inside = row < k && column < cols;
        const int shift = sizeof(From) == 1 ? 128 : 0;
        expected[i] = inside ? static_cast<To>(b[row * step + column] - shift) : To(0);
      }
      got(b.data(), static_cast<std::ptrdiff_t>(step), k, cols, actual.data());
      expect_near<To>(describe_rows(k, cols, 1), expected, actual, {});
      expect_intact(describe_rows(k, cols, 1), actual);
    }
}

struct DotCase {
  std::size_t rows, cols, k;
  bool terms, relu, extreme;
};

// bfloat16 as the floats they are.
inline float float_of(std::uint16_t half) {
  const std::uint32_t bits = std::uint32_t{half} << 16;
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
inline std::int32_t float_of(std::int32_t sum) { return sum; }

template <class A, class Packed, class Sum, class C>
void check_dot_case(myelin::DotPanelFn<myelin::DotPanel<A, Packed, Sum, C>>* got,
                    myelin::DotPanelFn<myelin::DotPanel<A, Packed, Sum, C>>* want, const DotCase& c) {
  Random random(26);
  constexpr std::size_t kGroup = 4 / sizeof(A);
  const std::size_t a_row = c.k + 3, groups = (c.k + kGroup - 1) / kGroup;
  Array<A> a(dot_elements<A>(random, c.rows * a_row, c.extreme), 1),
      b(dot_elements<A>(random, c.k * c.cols, c.extreme));
  Array<Sum> row_terms(plain_values<Sum>(random, c.rows)), col_terms(plain_values<Sum>(random, c.cols), 1);
  const auto run = [&](auto* kernel, const myelin::KernelTable& table, std::vector<C>& values) {
    Array<Packed> packed(groups * kGroup * dot_width(table, A()));
    dot_pack(table, A())(b.data(), static_cast<std::ptrdiff_t>(c.cols), c.k, c.cols, packed.data());
    Output<C> out(c.rows * c.cols, 1);
    myelin::DotPanel<A, Packed, Sum, C> p{};
    p.a = a.data();
    p.a_row = static_cast<std::ptrdiff_t>(a_row);
    p.k = c.k;
    p.b = packed.data();
    p.c = out.data();
    p.c_row = static_cast<std::ptrdiff_t>(c.cols);
    p.rows = c.rows;
    p.cols = c.cols;
    p.row_terms = c.terms ? row_terms.data() : nullptr;
    p.col_terms = c.terms ? col_terms.data() : nullptr;
    p.relu = c.relu;
    kernel(p);
    expect_intact(describe_rows(c.rows, c.cols, 1), out);
    for (std::size_t i = 0; i < out.size(); i++) values.push_back(out[i]);
  };
  std::vector<C> expected, actual;
  run(want, *myelin::supported_kernels().back(), expected);
  run(got, *table_under_test, actual);
  const std::string where = describe_rows(c.rows, c.cols, 1) + ", k " + std::to_string(c.k);
  for (std::size_t i = 0; i < expected.size(); i++) {
    // A float32 sum, and the rounding to bfloat16 that it may tip over.
    const double tolerance =
        sizeof(A) == 1 ? 0 : std::abs(float_of(expected[i])) / 128 + 1e-6 * static_cast<double>(c.k);
    if (std::abs(static_cast<double>(float_of(expected[i])) - float_of(actual[i])) > tolerance) {
      return fail(where + ", element " + std::to_string(i));
    }
  }
}

template <class A, class Packed, class Sum, class C>
void check(myelin::DotPanelFn<myelin::DotPanel<A, Packed, Sum, C>>* got,
           myelin::DotPanelFn<myelin::DotPanel<A, Packed, Sum, C>>* want) {
  const std::size_t width =
      std::min(dot_width(*table_under_test, A()), dot_width(*myelin::supported_kernels().back(), A()));
  unsigned variant = 0;
  for (std::size_t cols = 1; cols <= width; cols++)
    for (std::size_t rows = 0; rows <= 30; rows += 1 + rows / 16)
      for (std::size_t k : {0, 1, 2, 3, 4, 5, 64, 67}) {
        const unsigned v = variant++ * 2654435761u >> 8;
        check_dot_case(got, want, {rows, cols, k, (v & 1) != 0, (v & 2) != 0, (v & 4) != 0});
      }
  check_dot_case(got, want, {5, width, 33025, false, false, true});
}

}  // namespace kernel_test
