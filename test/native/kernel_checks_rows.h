#pragma once
// Checks of kernels that combine elements: reductions, softmax, transposition.
#include "kernel_checks_elementwise.h"
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

inline std::string describe_rows(std::size_t rows, std::size_t n, std::size_t misalign) {
  char text[100];
  std::snprintf(text, sizeof(text), "rows %zu, n %zu, misalignment %zu", rows, n, misalign);
  return text;
}

// Sums may differ by so many ulp of the sum of magnitudes: half the additions in a row on the way to a result.
constexpr double kSumUlp = 32;

template <class T>
double magnitude(const std::vector<T>& x) {
  double sum = 0;
  for (T v : x) sum += std::fabs(static_cast<double>(v));
  return sum;
}

template <class T>
std::vector<std::size_t> row_lengths() {
  std::vector<std::size_t> all = lengths<T>();
  for (std::size_t n : {1023, 1024, 1025, 5000, 100003}) all.push_back(n);
  return all;
}

// Reductions.

template <class T>
std::vector<T> values_for_reduction(Random& random, std::size_t n) {
  std::vector<T> x = plain_values<T>(random, n);
  if constexpr (!std::numeric_limits<T>::is_integer)
    if (report.verb().rfind("prod", 0) == 0)
      for (T& v : x) v = static_cast<T>(1 + v * 1e-3);
  return x;
}

template <class T>
Tolerance reduction_tolerance(const std::vector<T>& x) {
  const std::string verb = report.verb();
  if (verb.rfind("sum", 0) == 0) return {kSumUlp, magnitude(x)};
  if (verb.rfind("prod", 0) == 0) return {8 + static_cast<double>(x.size()), 0};
  if (verb == "log_sum_exp") return {kSumUlp, 1};
  return {0, 0};
}

template <class T, class Fn>
void check_reduction(Fn* got, Fn* want) {
  Random random(4);
  for (std::size_t n : row_lengths<T>())
    for (std::size_t misalign : {0, 1, 3}) {
      const std::vector<T> values = values_for_reduction<T>(random, n);
      Array<T> x(values, misalign);
      const auto expected = want(x.data(), n), actual = got(x.data(), n);
      const std::string where = describe_rows(1, n, misalign);
      expect_near(where, 0, expected, actual,
                  std::numeric_limits<T>::is_integer ? Tolerance{} : reduction_tolerance(values));
      Array<T> copy(values, 2);
      if (!same_bits(actual, got(copy.data(), n))) fail(where + ", depends on alignment");
    }
}

// A special value anywhere must show.
template <class T, class Fn>
void check_reduction_of_specials(Fn* got, Fn* want) {
  Random random(5);
  using Limits = std::numeric_limits<T>;
  for (std::size_t n : {1, 2, 7, 35, 70, 1030})
    for (std::size_t i = 0; i < n; i += n < 100 ? 1 : 97)
      for (T value : {Limits::quiet_NaN(), Limits::infinity(), -Limits::infinity()}) {
        std::vector<T> values = values_for_reduction<T>(random, n);
        values[i] = value;
        Array<T> x(values);
        expect_near(describe_rows(1, n, 0) + ", special at " + std::to_string(i), 0, want(x.data(), n),
                    got(x.data(), n), {kSumUlp, n * 3.0});
      }
}

template <class T>
void check(myelin::ReduceFn<T>* got, myelin::ReduceFn<T>* want) {
  check_reduction<T>(got, want);
  if constexpr (!std::numeric_limits<T>::is_integer) check_reduction_of_specials<T>(got, want);
}
template <class T, class = std::enable_if_t<!std::is_same_v<T, std::int64_t>>>
void check(myelin::WideReduceFn<T>* got, myelin::WideReduceFn<T>* want) {
  check_reduction<T>(got, want);
}

template <class T>
std::vector<std::size_t> column_counts() {
  std::vector<std::size_t> all;
  for (std::size_t n = 0; n <= 64 / sizeof(T) + 1; n++) all.push_back(n);
  for (std::size_t lanes : {16, 32, 64}) all.push_back(4 * lanes / sizeof(T) + 3);
  all.push_back(5 * 64 / sizeof(T) + 3);
  return all;
}
constexpr std::size_t kRowCounts[] = {0, 1, 2, 31, 32, 33, 65, 200};

template <class F>
void each_matrix_size(const std::vector<std::size_t>& columns, F f) {
  for (std::size_t n : columns)
    for (std::size_t rows : kRowCounts)
      for (std::size_t misalign : {0, 1}) f(rows, n, misalign, n + misalign * 2);
}

