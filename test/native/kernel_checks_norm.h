#pragma once
// Checks of moments and of the layers that normalize by them.
#include "kernel_checks_rows.h"

namespace kernel_test {

// A large mean beside a small spread is what one-pass formulas get wrong.
template <class T>
constexpr T kFarMean = T(100);

template <class T>
void check(myelin::MomentsFn<T>* got, myelin::MomentsFn<T>* want) {
  Random random(9);
  for (std::size_t n : row_lengths<T>())
    for (std::size_t misalign : {0, 1, 3}) {
      std::vector<T> values = plain_values<T>(random, n);
      for (T& v : values) v += misalign == 1 ? kFarMean<T> : T(0);
      Array<T> x(values, misalign);
      T want_mean, want_squares, mean, squares;
      want(x.data(), n, &want_mean, &want_squares);
      got(x.data(), n, &mean, &squares);
      const std::string where = describe_rows(1, n, misalign);
      expect_near(where + ", mean", 0, want_mean, mean, {8, 1});
      expect_near(where + ", squares", 0, want_squares, squares, {64, misalign == 1 ? 100.0 : 1});
    }
}

template <class T>
void check(myelin::MomentsRowsFn<T>* got, myelin::MomentsRowsFn<T>* want) {
  Random random(10);
  const auto sizes = column_counts<T>();
  const auto one = [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Array<T> x(matrix<T>(random, rows, n, stride), misalign);
    for (std::size_t i = 0; i < x.size(); i++) x[i] += misalign == 1 ? kFarMean<T> : T(0);
    Output<T> want_mean(n), want_squares(n), mean(n, misalign), squares(n, misalign);
    want(x.data(), stride, rows, want_mean.data(), want_squares.data(), n);
    got(x.data(), stride, rows, mean.data(), squares.data(), n);
    const std::string where = describe_rows(rows, n, misalign);
    expect_near<T>(where + ", mean", want_mean, mean, {8, 1});
    expect_near<T>(where + ", squares", want_squares, squares, {64, misalign == 1 ? 100.0 : 1});
    expect_intact(where, mean);
    expect_intact(where, squares);
  };
  each_matrix_size(sizes, one);
  one(100000, 3, 0, 3);
  one(100000, 16, 1, 16);
}

template <class T>
void check(myelin::NormalizeFn<T>* got, myelin::NormalizeFn<T>* want) {
  Random random(11);
  for (std::size_t n : lengths<T>())
    for (int given = 0; given < 4; given++) {
      const std::size_t misalign = static_cast<std::size_t>(given);
      Output<T> x(plain_values<T>(random, n), misalign);
      Array<T> weight(plain_values<T>(random, n), misalign), bias(plain_values<T>(random, n));
      const T* w = given % 2 == 0 ? nullptr : weight.data();
      const T* b = given < 2 ? nullptr : bias.data();
      Output<T> expected(n), actual(n, misalign);
      want(x.data(), T(0.3), T(1.7), w, b, expected.data(), n);
      got(x.data(), T(0.3), T(1.7), w, b, actual.data(), n);
      const std::string where = describe_rows(1, n, misalign);
      expect_near<T>(where, expected, actual, {4, 16});
      expect_intact(where, actual);
      got(x.data(), T(0.3), T(1.7), w, b, x.data(), n);
      expect_same(where, n, actual.data(), x.data());
    }
}

template <class T>
void check(myelin::NormalizeBackwardFn<T>* got, myelin::NormalizeBackwardFn<T>* want) {
  Random random(12);
  for (std::size_t n : row_lengths<T>())
    for (int given = 0; given < 4; given++) {
      const std::size_t misalign = static_cast<std::size_t>(given);
      Array<T> dout(plain_values<T>(random, n), misalign), x(plain_values<T>(random, n)), w(plain_values<T>(random, n));
      const std::vector<T> start = plain_values<T>(random, n);
      Output<T> want_dx(n), want_dw(start), want_db(start), dx(n, misalign), dw(start, misalign), db(start);
      const auto run = [&](auto* kernel, Output<T>& to, Output<T>& to_weight, Output<T>& to_bias) {
        kernel(dout.data(), x.data(), T(0.3), T(0.9), given % 2 == 0 ? nullptr : w.data(), to.data(),
               given < 2 ? nullptr : to_weight.data(), given < 2 ? nullptr : to_bias.data(), n);
      };
      run(want, want_dx, want_dw, want_db);
      run(got, dx, dw, db);
      const std::string where = describe_rows(1, n, misalign);
      expect_near<T>(where + ", dx", want_dx, dx, {kSumUlp, 32});
      expect_near<T>(where + ", dweight", want_dw, dw, {4, 16});
      expect_near<T>(where + ", dbias", want_db, db, {1, 8});
      expect_intact(where, dx);
      expect_intact(where, dw);
      expect_intact(where, db);
    }
}

template <class T>
void check(myelin::ScaleShiftRowsFn<T>* got, myelin::ScaleShiftRowsFn<T>* want) {
  Random random(13);
  each_matrix_size(column_counts<T>(), [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Output<T> x(matrix<T>(random, rows, n, stride), misalign);
    Array<T> scale(plain_values<T>(random, n)), shift(plain_values<T>(random, n), misalign);
    Output<T> expected(rows * n), actual(rows * n, misalign);
    want(x.data(), stride, scale.data(), shift.data(), expected.data(), n, rows, n);
    got(x.data(), stride, scale.data(), shift.data(), actual.data(), n, rows, n);
    const std::string where = describe_rows(rows, n, misalign);
    expect_near<T>(where, expected, actual, {2, 16});
    expect_intact(where, actual);
  });
}

template <class T>
void check(myelin::BatchNormSumsFn<T>* got, myelin::BatchNormSumsFn<T>* want) {
  Random random(14);
  each_matrix_size(column_counts<T>(), [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Array<T> x(matrix<T>(random, rows, n, stride), misalign), dout(matrix<T>(random, rows, n, n));
    Array<T> mean(plain_values<T>(random, n)), rstd(plain_values<T>(random, n), misalign);
    const std::vector<T> start = plain_values<T>(random, n);
    Output<T> want_sum(start), want_xhat(start), sum(start, misalign), xhat(start);
    want(x.data(), stride, dout.data(), n, rows, mean.data(), rstd.data(), want_sum.data(), want_xhat.data(), n);
    got(x.data(), stride, dout.data(), n, rows, mean.data(), rstd.data(), sum.data(), xhat.data(), n);
    const std::string where = describe_rows(rows, n, misalign);
    expect_near<T>(where + ", sum", want_sum, sum, {kSumUlp, 3.0 * (rows + 1)});
    expect_near<T>(where + ", sum of xhat", want_xhat, xhat, {kSumUlp, 54.0 * (rows + 1)});
    expect_intact(where, sum);
    expect_intact(where, xhat);
  });
}

template <class T>
void check(myelin::BatchNormDxFn<T>* got, myelin::BatchNormDxFn<T>* want) {
  Random random(15);
  each_matrix_size(column_counts<T>(), [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Array<T> x(matrix<T>(random, rows, n, stride), misalign), dout(matrix<T>(random, rows, n, n));
    Array<T> a(plain_values<T>(random, n)), b(plain_values<T>(random, n), misalign), c(plain_values<T>(random, n));
    Output<T> expected(rows * n), actual(rows * n, misalign);
    want(x.data(), stride, dout.data(), n, a.data(), b.data(), c.data(), expected.data(), n, rows, n);
    got(x.data(), stride, dout.data(), n, a.data(), b.data(), c.data(), actual.data(), n, rows, n);
    const std::string where = describe_rows(rows, n, misalign);
    expect_near<T>(where, expected, actual, {2, 32});
    expect_intact(where, actual);
  });
}

// Three sums from two lines, the second of nothing.
template <class T>
void check(myelin::WeightedRowsFn<T>* got, myelin::WeightedRowsFn<T>* want) {
  Random random(16);
  each_matrix_size(column_counts<T>(), [&](std::size_t rows, std::size_t n, std::size_t misalign, std::size_t stride) {
    Array<T> x(matrix<T>(random, rows + 1, n, stride), misalign), weights(plain_values<T>(random, rows));
    std::vector<std::ptrdiff_t> offsets(rows);
    for (std::size_t t = 0; t < rows; t++) offsets[t] = static_cast<std::ptrdiff_t>(random() % rows * stride);
    const std::ptrdiff_t lines[] = {0, static_cast<std::ptrdiff_t>(stride)};
    const T line_weights[] = {T(0.5), T(-1.5)};
    const std::size_t starts[] = {0, rows / 3, rows / 3, rows};
    Output<T> expected(3 * n), actual(3 * n, misalign);
    const auto run = [&](auto* kernel, Output<T>& to) {
      kernel({x.data(), lines, line_weights, 2, starts, offsets.data(), weights.data(), to.data(),
              static_cast<std::ptrdiff_t>(n), 3, n});
    };
    run(want, expected);
    run(got, actual);
    const std::string where = describe_rows(rows, n, misalign);
    expect_near<T>(where, expected, actual,
                   {4.0 * static_cast<double>(rows + 1), 32.0 * static_cast<double>(rows + 1)});
    expect_intact(where, actual);
  });
}

}  // namespace kernel_test
