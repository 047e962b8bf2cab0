// Matrix products and convolutions against plain loops in double precision, on every ISA this CPU has, and bit for bit
// the same on any number of threads.
#include "conv_checks.h"
#include "dot_checks.h"
#include "op_fixture.h"
#include "ops/gemm.h"

namespace {

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
  before.view.data =
      reinterpret_cast<char*>(before.memory.data()) + (c.view.data - reinterpret_cast<char*>(c.memory.data()));
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
  const std::int64_t large[][3] = {{300, 700, 601}, {40, 300, 1100}, {33, 1100, 260},  {500, 70, 300},
                                   {64, 65, 2100},  {1, 3000, 300},  {3000, 1, 300},   {260, 2100, 200},
                                   {2, 2000, 500},  {200, 7, 900},   {280, 1100, 1090}};
  for (const auto& [m, n, k] : large) {
    test_gemm<T>(m, n, k, Layout::kRowMajor);
    test_gemm<T>(m, n, k, Layout::kAnyOrder);
    test_gemm<T>(m, n, k, Layout::kAnyOrder);
    test_gemm<T>(m, n, k, Layout::kGaps);
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
  const bool same = same_on_all_threads(out, [&] {
    run_op("linear", {x.view, weight.view, bias.view}, out.view, {relu ? 1.0 : 0.0});
  });
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
  const std::string what =
      "linear " + list(x_shape.data(), static_cast<int>(x_shape.size())) + " -> " + std::to_string(n);
  check(right, what);
  check(same, what + ": threads differ");
  check(canaries_live(out), what + ": wrote beside the result");
}

void test_forged_products() {
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
}

void test_forged_integer_products() {
  const auto make = [](const std::vector<std::int64_t>& shape) {
    return random_array<std::uint8_t>(shape, Layout::kRowMajor);
  };
  Array<std::uint8_t> a = make({2, 3}), b = make({3, 5}), c = make({4, 5}), v = make({3}), bytes = make({2, 5});
  Array<std::int32_t> out = make_array<std::int32_t>({2, 5}, Layout::kRowMajor);
  Array<std::int32_t> turned = make_array<std::int32_t>({2, 5}, {1, 0}, 0);
  Array<std::uint8_t> long_row = make({2, 33026}), long_columns = make({33026, 5});
  expect_error("matmulInteger", {a.view, c.view}, out.view, {0, 0}, "inner dimensions that differ");
  expect_error("matmulInteger", {a.view, v.view}, out.view, {0, 0}, "a vector on the right");
  expect_error("matmulInteger", {v.view, b.view}, out.view, {0, 0}, "a result of other rank");
  expect_error("matmulInteger", {a.view, b.view}, bytes.view, {0, 0}, "a result of bytes");
  expect_error("matmulInteger", {out.view, b.view}, out.view, {0, 0}, "an input of int32");
  expect_error("matmulInteger", {a.view, b.view}, turned.view, {0, 0}, "a result that is not row-major");
  expect_error("matmulInteger", {long_row.view, long_columns.view}, out.view, {0, 0}, "a sum that may not fit");
  expect_error("matmulInteger", {a.view, b.view}, out.view, {256, 0}, "a zero point that is no byte");
  expect_error("matmulInteger", {a.view, b.view}, out.view, {0, -1}, "a negative zero point");
  expect_error("matmulInteger", {a.view, b.view}, out.view, {0}, "one zero point");
}

}  // namespace

int main() {
  for (const KernelTable* table : supported_kernels()) {
    if (std::strcmp(table->isa, "reference") == 0) continue;
    select_kernels(table->isa);
    test_gemms<float>();
    test_gemms<double>();
    test_all_dots();
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
    test_winograds();
    test_strided_winograds();
  }
  test_forged_products();
  test_forged_integer_products();
  test_forged_convs();
  test_extreme_convs();
  std::printf("%d passed, %d failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
