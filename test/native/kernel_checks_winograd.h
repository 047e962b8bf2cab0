#pragma once
// Checks of the transforms of Winograd's convolution.
#include <utility>

#include "kernel_fixture.h"
#include "kernels/kernels.h"

namespace kernel_test {

// The places of a transform's square, before and after.
inline std::pair<std::size_t, std::size_t> winograd_sides() {
  const std::string verb = report.verb();
  if (verb == "winograd_input") return {6, 6};
  if (verb == "winograd_weights") return {3, 6};
  if (verb == "winograd_output") return {6, 4};
  return verb == "winograd_dout" ? std::pair<std::size_t, std::size_t>{4, 6}
                                 : std::pair<std::size_t, std::size_t>{6, 3};
}

// Squares of which all or some rows and columns exist, and all or some are wanted.
inline void check(myelin::WinogradFn* got, myelin::WinogradFn* want) {
  Random random(29);
  const auto [in, out] = winograd_sides();
  const bool biased = out == 4;
  for (std::size_t width : {0, 1, 3, 4, 7, 8, 15, 16, 17, 32, 37, 65})
    for (int round = 0; round < 12; round++) {
      const std::size_t gap = random() % 3, in_col = width + gap, in_row = in * in_col + gap;
      const std::size_t out_col = width + gap, out_row = out * out_col + gap;
      myelin::WinogradBlock block{};
      block.in_row = static_cast<std::ptrdiff_t>(in_row);
      block.in_col = static_cast<std::ptrdiff_t>(in_col);
      block.out_row = static_cast<std::ptrdiff_t>(out_row);
      block.out_col = static_cast<std::ptrdiff_t>(out_col);
      block.width = width;
      const bool whole = round < 3;
      block.bottom = whole ? in : random() % (in + 1);
      block.right = whole ? in : random() % (in + 1);
      block.top = whole ? 0 : random() % (block.bottom + 1);
      block.left = whole ? 0 : random() % (block.right + 1);
      block.out_rows = whole ? out : random() % (out + 1);
      block.out_cols = whole ? out : random() % (out + 1);
      // Only what exists has memory, so that an address sanitizer sees what is read beside it.
      const bool empty = width == 0 || block.top == block.bottom || block.left == block.right;
      const std::size_t first = block.top * in_row + block.left * in_col;
      const std::size_t last = empty ? first : (block.bottom - 1) * in_row + (block.right - 1) * in_col + width;
      Array<float> values(plain_values<float>(random, last - first), 1), bias(plain_values<float>(random, width), 1);
      block.in = values.data() - first;
      block.bias = biased && round % 2 == 0 ? bias.data() : nullptr;
      const std::vector<float> start = plain_values<float>(random, out * out_row);
      Output<float> expected(start), actual(start, 1);
      block.out = expected.data();
      want(block);
      block.out = actual.data();
      got(block);
      const std::string where = "width " + std::to_string(width) + ", round " + std::to_string(round);
      // 160: the greatest sum of the magnitudes of what an element is made of.
      expect_near<float>(where, expected, actual, {8, 160});
      expect_intact(where, actual);
    }
}

}  // namespace kernel_test
