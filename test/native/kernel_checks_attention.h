#pragma once
// Checks of the kernels of attention.
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

inline std::string describe_tile(std::size_t keys, std::size_t queries, std::size_t gap) {
  char text[100];
  std::snprintf(text, sizeof(text), "keys %zu, queries %zu, gap %zu", keys, queries, gap);
  return text;
}

// Scores of everyday size; some are masked, and so are all of every fifth query.
template <class T>
std::vector<T> masked_scores(Random& random, std::size_t keys, std::size_t row) {
  std::vector<T> scores(keys * row);
  for (std::size_t i = 0; i < scores.size(); i++) {
    const bool masked = i % row % 5 == 4 || random() % 4 == 0;
    scores[i] = masked ? -std::numeric_limits<T>::infinity() : static_cast<T>(uniform(random, -20, 20));
  }
  return scores;
}

template <class F>
void for_each_tile(const F& body) {
  for (std::size_t keys : {0, 1, 2, 5, 33})
    for (std::size_t queries : {0, 1, 2, 3, 4, 7, 8, 15, 16, 17, 31, 48, 64, 67})
      for (std::size_t gap : {0, 3}) body(keys, queries, gap);
}

// The power's own error, and that of the difference before it.
constexpr double kPowerUlp = 48;

// What is below the normal floats may be 0.
template <class T>
constexpr Tolerance kPowers = {kPowerUlp, 1e-30};

template <class T>
void check(myelin::AttentionSoftmaxFn<T>* got, myelin::AttentionSoftmaxFn<T>* want) {
  Random random(41);
  for_each_tile([&](std::size_t keys, std::size_t queries, std::size_t gap) {
    const std::size_t row = queries + gap;
    const std::string where = describe_tile(keys, queries, gap);
    Output<T> expected(keys * row), actual(keys * row, gap);
    std::vector<T> first(queries, -std::numeric_limits<T>::infinity()), none(queries, T(0));
    Output<T> tops[2] = {Output<T>(first), Output<T>(first)}, sums[2] = {Output<T>(none), Output<T>(none)};
    Output<T> decays[2] = {Output<T>(none), Output<T>(none)};
    for (int block = 0; block < 2; block++) {
      const std::vector<T> scores = masked_scores<T>(random, keys, row == 0 ? 1 : row);
      for (std::size_t i = 0; i < keys * row; i++) expected[i] = actual[i] = scores[i];
      const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(row);
      want({expected.data(), stride, keys, queries}, tops[0].data(), sums[0].data(), decays[0].data());
      got({actual.data(), stride, keys, queries}, tops[1].data(), sums[1].data(), decays[1].data());
      expect_near<T>(where, expected, actual, kPowers<T>);
      expect_near<T>(where, tops[0], tops[1], {});
      expect_near<T>(where, sums[0], sums[1], kPowers<T>);
      expect_near<T>(where, decays[0], decays[1], kPowers<T>);
    }
    for (const Output<T>* out : {&actual, &tops[1], &sums[1], &decays[1]}) expect_intact(where, *out);
  });
}

template <class T>
void check(myelin::AttentionGradientFn<T>* got, myelin::AttentionGradientFn<T>* want) {
  Random random(42);
  for_each_tile([&](std::size_t keys, std::size_t queries, std::size_t gap) {
    const std::size_t row = queries + gap;
    const std::ptrdiff_t stride = static_cast<std::ptrdiff_t>(row);
    const std::vector<T> scores = masked_scores<T>(random, keys, row == 0 ? 1 : row);
    const std::vector<T> slopes = plain_values<T>(random, keys * row);
    Array<T> delta(plain_values<T>(random, queries)), log_sum(queries);
    for (std::size_t i = 0; i < queries; i++)
      log_sum[i] = i % 5 == 4 ? -std::numeric_limits<T>::infinity() : static_cast<T>(uniform(random, 20, 26));
    Output<T> expected(scores), actual(scores, gap), want_slopes(slopes), got_slopes(slopes, gap);
    want({expected.data(), stride, keys, queries}, want_slopes.data(), log_sum.data(), delta.data());
    got({actual.data(), stride, keys, queries}, got_slopes.data(), log_sum.data(), delta.data());
    const std::string where = describe_tile(keys, queries, gap);
    expect_near<T>(where, expected, actual, kPowers<T>);
    expect_near<T>(where, want_slopes, got_slopes, kPowers<T>);
    expect_intact(where, actual);
    expect_intact(where, got_slopes);
  });
}

}  // namespace kernel_test