// Rows of n elements, `stride` apart; what lies between them is NaN and must not matter.
template <class T>
std::vector<T> matrix(Random& random, std::size_t rows, std::size_t n, std::size_t stride) {
  std::vector<T> m(rows == 0 || n == 0 ? 0 : (rows - 1) * stride + n);
  for (std::size_t i = 0; i < m.size(); i++)
    m[i] = i % stride < n ? plain_value<T>(random) : std::numeric_limits<T>::quiet_NaN();
  return m;
}

template <class T>
void check(myelin::ReduceRowsFn<T>* got, myelin::ReduceRowsFn<T>* want) {
  Random random(6);
  const bool product = report.verb() == "prod_rows", exact = std::numeric_limits<T>::is_integer;
  each_matrix_size(column_counts<T>(), [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Array<T> x(matrix<T>(random, rows, n, stride), misalign);
    if (product)
      for (std::size_t i = 0; i < x.size(); i++) x[i] = static_cast<T>(1 + x[i] / 1000);
    const std::vector<T> start = plain_values<T>(random, n);
    Output<T> expected(start), actual(start, misalign);
    want(x.data(), stride, rows, expected.data(), n);
    got(x.data(), stride, rows, actual.data(), n);
    const std::string where = describe_rows(rows, n, misalign);
    const double size = product ? 0 : 3.0 * (rows + 1);
    expect_near<T>(where, expected, actual, exact ? Tolerance{} : Tolerance{kSumUlp, size});
    expect_intact(where, actual);
  });
}

// Softmax and its kin.

template <class T>
void check(myelin::RowFn<T>* got, myelin::RowFn<T>* want) {
  Random random(7);
  const bool logarithm = report.verb() == "log_softmax";
  for (std::size_t n : row_lengths<T>())
    for (std::size_t misalign : {0, 1, 3}) {
      std::vector<T> values = plain_values<T>(random, n);
      if (n > 2 && misalign == 1) values[n / 2] = -std::numeric_limits<T>::infinity();
      if (n > 2 && misalign == 3) values[n / 2] = 60;
      Output<T> x(values, misalign);
      Output<T> expected(n), actual(n, misalign);
      want(x.data(), expected.data(), n);
      got(x.data(), actual.data(), n);
      const std::string where = describe_rows(1, n, misalign);
      expect_near<T>(where, expected, actual, {64, logarithm ? 1 : kGradualUnderflow<T>});
      expect_intact(where, actual);
      got(x.data(), x.data(), n);
      expect_same(where, n, actual.data(), x.data());
    }
}

template <class T>
void check(myelin::RowBackwardFn<T>* got, myelin::RowBackwardFn<T>* want) {
  Random random(8);
  for (std::size_t n : row_lengths<T>())
    for (std::size_t misalign : {0, 1, 3}) {
      Array<T> dout(plain_values<T>(random, n), misalign);
      Output<T> out(n, misalign);
      const bool logarithm = report.verb() == "log_softmax_backward";
      for (std::size_t i = 0; i < n; i++)
        out[i] = static_cast<T>(logarithm ? -std::log(n + 0.0) + uniform(random, -1, 0) : uniform(random, 0, 1) / n);
      Output<T> expected(n), actual(n, misalign);
      want(dout.data(), out.data(), expected.data(), n);
      got(dout.data(), out.data(), actual.data(), n);
      const std::string where = describe_rows(1, n, misalign);
      expect_near<T>(where, expected, actual, {kSumUlp, 6});
      expect_intact(where, actual);
      got(dout.data(), out.data(), out.data(), n);
      expect_same(where, n, actual.data(), out.data());
    }
}

// Data movement.

template <class T>
void check(myelin::TransposeFn<T>* got, myelin::TransposeFn<T>* want) {
  Random random(16);
  for (std::size_t m : {0, 1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 33, 50})
    for (std::size_t n : {0, 1, 2, 4, 5, 8, 15, 16, 17, 32, 35})
      for (std::size_t gap : {0, 3}) {
        Array<T> src(m == 0 ? 0 : (m - 1) * (n + gap) + n, gap);
        for (std::size_t i = 0; i < src.size(); i++) src[i] = static_cast<T>(random());
        const std::vector<T> before(n == 0 ? 0 : (n - 1) * (m + gap) + m, T(7));
        Output<T> expected(before), actual(before, gap);
        want(src.data(), n + gap, expected.data(), m + gap, m, n);
        got(src.data(), n + gap, actual.data(), m + gap, m, n);
        const std::string where = describe_rows(m, n, gap);
        expect_near<T>(where, expected, actual, {});
        expect_intact(where, actual);
      }
}

}  // namespace kernel_test
