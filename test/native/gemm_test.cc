// Matrix products and convolutions against plain loops in double precision, on every ISA this CPU has, and bit for bit
// the same on any number of threads.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <functional>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "core/cpu.h"
#include "core/pool.h"
#include "core/registry.h"
#include "ops/gemm.h"

using namespace myelin;

namespace {

int passed = 0, failed = 0;
std::mt19937 generator(20240607);

void check(bool ok, const std::string& what) {
  (ok ? passed : failed)++;
  if (!ok) std::printf("FAILED [%s] %s\n", active_kernels().isa, what.c_str());
}

std::int64_t pick(std::int64_t low, std::int64_t high) {
  return std::uniform_int_distribution<std::int64_t>(low, high)(generator);
}
std::int64_t pick_of(const std::vector<std::int64_t>& values) {
  return values[static_cast<std::size_t>(pick(0, static_cast<std::int64_t>(values.size()) - 1))];
}
bool coin() { return pick(0, 1) == 1; }

std::string list(const std::int64_t* values, int count) {
  std::string text = "[";
  for (int i = 0; i < count; i++) text += (i > 0 ? "," : "") + std::to_string(values[i]);
  return text + "]";
}

// ---- tensors of any layout, with canaries around and between their elements -------------------------------------------

constexpr double kCanary = 12345;

template <class T>
struct Array {
  std::vector<T> memory;
  View view;

  T& at(const Dims& index) {
    std::int64_t offset = 0;
    for (int i = 0; i < view.rank; i++) offset += index[i] * view.strides[i];
    return reinterpret_cast<T*>(view.data)[offset];
  }
};

template <class F>
void for_each_index(const View& view, const F& body) {
  if (view.size() == 0) return;
  Dims index{};
  for (;;) {
    body(index);
    int axis = view.rank - 1;
    while (axis >= 0 && ++index[axis] == view.shape[axis]) index[axis--] = 0;
    if (axis < 0) return;
  }
}

enum class Layout { kRowMajor, kAnyOrder, kGaps };

// `order` permutes the axes from the outermost to the innermost; `gap` elements are left free in the innermost steps.
template <class T>
Array<T> make_array(const std::vector<std::int64_t>& shape, std::vector<int> order, std::int64_t gap) {
  Array<T> array;
  array.view.dtype = DTypeOf<T>::value;
  array.view.rank = static_cast<int>(shape.size());
  std::int64_t step = 1;
  for (std::size_t i = shape.size(); i-- > 0;) {
    const int axis = order[i];
    array.view.shape[axis] = shape[static_cast<std::size_t>(axis)];
    array.view.strides[axis] = step;
    step = step * std::max<std::int64_t>(1, shape[static_cast<std::size_t>(axis)]) + gap;
  }
  constexpr std::int64_t kMargin = 64;
  array.memory.assign(static_cast<std::size_t>(step + 2 * kMargin), static_cast<T>(kCanary));
  array.view.data = reinterpret_cast<char*>(array.memory.data() + kMargin + pick(0, 3));
  return array;
}

template <class T>
Array<T> make_array(const std::vector<std::int64_t>& shape, Layout layout) {
  std::vector<int> order(shape.size());
  for (std::size_t i = 0; i < order.size(); i++) order[i] = static_cast<int>(i);
  if (layout != Layout::kRowMajor) std::shuffle(order.begin(), order.end(), generator);
  Array<T> array = make_array<T>(shape, order, layout == Layout::kGaps ? pick(0, 3) : 0);
  return array;
}

template <class T>
void fill(Array<T>& array) {
  for_each_index(array.view, [&](const Dims& index) {
    array.at(index) = std::is_integral_v<T> ? static_cast<T>(pick(-9, 9))
                                            : static_cast<T>(std::uniform_real_distribution<double>(-1, 1)(generator));
  });
}

template <class T>
Array<T> random_array(const std::vector<std::int64_t>& shape, Layout layout = Layout::kGaps) {
  Array<T> array = make_array<T>(shape, layout);
  fill(array);
  // An axis read backwards.
  if (layout == Layout::kGaps && !shape.empty() && pick(0, 4) == 0) {
    const int axis = static_cast<int>(pick(0, array.view.rank - 1));
    if (array.view.shape[axis] > 0) {
      array.view.data += (array.view.shape[axis] - 1) * array.view.strides[axis] * static_cast<std::int64_t>(sizeof(T));
      array.view.strides[axis] = -array.view.strides[axis];
    }
  }
  return array;
}

// Whether what is no element still holds the canary.
template <class T>
bool canaries_live(Array<T>& array) {
  std::vector<T> rest = array.memory;
  const std::ptrdiff_t start = reinterpret_cast<T*>(array.view.data) - array.memory.data();
  for_each_index(array.view, [&](const Dims& index) {
    std::ptrdiff_t offset = start;
    for (int i = 0; i < array.view.rank; i++) offset += static_cast<std::ptrdiff_t>(index[i] * array.view.strides[i]);
    rest[static_cast<std::size_t>(offset)] = static_cast<T>(kCanary);
  });
  return std::all_of(rest.begin(), rest.end(), [](T value) { return value == static_cast<T>(kCanary); });
}

// A sum of `terms` products and the sum of their magnitudes, which bounds its rounding.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double term) {
    value += term;
    magnitude += std::fabs(term);
  }
};

