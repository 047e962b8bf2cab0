#pragma once
// Checks of the kernels of Fourier transforms.
#include "kernel_checks_rows.h"
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

template <class T>
void expect_all_near(const std::string& where, const std::vector<T>& want, const std::vector<T>& got, double scale) {
  for (std::size_t i = 0; i < want.size(); i++) expect_near(where, i, want[i], got[i], {16, scale});
}

template <class T>
void check(myelin::FftPassFn<T>* got, myelin::FftPassFn<T>* want) {
  Random random(31);
  const std::size_t run = 2 * myelin::kFftColumns<T>;
  for (std::size_t radix : {2, 3, 4, 5, 7, 8, 11, 31})
    for (std::size_t groups : {1, 2, 5}) {
      const std::size_t rows = radix * groups, row = run + 3;
      const std::vector<T> re = plain_values<T>(random, rows * row), im = plain_values<T>(random, rows * row);
      const std::vector<T> twiddles = plain_values<T>(random, groups * (radix - 1) * 2);
      std::vector<T> roots, twisted = twiddles;
      for (std::size_t k = 0; k < radix; k++) {
        const double angle = 2 * 3.14159265358979323846 * static_cast<double>(k) / static_cast<double>(radix);
        roots.push_back(static_cast<T>(std::cos(angle)));
        roots.push_back(static_cast<T>(-std::sin(angle)));
      }
      for (std::size_t i = 0; i < (radix - 1) * 2; i++) twisted[i] = i % 2 == 0 ? T(1) : T(0);
      std::vector<T> out[4];
      for (auto& part : out) part.resize(rows * run);
      for (int side = 0; side < 2; side++) {
        (side == 0 ? want : got)({re.data(), im.data(), out[2 * side].data(), out[2 * side + 1].data(), radix, groups,
                                  row, run, twisted.data(), roots.data()});
      }
      const std::string where = "radix " + std::to_string(radix) + ", groups " + std::to_string(groups);
      for (int part = 0; part < 2; part++) expect_all_near(where, out[part], out[part + 2], 30.0 * radix);
    }
}

template <class T>
void check(myelin::FftTwistFn<T>* got, myelin::FftTwistFn<T>* want) {
  Random random(32);
  for (std::size_t n : lengths<T>())
    for (bool based : {false, true}) {
      const std::vector<T> by_re = plain_values<T>(random, n), by_im = plain_values<T>(random, n);
      const std::vector<T> base = plain_values<T>(random, 2);
      std::vector<T> re = plain_values<T>(random, n), im = plain_values<T>(random, n), re2 = re, im2 = im;
      want(re.data(), im.data(), by_re.data(), by_im.data(), based ? base.data() : nullptr, n);
      got(re2.data(), im2.data(), by_re.data(), by_im.data(), based ? base.data() : nullptr, n);
      expect_all_near(describe_rows(1, n, 0), re, re2, 3e3);
      expect_all_near(describe_rows(1, n, 0), im, im2, 3e3);
    }
}

template <class T>
void check(myelin::PairsSplitFn<T>* got, myelin::PairsSplitFn<T>* want) {
  Random random(33);
  for (std::size_t n : lengths<T>()) {
    const std::vector<T> pairs = plain_values<T>(random, 2 * n);
    std::vector<T> re(n), im(n), re2(n), im2(n);
    want(pairs.data(), re.data(), im.data(), n);
    got(pairs.data(), re2.data(), im2.data(), n);
    expect_all_near(describe_rows(1, n, 0), re, re2, 0);
    expect_all_near(describe_rows(1, n, 0), im, im2, 0);
  }
}

template <class T>
void check(myelin::PairsJoinFn<T>* got, myelin::PairsJoinFn<T>* want) {
  Random random(34);
  for (std::size_t n : lengths<T>()) {
    const std::vector<T> re = plain_values<T>(random, n), im = plain_values<T>(random, n);
    std::vector<T> pairs(2 * n), pairs2(2 * n);
    want(re.data(), im.data(), T(0.3), pairs.data(), n);
    got(re.data(), im.data(), T(0.3), pairs2.data(), n);
    expect_all_near(describe_rows(1, n, 0), pairs, pairs2, 0);
  }
}

template <class T>
struct FoldData {
  FoldData(Random& random, std::size_t half)
      : re(plain_values<T>(random, half)),
        im(plain_values<T>(random, half)),
        fold{half, T(0.5), T(0.25), re.data(), im.data()} {}
  std::vector<T> re, im;
  myelin::RealFold<T> fold;
};

template <class T>
void check(myelin::RfftUnpackFn<T>* got, myelin::RfftUnpackFn<T>* want) {
  Random random(35);
  for (std::size_t half : lengths<T>()) {
    if (half == 0) continue;
    const FoldData<T> data(random, half);
    const std::vector<T> re = plain_values<T>(random, half), im = plain_values<T>(random, half);
    std::vector<T> pairs(2 * half + 2), pairs2(2 * half + 2);
    want(data.fold, re.data(), im.data(), pairs.data());
    got(data.fold, re.data(), im.data(), pairs2.data());
    expect_all_near(describe_rows(1, half, 0), pairs, pairs2, 1e3);
  }
}

template <class T>
void check(myelin::IrfftPackFn<T>* got, myelin::IrfftPackFn<T>* want) {
  Random random(36);
  for (std::size_t half : lengths<T>()) {
    if (half == 0) continue;
    const FoldData<T> data(random, half);
    const std::vector<T> x_re = plain_values<T>(random, half + 1), x_im = plain_values<T>(random, half + 1);
    std::vector<T> re(half), im(half), re2(half), im2(half);
    want(data.fold, x_re.data(), x_im.data(), re.data(), im.data());
    got(data.fold, x_re.data(), x_im.data(), re2.data(), im2.data());
    expect_all_near(describe_rows(1, half, 0), re, re2, 1e3);
    expect_all_near(describe_rows(1, half, 0), im, im2, 1e3);
  }
}

}  // namespace kernel_test
