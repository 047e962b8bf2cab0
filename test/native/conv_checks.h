// conv2d and its gradients against seven plain loops.
#pragma once
#include "op_fixture.h"
#include "ops/conv_winograd.h"

namespace {

struct Conv {
  std::int64_t batch, channels, height, width, out_channels, kernel_y, kernel_x;
  std::int64_t stride_y, stride_x, top, left, bottom, right, dilation_y, dilation_x, groups;

  std::int64_t out_height() const { return (height + top + bottom - (kernel_y - 1) * dilation_y - 1) / stride_y + 1; }
  std::int64_t out_width() const { return (width + left + right - (kernel_x - 1) * dilation_x - 1) / stride_x + 1; }
  bool valid() const {
    return (kernel_y - 1) * dilation_y < height + top + bottom && (kernel_x - 1) * dilation_x < width + left + right;
  }
  std::vector<double> attrs(const std::vector<std::int64_t>& shape = {}) const {
    std::vector<double> values;
    const auto add = [&](const std::vector<std::int64_t>& numbers) {
      values.push_back(static_cast<double>(numbers.size()));
      for (const std::int64_t number : numbers) values.push_back(static_cast<double>(number));
    };
    if (!shape.empty()) add(shape);
    add({stride_y, stride_x});
    add({top, left, bottom, right});
    add({dilation_y, dilation_x});
    values.push_back(static_cast<double>(groups));
    return values;
  }
  std::vector<std::int64_t> x_shape() const { return {batch, channels, height, width}; }
  std::vector<std::int64_t> weight_shape() const { return {out_channels, channels / groups, kernel_y, kernel_x}; }
  std::vector<std::int64_t> out_shape() const { return {batch, out_channels, out_height(), out_width()}; }
};

// Calls body(x index, weight index, out index) for every product of the convolution.
template <class F>
void for_each_product(const Conv& conv, const F& body) {
  const std::int64_t cin = conv.channels / conv.groups, cout = conv.out_channels / conv.groups;
  for (std::int64_t b = 0; b < conv.batch; b++)
    for (std::int64_t o = 0; o < conv.out_channels; o++)
      for (std::int64_t y = 0; y < conv.out_height(); y++)
        for (std::int64_t x = 0; x < conv.out_width(); x++)
          for (std::int64_t c = 0; c < cin; c++)
            for (std::int64_t ky = 0; ky < conv.kernel_y; ky++)
              for (std::int64_t kx = 0; kx < conv.kernel_x; kx++) {
                const std::int64_t iy = y * conv.stride_y - conv.top + ky * conv.dilation_y;
                const std::int64_t ix = x * conv.stride_x - conv.left + kx * conv.dilation_x;
                if (iy < 0 || iy >= conv.height || ix < 0 || ix >= conv.width) continue;
                body(Dims{b, o / cout * cin + c, iy, ix}, Dims{o, c, ky, kx}, Dims{b, o, y, x});
              }
}

// Images are most often channels-last, sometimes NCHW, sometimes anything.
template <class T>
Array<T> make_images(const std::vector<std::int64_t>& shape, bool output) {
  const std::int64_t kind = pick(0, 5);
  if (kind < 3) return make_array<T>(shape, {0, 2, 3, 1}, 0);
  if (kind == 3) return make_array<T>(shape, Layout::kRowMajor);
  return make_array<T>(shape, output ? Layout::kAnyOrder : Layout::kGaps);
}

template <class T>
void check_sums(Array<T>& result, std::vector<Sum>& sums, std::int64_t terms, bool same, const std::string& what) {
  bool right = true;
  std::size_t next = 0;
  for_each_index(result.view, [&](const Dims& at) { right = right && close(result.at(at), sums[next++], terms); });
  check(right, what);
  check(same, what + ": threads differ");
  check(canaries_live(result), what + ": wrote beside the result");
}

std::size_t row_major(const View& view, const Dims& at) {
  std::int64_t index = 0;
  for (int i = 0; i < view.rank; i++) index = index * view.shape[i] + at[i];
  return static_cast<std::size_t>(index);
}

template <class T>
void test_conv(const Conv& conv) {
  Array<T> x = make_images<T>(conv.x_shape(), false), weight = random_array<T>(conv.weight_shape());
  Array<T> dout = make_images<T>(conv.out_shape(), false), bias = random_array<T>({coin() ? conv.out_channels : 0});
  Array<T> out = make_images<T>(conv.out_shape(), true), dx = make_images<T>(conv.x_shape(), true);
  Array<T> dweight = make_array<T>(conv.weight_shape(), coin() ? Layout::kRowMajor : Layout::kAnyOrder);
  fill(x);
  fill(dout);
  std::vector<Sum> out_sums(static_cast<std::size_t>(out.view.size())),
      dx_sums(static_cast<std::size_t>(dx.view.size())), dw_sums(static_cast<std::size_t>(dweight.view.size()));
  for_each_product(conv, [&](const Dims& xi, const Dims& wi, const Dims& oi) {
    const double xv = static_cast<double>(x.at(xi)), wv = static_cast<double>(weight.at(wi)),
                 dv = static_cast<double>(dout.at(oi));
    out_sums[row_major(out.view, oi)].add(xv * wv);
    dx_sums[row_major(dx.view, xi)].add(dv * wv);
    dw_sums[row_major(dweight.view, wi)].add(xv * dv);
  });
  if (bias.view.shape[0] > 0) {
    for_each_index(out.view, [&](const Dims& at) {
      out_sums[row_major(out.view, at)].add(static_cast<double>(bias.at({at[1]})));
    });
  }
  const std::vector<std::int64_t> x_shape = conv.x_shape(), w_shape = conv.weight_shape();
  std::string what = std::string(dtype_name(DTypeOf<T>::value)) + " x " + list(x_shape.data(), 4) + " by " +
                     list(x.view.strides.data(), 4) + " w " + list(w_shape.data(), 4) + " attrs";
  for (const double value : conv.attrs()) what += " " + std::to_string(static_cast<int>(value));
  const std::int64_t taps = conv.kernel_y * conv.kernel_x;
  bool same = same_on_all_threads(out, [&] {
    run_op("conv2d", {x.view, weight.view, bias.view}, out.view, conv.attrs());
  });
  check_sums(out, out_sums, taps * conv.channels, same, "conv2d " + what);
  same = same_on_all_threads(dx, [&] {
    run_op("conv2dDInput", {dout.view, weight.view}, dx.view, conv.attrs(conv.x_shape()));
  });
  check_sums(dx, dx_sums, taps * conv.out_channels, same, "conv2dDInput " + what);
  same = same_on_all_threads(dweight, [&] {
    run_op("conv2dDWeight", {x.view, dout.view}, dweight.view, conv.attrs(conv.weight_shape()));
  });
  check_sums(dweight, dw_sums, conv.batch * conv.out_height() * conv.out_width(), same, "conv2dDWeight " + what);
}

template <class T>
void test_convs() {
  for (int i = 0; i < 150; i++) {
    Conv conv{};
    do {
      const bool depthwise = pick(0, 3) == 0;
      conv.groups = depthwise ? pick(1, 40) : pick_of({1, 1, 1, 2, 3});
      conv.channels = conv.groups * (depthwise ? 1 : pick(1, 9));
      conv.out_channels = conv.groups * (depthwise ? 1 : pick_of({1, 2, 3, 7, 16, 17, 33}));
      conv.batch = pick(1, 4);
      conv.height = pick(1, 11);
      conv.width = pick(1, 19);
      conv.kernel_y = pick(1, 4);
      conv.kernel_x = pick(1, 4);
      conv.stride_y = pick_of({1, 1, 2, 3});
      conv.stride_x = pick_of({1, 1, 2, 3});
      conv.dilation_y = pick_of({1, 1, 2});
      conv.dilation_x = pick_of({1, 1, 2});
      conv.top = pick(0, 2), conv.left = pick(0, 2), conv.bottom = pick(0, 2), conv.right = pick(0, 2);
    } while (!conv.valid());
    test_conv<T>(conv);
  }
  // Sizes that are shared out: several strips an image, several parts of a sum, several panels of channels.
  test_conv<T>({16, 1, 28, 28, 32, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  test_conv<T>({9, 20, 40, 40, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1});
  test_conv<T>({2, 40, 14, 14, 70, 3, 3, 2, 2, 1, 1, 1, 1, 1, 1, 1});
  test_conv<T>({3, 33, 20, 20, 65, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1});
  test_conv<T>({4, 64, 30, 30, 64, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 64});
  // The other kernels of one channel each that have loops of their own, and dilation, which has none.
  for (const std::int64_t side : {3, 5}) {
    const std::int64_t edge = side / 2;
    test_conv<T>({2, 40, 14, 15, 40, side, side, 1, 1, edge, edge, edge, edge, 1, 1, 40});
    test_conv<T>({2, 40, 14, 15, 40, side, side, 2, 2, edge, edge, edge, edge, 1, 1, 40});
  }
  test_conv<T>({1, 17, 9, 12, 17, 7, 7, 1, 1, 3, 3, 3, 3, 1, 1, 17});
  test_conv<T>({1, 17, 13, 12, 17, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 17});
  // Few channels, whose gradient is cut into strips of an image.
  test_conv<T>({1, 3, 62, 30, 20, 7, 7, 2, 2, 3, 3, 3, 3, 1, 1, 1});
  test_conv<T>({2, 2, 45, 20, 16, 3, 3, 1, 1, 1, 0, 2, 1, 2, 1, 1});
  test_conv<T>({0, 3, 5, 5, 4, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, 1});
}

// Winograd's algorithm.

Array<double> widened(Array<float>& from) {
  const View& view = from.view;
  Array<double> wide = make_array<double>({view.shape.begin(), view.shape.begin() + view.rank}, Layout::kRowMajor);
  for_each_index(view, [&](const Dims& at) { wide.at(at) = static_cast<double>(from.at(at)); });
  return wide;
}

// The largest error is measured against the range of the result, as it does not depend on the magnitude of one element.
void check_range(Array<float>& got, Array<double>& expected, double tolerance, bool same, const std::string& what) {
  double range = 0, error = 0;
  for_each_index(got.view, [&](const Dims& at) {
    range = std::max(range, std::fabs(expected.at(at)));
    error = std::max(error, std::fabs(static_cast<double>(got.at(at)) - expected.at(at)));
  });
  check(error <= tolerance * range, what + ": error " + std::to_string(error) + " of range " + std::to_string(range));
  check(same, what + ": threads differ");
  check(canaries_live(got), what + ": wrote beside the result");
}

bool winograd_pays(std::int64_t batch, std::int64_t height, std::int64_t width, std::int64_t in, std::int64_t out) {
  const auto size = [](std::int64_t value) { return static_cast<std::size_t>(value); };
  return winograd::pays({size(batch), size(height), size(width), size(in), size(out), false});
}

// float32, of which all that pays goes by Winograd's algorithm, against float64, which never does.
void test_winograd(const Conv& conv) {
  Array<float> x = make_images<float>(conv.x_shape(), false), dout = make_images<float>(conv.out_shape(), false);
  Array<float> weight = random_array<float>(conv.weight_shape()), bias = random_array<float>({conv.out_channels});
  fill(x);
  fill(dout);
  Array<double> wide_x = widened(x), wide_dout = widened(dout), wide_weight = widened(weight),
                wide_bias = widened(bias);
  std::string what;
  for (const std::int64_t extent : conv.x_shape()) what += std::to_string(extent) + " ";
  for (const double value : conv.attrs()) what += " " + std::to_string(static_cast<int>(value));
  const auto compare = [&](const char* op, const std::vector<View>& in, const std::vector<View>& wide_in, auto out,
                           const std::vector<double>& attrs, double tolerance) {
    Array<double> expected = widened(out);
    run_op(op, wide_in, expected.view, attrs);
    const bool same = same_on_all_threads(out, [&] { run_op(op, in, out.view, attrs); });
    check_range(out, expected, tolerance, same, std::string(op) + " by tiles, " + what);
  };
  compare("conv2d", {x.view, weight.view, bias.view}, {wide_x.view, wide_weight.view, wide_bias.view},
          make_images<float>(conv.out_shape(), true), conv.attrs(), 5e-6);
  compare("conv2dDInput", {dout.view, weight.view}, {wide_dout.view, wide_weight.view},
          make_images<float>(conv.x_shape(), true), conv.attrs(conv.x_shape()), 5e-6);
  compare("conv2dDWeight", {x.view, dout.view}, {wide_x.view, wide_dout.view},
          make_array<float>(conv.weight_shape(), coin() ? Layout::kRowMajor : Layout::kAnyOrder),
          conv.attrs(conv.weight_shape()), 1e-5);
}

// A value that is not finite stays in the tiles that read it.
void test_winograd_infinity() {
  const Conv conv{4, 40, 24, 24, 40, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  check(winograd_pays(4, 24, 24, 40, 40), "a convolution by tiles");
  for (const float value : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
    Array<float> x = make_array<float>(conv.x_shape(), {0, 2, 3, 1}, 0),
                 out = make_array<float>(conv.out_shape(), {0, 2, 3, 1}, 0);
    Array<float> weight = random_array<float>(conv.weight_shape()), none = random_array<float>({0});
    fill(x);
    x.at({1, 7, 10, 13}) = value;
    run_op("conv2d", {x.view, weight.view, none.view}, out.view, conv.attrs());
    bool right = true;
    for_each_index(out.view, [&](const Dims& at) {
      const bool reads = at[0] == 1 && at[2] >= 9 && at[2] <= 11 && at[3] >= 12 && at[3] <= 14;
      const bool near = at[0] == 1 && at[2] >= 8 && at[2] <= 11 && at[3] >= 12 && at[3] <= 15;
      const bool finite = std::isfinite(out.at(at));
      right = right && (reads ? !finite : near || finite);
    });
    check(right, "what is not finite stays in its tiles");
  }
}

void test_winograds() {
  // Odd channels and borders, as many panels of weights as tiles or more, large and uneven padding, groups, wide batches
  // whose sums are cut into parts, dilation that leaves images of different sizes.
  for (const Conv& conv : {Conv{9, 20, 40, 40, 24, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                           Conv{3, 37, 21, 18, 45, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                           Conv{16, 150, 7, 7, 270, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                           Conv{12, 40, 13, 17, 64, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, 1},
                           Conv{12, 48, 13, 9, 33, 3, 3, 1, 1, 0, 4, 3, 1, 1, 1, 1},
                           Conv{5, 100, 20, 20, 120, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 2},
                           Conv{86, 24, 28, 28, 20, 3, 3, 1, 1, 1, 1, 1, 1, 1, 1, 1},
                           Conv{8, 40, 26, 30, 33, 3, 3, 1, 1, 2, 2, 2, 2, 2, 2, 1},
                           Conv{10, 48, 25, 23, 40, 3, 3, 1, 1, 3, 1, 1, 5, 3, 2, 1},
                           Conv{6, 80, 17, 30, 96, 3, 3, 1, 1, 0, 2, 1, 0, 1, 2, 2}}) {
    check(winograd_pays(conv.batch, (conv.out_height() + conv.dilation_y - 1) / conv.dilation_y,
                        (conv.out_width() + conv.dilation_x - 1) / conv.dilation_x, conv.channels / conv.groups,
                        conv.out_channels / conv.groups),
          "a convolution by tiles");
    test_winograd(conv);
  }
  check(!winograd_pays(64, 28, 28, 1, 32) && !winograd_pays(32, 224, 224, 3, 64), "few channels are summed directly");
  check(!winograd_pays(1, 7, 7, 512, 512), "few pixels are summed directly");
  check(winograd_pays(64, 13, 13, 32, 64) && winograd_pays(32, 7, 7, 512, 512), "many of both go by tiles");
  test_winograd_infinity();
}

// Windows that move by several pixels: forth and back, a correlation by tiles for each remainder of the stride.
void test_strided_winograds() {
  // Places of the kernel that some remainders have not, borders inside tiles, groups, more panels than tiles, strides that
  // differ, more than two.
  for (const Conv& conv : {Conv{8, 70, 32, 32, 90, 4, 4, 2, 2, 1, 1, 1, 1, 1, 1, 1},
                           Conv{8, 33, 30, 34, 50, 5, 5, 2, 2, 2, 2, 2, 2, 1, 1, 1},
                           Conv{4, 70, 22, 30, 40, 6, 6, 2, 2, 2, 2, 3, 1, 1, 1, 1},
                           Conv{12, 65, 32, 32, 96, 4, 4, 2, 2, 0, 0, 0, 0, 1, 1, 1},
                           Conv{12, 96, 30, 32, 130, 4, 5, 2, 2, 1, 2, 1, 1, 1, 1, 2},
                           Conv{16, 130, 16, 16, 270, 5, 5, 2, 2, 2, 2, 2, 2, 1, 1, 1},
                           Conv{6, 40, 24, 21, 48, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1, 1},
                           Conv{9, 60, 48, 48, 100, 6, 6, 3, 3, 1, 1, 2, 2, 1, 1, 1}}) {
    const auto size = [](std::int64_t value) { return static_cast<std::size_t>(value); };
    const std::size_t in = size(conv.channels / conv.groups), out = size(conv.out_channels / conv.groups);
    const std::size_t remainders = size(conv.stride_y * conv.stride_x), taps = size(conv.kernel_y * conv.kernel_x);
    check(winograd::pays({size(conv.batch), size(conv.out_height()), size(conv.out_width()), in, out, false, remainders,
                          1, taps}) &&
              winograd::pays({size(conv.batch), size(conv.height / conv.stride_y), size(conv.width / conv.stride_x),
                              out, in, false, 1, remainders, taps}),
          "a convolution by tiles, forth and back");
    test_winograd(conv);
  }
}

void test_forged_convs() {
  Array<float> a = random_array<float>({2, 3}, Layout::kRowMajor), v = random_array<float>({3}, Layout::kRowMajor);
  Array<float> x = random_array<float>({1, 2, 5, 5}, Layout::kRowMajor),
               k = random_array<float>({4, 2, 3, 3}, Layout::kRowMajor);
  Array<float> y = make_array<float>({1, 4, 3, 3}, Layout::kRowMajor),
               none = random_array<float>({0}, Layout::kRowMajor);
  const std::vector<std::pair<std::vector<double>, const char*>> forged = {
      {{2, 0, 1, 4, 0, 0, 0, 0, 2, 1, 1, 1}, "stride 0"},
      {{2, 1, 1, 4, 0, 0, 0, 0, 2, 1, 0, 1}, "dilation 0"},
      {{2, 1, 1, 4, 0, 0, 0, 0, 2, 1, 1, 0}, "groups 0"},
      {{2, 1, 1, 4, 0, 0, 0, 0, 2, 1, 1, 3}, "groups that do not divide"},
      {{2, 1, 1, 4, -1, 0, 0, 0, 2, 1, 1, 1}, "negative padding"},
      {{2, 1, 1, 4, 0, 0, 0, 0, 2, 9, 9, 1}, "a kernel larger than the input"},
      {{2, 1, 1, 4, 1, 1, 1, 1, 2, 1, 1, 1}, "a result of other size"},
      {{1, 1, 4, 0, 0, 0, 0, 2, 1, 1, 1}, "a stride of one number"},
      {{2, 1, 1, 4, 0, 0, 0, 0, 2, 1, 1}, "too few attributes"},
      {{2, 1e9, 1e9, 4, 1e9, 1e9, 1e9, 1e9, 2, 9e8, 9e8, 1}, "padding beyond memory"},
  };
  for (const auto& [attrs, why] : forged) expect_error("conv2d", {x.view, k.view, none.view}, y.view, attrs, why);
  const std::vector<double> plain = {2, 1, 1, 4, 0, 0, 0, 0, 2, 1, 1, 1};
  expect_error("conv2d", {x.view, k.view, v.view}, y.view, plain, "a bias of other length");
  expect_error("conv2d", {a.view, k.view, none.view}, y.view, plain, "an image of two axes");
  std::vector<double> shaped = {4, 1, 2, 6, 6};
  shaped.insert(shaped.end(), plain.begin(), plain.end());
  expect_error("conv2dDInput", {y.view, k.view}, x.view, shaped, "an input shape that does not fit");
  expect_error("conv2dDWeight", {x.view, y.view}, k.view, shaped, "a kernel shape that does not fit");
}

// Extents that cost no memory by themselves must not cost any, nor time, in between.
void test_extreme_convs() {
  const auto zeros = [](const std::vector<std::int64_t>& shape) {
    Array<float> array = make_array<float>(shape, Layout::kRowMajor);
    for_each_index(array.view, [&](const Dims& index) { array.at(index) = 0; });
    return array;
  };
  constexpr std::int64_t kFar = std::int64_t{1} << 30, kMany = 1 << 14, kStep = 1 << 22;
  constexpr double kEdge = kMany - 1, kJump = kFar, kReach = 160.0 * kStep;
  Array<float> bias = zeros({1}), none = zeros({0});
  bias.at({0}) = 3;

  Array<float> no_channels = zeros({1, 0, 1, 1}), empty_kernel = zeros({1, 0, kMany, kMany}),
               pixel = zeros({1, 1, 1, 1});
  run_op("conv2d", {no_channels.view, empty_kernel.view, bias.view}, pixel.view,
         {2, 1, 1, 4, kEdge, kEdge, 0, 0, 2, 1, 1, 1});
  check(pixel.at({0, 0, 0, 0}) == 3, "conv2d by a large kernel without elements is its bias");

  Array<float> x = zeros({1, 4, 1, 1}), k = zeros({1, 4, 1, 1}), rows = zeros({1, 1, 3, 1});
  run_op("conv2d", {x.view, k.view, bias.view}, rows.view, {2, kJump, kJump, 4, kJump, 0, kJump, 0, 2, 1, 1, 1});
  check(rows.at({0, 0, 0, 0}) == 3 && rows.at({0, 0, 1, 0}) == 3, "conv2d with a stride far beyond the image");

  Array<float> one = zeros({1, 1, 1, 1}), dout = zeros({1, 1, 161, 1}), dweight = zeros({1, 1, 1, 1});
  one.at({0, 0, 0, 0}) = 2;
  dout.at({0, 0, 160, 0}) = 5;
  run_op("conv2dDWeight", {one.view, dout.view}, dweight.view,
         {4, 1, 1, 1, 1, 2, double{kStep}, 1, 4, kReach, 0, 0, 0, 2, 1, 1, 1});
  check(dweight.at({0, 0, 0, 0}) == 10, "conv2dDWeight with a large stride");

  Array<float> no_images = zeros({0, 1, 1, 1}), none_either = zeros({0, 1, kMany, kMany});
  run_op("conv2dDInput", {no_images.view, one.view}, none_either.view,
         {4, 0, 1, double{kMany}, double{kMany}, 2, double{kMany}, double{kMany}, 4, 0, 0, 0, 0, 2, 1, 1, 1});
  check(true, "conv2dDInput of no images");
}

}  // namespace
