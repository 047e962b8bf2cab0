#pragma once
// Checks of kernels that pool images.
#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

struct PoolCase {
  myelin::PoolRow row;
  std::ptrdiff_t step;  // between pixels of inputs
  std::size_t plane;    // its pixels: none behind the last tap

  std::size_t results() const { return row.windows * row.channels; }
  std::size_t input_size(std::size_t pixels) const {
    return pixels == 0 ? 0 : (pixels - 1) * static_cast<std::size_t>(step) + row.channels;
  }
  std::ptrdiff_t place(std::size_t window, std::size_t i, std::size_t j) const {
    const auto count = [](std::size_t n) { return static_cast<std::ptrdiff_t>(n); };
    return row.first + count(window) * row.window + count(i) * row.line + count(j) * row.column;
  }
  bool overlap() const { return static_cast<std::ptrdiff_t>(row.columns - 1) * row.column >= row.window; }
  std::string describe() const {
    char text[160];
    std::snprintf(text, sizeof(text), "%zu windows of %zu x %zu, %td apart, taps %td apart, %zu channels, step %td",
                  row.windows, row.lines, row.columns, row.window, row.column, row.channels, step);
    return text;
  }
};

// Windows of `lines` x `columns` taps, `window` pixels apart, over a plane as wide as they need.
inline PoolCase pool_case(std::size_t windows, std::size_t lines, std::size_t columns, std::ptrdiff_t window,
                          std::ptrdiff_t column, std::size_t channels, std::ptrdiff_t gap) {
  PoolCase c{{1, window, 0, column, windows, lines, columns, channels}, gap, 0};
  c.step += static_cast<std::ptrdiff_t>(channels);
  c.row.line = windows == 0 ? 1 : c.place(windows - 1, 0, columns - 1);
  c.plane = windows == 0 ? 0 : static_cast<std::size_t>(c.place(windows - 1, lines - 1, columns - 1)) + 1;
  return c;
}

template <class F>
void each_pool_case(bool one_line, F f) {
  struct Window {
    std::size_t lines, columns;
    std::ptrdiff_t window, column;
  };
  for (const Window& w : {Window{2, 2, 2, 1}, {3, 3, 2, 1}, {1, 1, 1, 1}, {3, 2, 1, 2}, {1, 5, 7, 1}, {11, 7, 3, 1}})
    for (std::size_t windows : {0, 1, 2, 7, 16, 19, 33})
      for (std::size_t channels : {1, 2, 3, 4, 8, 15, 16, 17, 37})
        for (std::ptrdiff_t gap : {0, 2})
          f(pool_case(windows, one_line ? 1 : w.lines, w.columns, w.window, w.column, channels, gap));
}

template <class T>
void check(myelin::MaxPoolRowFn<T>* got, myelin::MaxPoolRowFn<T>* want) {
  Random random(17);
  each_pool_case(false, [&](const PoolCase& c) {
    // Few different values, so that maxima tie.
    std::vector<T> values(c.input_size(c.plane));
    for (T& v : values) v = random() % 23 == 0 ? any_value<T>(random) : static_cast<T>(random() % 4);
    Array<T> image(values, 1);
    Output<T> expected(c.results()), actual(c.results(), 1);
    Output<std::int32_t> want_winner(c.results()), winner(c.results(), 1);
    want(c.row, image.data(), c.step, expected.data(), want_winner.data());
    got(c.row, image.data(), c.step, actual.data(), winner.data());
    expect_near<T>(c.describe(), expected, actual, {});
    expect_near<std::int32_t>(c.describe() + ", winner", want_winner, winner, {});
    expect_intact(c.describe(), actual);
    expect_intact(c.describe(), winner);
  });
}

template <class T>
void check(myelin::AvgPoolRowFn<T>* got, myelin::AvgPoolRowFn<T>* want) {
  Random random(18);
  each_pool_case(false, [&](const PoolCase& c) {
    Array<T> image(plain_values<T>(random, c.input_size(c.plane)), 1);
    Output<T> expected(c.results()), actual(c.results(), 1);
    const std::size_t taps = c.row.lines * c.row.columns;
    want(c.row, image.data(), c.step, static_cast<T>(taps), expected.data());
    got(c.row, image.data(), c.step, static_cast<T>(taps), actual.data());
    expect_near<T>(c.describe(), expected, actual, {static_cast<double>(c.row.lines + c.row.columns), 3});
    expect_intact(c.describe(), actual);
  });
}

// run(kernel, case, dout, dx, add) for all windows; without `add` for those only that do not overlap.
template <class T, class Fn, class Run>
void check_pool_backward(Fn* got, Fn* want, Run run) {
  Random random(19);
  each_pool_case(true, [&](const PoolCase& c) {
    Array<T> dout(plain_values<T>(random, c.input_size(c.row.windows)), 1);
    const std::vector<T> before = plain_values<T>(random, c.plane * c.row.channels);
    for (bool add : {true, false}) {
      if (!add && c.overlap()) continue;
      Output<T> expected(before), actual(before, 1);
      run(want, c, dout.data(), expected.data(), add);
      run(got, c, dout.data(), actual.data(), add);
      const std::string where = c.describe() + (add ? ", added" : "");
      expect_near<T>(where, expected, actual, {});
      expect_intact(where, actual);
    }
  });
}

template <class T>
void check(myelin::MaxPoolRowBackwardFn<T>* got, myelin::MaxPoolRowBackwardFn<T>* want) {
  check_pool_backward<T>(got, want, [](auto* kernel, const PoolCase& c, const T* dout, T* dx, bool add) {
    // One tap of each window, or, as when it misses the image, nowhere.
    Random random(20);
    Array<std::int32_t> winner(c.results());
    for (std::size_t i = 0; i < c.results(); i++) {
      const std::size_t tap = random() % (c.row.columns + 1);
      winner[i] = tap == c.row.columns ? -1 : static_cast<std::int32_t>(c.place(i / c.row.channels, 0, tap));
    }
    kernel(c.row, dout, c.step, winner.data(), static_cast<std::ptrdiff_t>(c.row.channels), dx, add);
  });
}

template <class T>
void check(myelin::AvgPoolRowBackwardFn<T>* got, myelin::AvgPoolRowBackwardFn<T>* want) {
  check_pool_backward<T>(got, want, [](auto* kernel, const PoolCase& c, const T* dout, T* dx, bool add) {
    kernel(c.row, dout, c.step, T(6), dx, add);
  });
}

}  // namespace kernel_test
