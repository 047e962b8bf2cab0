#pragma once
// Checks of the kernels of depthwise convolutions.
#include <deque>

#include "kernel_checks_rows.h"

namespace kernel_test {

inline std::size_t below(Random& random, std::size_t bound) {
  return static_cast<std::size_t>(plain_values<double>(random, 1)[0] * 1e6 + 1e9) % bound;
}

// Lines of an input, some of them missing; each lies in memory of its own, so that reading beside it is seen.
template <class T>
struct DepthwiseLines {
  std::deque<Array<T>> memory;
  std::vector<const T*> lines;
  myelin::DepthwiseInput<T> in{};
  std::string where;

  DepthwiseLines(Random& random, std::size_t channels) {
    const auto any = [&](std::size_t least, std::size_t most) { return least + below(random, most + 1 - least); };
    in.kernel_height = any(0, 3) == 0 ? any(0, 7) : 3;
    in.kernel_width = in.kernel_height == 0 ? 0 : any(0, 2) == 0 ? any(1, 7) : 3;
    in.rows = any(1, 5);
    in.stride = any(0, 3) == 0 ? any(1, 3) : any(1, 2);
    in.spacing = any(0, 3) == 0 ? 2 : 1;
    in.pixels = any(0, 3) == 0 ? any(0, 2) : any(3, 19);
    in.left = static_cast<std::ptrdiff_t>(any(0, 6)) - 2;
    // Most often about as wide as the pixels reach.
    const std::size_t reach = in.pixels * in.stride + in.kernel_width * in.spacing;
    in.width = any(reach > 7 ? reach - 7 : 0, reach);
    in.channels = channels;
    for (std::size_t i = 0; i + 1 < in.rows + in.kernel_height; i++) {
      memory.emplace_back(plain_values<T>(random, in.width * channels), i % 3);
      lines.push_back(any(0, 4) == 0 || in.width == 0 ? nullptr : memory.back().data());
    }
    in.lines = lines.data();
    where = describe_rows(in.pixels, channels, in.stride) + ", kernel " + std::to_string(in.kernel_height) + " x " +
            std::to_string(in.kernel_width) + " by " + std::to_string(in.spacing) + ", left " +
            std::to_string(in.left) + ", width " + std::to_string(in.width);
  }

  std::size_t taps() const { return in.kernel_height * in.kernel_width; }
  // Elements of all blocks of weights.
  std::size_t weights() const {
    constexpr std::size_t kBlock = myelin::kDepthwiseBlock<T>;
    return taps() * ((in.channels + kBlock - 1) / kBlock * kBlock);
  }
};

template <class T, class F>
void each_depthwise_input(F f) {
  Random random(22);
  for (int i = 0; i < 40; i++)
    for (std::size_t channels : column_counts<T>()) f(random, DepthwiseLines<T>(random, channels));
}

template <class T>
void check(myelin::DepthwiseRowsFn<T>* got, myelin::DepthwiseRowsFn<T>* want) {
  each_depthwise_input<T>([&](Random& random, const DepthwiseLines<T>& lines) {
    const myelin::DepthwiseInput<T>& in = lines.in;
    Array<T> weights(plain_values<T>(random, lines.weights()), 1);
    Array<T> bias(plain_values<T>(random, in.channels), 1);
    const std::size_t step = in.channels * in.spacing, row = in.pixels * step;
    const std::vector<T> start(in.rows * row, T(7));
    Output<T> expected(start), actual(start, 1);
    const auto run = [&](auto* kernel, T* out) {
      kernel({in, weights.data(), in.rows == 3 ? nullptr : bias.data(), out, static_cast<std::ptrdiff_t>(row),
              static_cast<std::ptrdiff_t>(step)});
    };
    run(want, expected.data());
    run(got, actual.data());
    expect_near<T>(lines.where, expected, actual, {8, 9.0 * static_cast<double>(lines.taps()) + 3});
    expect_intact(lines.where, actual);
  });
}

template <class T>
void check(myelin::DepthwiseGradientFn<T>* got, myelin::DepthwiseGradientFn<T>* want) {
  each_depthwise_input<T>([&](Random& random, const DepthwiseLines<T>& lines) {
    const myelin::DepthwiseInput<T>& in = lines.in;
    const std::size_t row = (in.pixels + 1) * in.channels;
    Array<T> dout(plain_values<T>(random, in.rows * row), 1);
    const std::vector<T> start = plain_values<T>(random, lines.weights());
    Output<T> expected(start), actual(start, 1);
    const auto run = [&](auto* kernel, T* gradient) {
      kernel({in, dout.data(), static_cast<std::ptrdiff_t>(row), gradient});
    };
    run(want, expected.data());
    run(got, actual.data());
    expect_near<T>(lines.where, expected, actual, {8, 9.0 * static_cast<double>(in.rows * in.pixels) + 3});
    expect_intact(lines.where, actual);
  });
}

}  // namespace kernel_test