template <class T>
bool close(T got, const Sum& expected, std::int64_t terms) {
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const double tolerance = eps * (4 + static_cast<double>(terms) / 8) * expected.magnitude;
  return std::fabs(static_cast<double>(got) - expected.value) <= tolerance;
}

// Runs `body` with 1, 2, 3 and 7 threads; true if `result` has the same bits each time.
template <class T>
bool same_on_all_threads(Array<T>& result, const std::function<void()>& body) {
  const std::vector<T> before = result.memory;
  pool::set_threads(1);
  body();
  const std::vector<T> expected = result.memory;
  bool same = true;
  for (const int threads : {2, 3, 7}) {
    result.memory = before;
    pool::set_threads(threads);
    body();
    same = same && std::memcmp(expected.data(), result.memory.data(), expected.size() * sizeof(T)) == 0;
  }
  return same;
}

// ---- the driver ------------------------------------------------------------------------------------------------------

template <class T>
Matrix<T> matrix_of(const View& view) {
  return {reinterpret_cast<T*>(view.data), static_cast<std::ptrdiff_t>(view.strides[0]),
          static_cast<std::ptrdiff_t>(view.strides[1])};
}

template <class T>
void test_gemm(std::int64_t m, std::int64_t n, std::int64_t k, Layout layout) {
  Array<T> a = random_array<T>({m, k}, layout), b = random_array<T>({k, n}, layout);
  Array<T> c = make_array<T>({m, n}, pick(0, 3) == 0 ? Layout::kGaps : Layout::kRowMajor);
  Array<T> bias = random_array<T>({n}, Layout::kRowMajor);
  fill(c);
  const std::vector<T> c_memory = c.memory;
  Gemm<T> product{};
  product.m = static_cast<std::size_t>(m);
  product.n = static_cast<std::size_t>(n);
  product.k = static_cast<std::size_t>(k);
  product.a = matrix_of<const T>(a.view);
  product.b = matrix_of<const T>(b.view);
  product.c = matrix_of<T>(c.view);
  product.accumulate = coin();
  product.alpha = coin() ? T(1) : T(-0.5);
  product.bias = coin() ? reinterpret_cast<const T*>(bias.view.data) : nullptr;
  product.relu = coin();
  const bool same = same_on_all_threads(c, [&] { gemm(active_kernels(), product); });
  Array<T> before = c;
  before.memory = c_memory;
  before.view.data = reinterpret_cast<char*>(before.memory.data()) +
                     (c.view.data - reinterpret_cast<char*>(c.memory.data()));
  bool right = true;
  // All of a small product, a sample of a large one.
  const std::int64_t step = std::max<std::int64_t>(1, m * n * k / 400000);
  std::int64_t index = 0;
  for_each_index(c.view, [&](const Dims& at) {
    if (index++ % step != 0) return;
    Sum sum;
    for (std::int64_t i = 0; i < k; i++) {
      sum.add(static_cast<double>(product.alpha) * static_cast<double>(a.at({at[0], i})) *
              static_cast<double>(b.at({i, at[1]})));
    }
    if (product.accumulate) sum.add(static_cast<double>(before.at(at)));
    if (product.bias != nullptr) sum.add(static_cast<double>(bias.at({at[1]})));
    if (product.relu && sum.value < 0) sum.value = 0;
    right = right && close(c.at(at), sum, k);
  });
  const std::string what = "gemm " + std::string(dtype_name(DTypeOf<T>::value)) + " m " + std::to_string(m) + " n " +
                           std::to_string(n) + " k " + std::to_string(k) + " a " + list(a.view.strides.data(), 2) +
                           " b " + list(b.view.strides.data(), 2) + " c " + list(c.view.strides.data(), 2) +
                           (product.accumulate ? " accumulate" : "") + (product.bias != nullptr ? " bias" : "") +
                           (product.relu ? " relu" : "");
  check(right, what);
  check(same, what + ": threads differ");
  check(canaries_live(c), what + ": wrote beside C");
}

