// What tests of op bodies share: tensors of random layout with canaries, sums with their error bound, running an op by name.
#pragma once
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

// Tensors of any layout, with canaries around and between their elements.

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

}  // namespace