template <class T>
void test_gemms() {
  const std::vector<std::int64_t> sizes = {0, 1, 2, 3, 5, 6, 7, 8, 13, 15, 16, 17, 31, 33, 48, 63, 64, 65, 97, 130};
  for (int i = 0; i < 300; i++) test_gemm<T>(pick_of(sizes), pick_of(sizes), pick_of(sizes), Layout::kGaps);
  for (int i = 0; i < 40; i++) test_gemm<T>(pick_of(sizes), pick_of(sizes), pick_of(sizes), Layout::kAnyOrder);
  // Each way of cutting: sums in several blocks, B packed by all or by one, A turned, rows and columns shared out,
  // matrix times vector in several chunks.
  const std::int64_t large[][3] = {{300, 700, 601}, {40, 300, 1100}, {33, 1100, 260}, {500, 70, 300}, {64, 65, 2100},
                                   {1, 3000, 300},  {3000, 1, 300},  {260, 2100, 200}, {2, 2000, 500}, {200, 7, 900}};
  for (const auto& [m, n, k] : large) {
    test_gemm<T>(m, n, k, Layout::kRowMajor);
    test_gemm<T>(m, n, k, Layout::kAnyOrder);
    test_gemm<T>(m, n, k, Layout::kAnyOrder);
    test_gemm<T>(m, n, k, Layout::kGaps);
  }
}

// ---- ops -------------------------------------------------------------------------------------------------------------

void run_op(const char* name, std::vector<View> in, View out, const std::vector<double>& attrs) {
  for (const OpInfo& op : all_ops()) {
    if (std::strcmp(op.name, name) != 0) continue;
    OpCall call{in.data(), static_cast<int>(in.size()), &out, 1, Attrs(attrs.data(), attrs.size()), active_kernels()};
    return op.run(call);
  }
  fail("COMMAND", std::string("no op is called ") + name);
}

void expect_error(const char* name, const std::vector<View>& in, const View& out, const std::vector<double>& attrs,
                  const char* why) {
  try {
    run_op(name, in, out, attrs);
    check(false, std::string(name) + " accepted " + why);
  } catch (const Error&) {
    check(true, name);
  }
}

template <class T>
void test_matmul(const std::vector<std::int64_t>& batch, std::int64_t m, std::int64_t n, std::int64_t k) {
  // Each operand leaves out leading batch axes, or repeats some.
  const auto batch_of = [&] {
    std::vector<std::int64_t> own(batch.begin() + pick(0, static_cast<std::int64_t>(batch.size())), batch.end());
    for (std::int64_t& extent : own) {
      if (pick(0, 3) == 0) extent = 1;
    }
    return own;
  };
  std::vector<std::int64_t> a_shape = batch_of(), b_shape = batch_of(), shape = batch;
  a_shape.insert(a_shape.end(), {m, k});
  b_shape.insert(b_shape.end(), {k, n});
  shape.insert(shape.end(), {m, n});
  Array<T> a = random_array<T>(a_shape, coin() ? Layout::kGaps : Layout::kRowMajor);
  Array<T> b = random_array<T>(b_shape, coin() ? Layout::kGaps : Layout::kRowMajor);
  Array<T> out = make_array<T>(shape, coin() ? Layout::kAnyOrder : Layout::kRowMajor);
  const bool same = same_on_all_threads(out, [&] { run_op("matmul", {a.view, b.view}, out.view, {}); });
  bool right = true;
  const auto operand_index = [](const View& view, const Dims& at, int rank) {
    Dims index{};
    const int lead = rank - view.rank;
    for (int i = 0; i + 2 < view.rank; i++) index[i] = view.shape[i] == 1 ? 0 : at[lead + i];
    return index;
  };
  for_each_index(out.view, [&](const Dims& at) {
    Dims ai = operand_index(a.view, at, out.view.rank), bi = operand_index(b.view, at, out.view.rank);
    ai[a.view.rank - 2] = at[out.view.rank - 2];
    bi[b.view.rank - 1] = at[out.view.rank - 1];
    Sum sum;
    for (std::int64_t i = 0; i < k; i++) {
      ai[a.view.rank - 1] = bi[b.view.rank - 2] = i;
      sum.add(static_cast<double>(a.at(ai)) * static_cast<double>(b.at(bi)));
    }
    right = right && (std::is_integral_v<T> ? static_cast<double>(out.at(at)) == sum.value : close(out.at(at), sum, k));
  });
  const std::string what = "matmul " + std::string(dtype_name(DTypeOf<T>::value)) + " " +
                           list(a_shape.data(), static_cast<int>(a_shape.size())) + " x " +
                           list(b_shape.data(), static_cast<int>(b_shape.size()));
  check(right, what);
  check(same, what + ": threads differ");
  check(canaries_live(out), what + ": wrote beside the result");
}

template <class T>
void test_linear(const std::vector<std::int64_t>& lead, std::int64_t n, std::int64_t k) {
  std::vector<std::int64_t> x_shape = lead, out_shape = lead;
  x_shape.push_back(k);
  out_shape.push_back(n);
  Array<T> x = random_array<T>(x_shape, coin() ? Layout::kGaps : Layout::kRowMajor);
  Array<T> weight = random_array<T>({n, k}, coin() ? Layout::kGaps : Layout::kRowMajor), bias = random_array<T>({n});
  Array<T> out = make_array<T>(out_shape, Layout::kRowMajor);
  const bool relu = coin();
  const bool same = same_on_all_threads(
      out, [&] { run_op("linear", {x.view, weight.view, bias.view}, out.view, {relu ? 1.0 : 0.0}); });
  bool right = true;
  for_each_index(out.view, [&](const Dims& at) {
    Dims from = at;
    const std::int64_t j = at[out.view.rank - 1];
    Sum sum;
    for (std::int64_t i = 0; i < k; i++) {
      from[out.view.rank - 1] = i;
      sum.add(static_cast<double>(x.at(from)) * static_cast<double>(weight.at({j, i})));
    }
    sum.add(static_cast<double>(bias.at({j})));
    if (relu && sum.value < 0) sum.value = 0;
    right = right && close(out.at(at), sum, k + 1);
  });
  const std::string what = "linear " + list(x_shape.data(), static_cast<int>(x_shape.size())) + " -> " + std::to_string(n);
  check(right, what);
  check(same, what + ": threads differ");
  check(canaries_live(out), what + ": wrote beside the result");
}

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
  std::vector<Sum> out_sums(static_cast<std::size_t>(out.view.size())), dx_sums(static_cast<std::size_t>(dx.view.size())),
      dw_sums(static_cast<std::size_t>(dweight.view.size()));
  for_each_product(conv, [&](const Dims& xi, const Dims& wi, const Dims& oi) {
    const double xv = static_cast<double>(x.at(xi)), wv = static_cast<double>(weight.at(wi)), dv = static_cast<double>(dout.at(oi));
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
  bool same = same_on_all_threads(
      out, [&] { run_op("conv2d", {x.view, weight.view, bias.view}, out.view, conv.attrs()); });
  check_sums(out, out_sums, taps * conv.channels, same, "conv2d " + what);
  same = same_on_all_threads(
      dx, [&] { run_op("conv2dDInput", {dout.view, weight.view}, dx.view, conv.attrs(conv.x_shape())); });
  check_sums(dx, dx_sums, taps * conv.out_channels, same, "conv2dDInput " + what);
  same = same_on_all_threads(
      dweight, [&] { run_op("conv2dDWeight", {x.view, dout.view}, dweight.view, conv.attrs(conv.weight_shape())); });
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
  test_conv<T>({0, 3, 5, 5, 4, 3, 3, 1, 1, 0, 0, 0, 0, 1, 1, 1});
}

void test_forged() {
  Array<float> a = random_array<float>({2, 3}, Layout::kRowMajor), b = random_array<float>({4, 5}, Layout::kRowMajor);
  Array<float> out = make_array<float>({2, 5}, Layout::kRowMajor), v = random_array<float>({3}, Layout::kRowMajor);
  Array<double> d = random_array<double>({3, 5}, Layout::kRowMajor);
  expect_error("matmul", {a.view, b.view}, out.view, {}, "inner dimensions that differ");
  expect_error("matmul", {a.view, d.view}, out.view, {}, "dtypes that differ");
  expect_error("matmul", {a.view, v.view}, out.view, {}, "a vector");
  expect_error("linear", {a.view, b.view, v.view}, out.view, {0}, "a weight of other depth");
  Array<float> w = random_array<float>({5, 3}, Layout::kRowMajor), five = random_array<float>({5}, Layout::kRowMajor);
  expect_error("linear", {a.view, w.view, v.view}, out.view, {0}, "a bias of other length");
  expect_error("linear", {a.view, w.view, five.view}, out.view, {2}, "an activation that does not exist");
  expect_error("linear", {a.view, w.view, five.view}, out.view, {}, "no attributes");
  Array<float> x = random_array<float>({1, 2, 5, 5}, Layout::kRowMajor), k = random_array<float>({4, 2, 3, 3}, Layout::kRowMajor);
  Array<float> y = make_array<float>({1, 4, 3, 3}, Layout::kRowMajor), none = random_array<float>({0}, Layout::kRowMajor);
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

}  // namespace

int main() {
  for (const KernelTable* table : supported_kernels()) {
    select_kernels(table->isa);
    test_gemms<float>();
    test_gemms<double>();
    for (int i = 0; i < 60; i++) {
      std::vector<std::int64_t> batch;
      for (std::int64_t rank = pick(0, 3); rank > 0; rank--) batch.push_back(pick_of({0, 1, 2, 3, 5}));
      test_matmul<float>(batch, pick_of({1, 2, 7, 20}), pick_of({1, 3, 16, 40}), pick_of({0, 1, 5, 33}));
      test_matmul<double>(batch, pick_of({1, 2, 7, 20}), pick_of({1, 3, 16, 40}), pick_of({0, 1, 5, 33}));
      test_matmul<std::int32_t>(batch, pick(1, 5), pick(1, 5), pick(0, 5));
      test_matmul<std::int64_t>(batch, pick(1, 5), pick(1, 5), pick(0, 5));
      test_linear<float>(batch, pick_of({1, 3, 16, 40}), pick_of({0, 1, 5, 33}));
      test_linear<double>(batch, pick_of({1, 3, 16, 40}), pick_of({0, 1, 5, 33}));
    }
    test_matmul<float>({40}, 40, 48, 40);
    test_matmul<float>({3}, 150, 130, 128);
    test_convs<float>();
    test_convs<double>();
  }
  test_forged();
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
