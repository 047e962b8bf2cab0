// matmul and linear: views, shapes and batches around the drivers of gemm_driver.cc and gemm_packed.cc.
#include "ops/gemm.h"

#include <algorithm>
#include <vector>

#include "core/pool.h"
#include "core/registry.h"
#include "ops/dot_products.h"
#include "ops/gemm_packed.h"
#include "ops/halves.h"
#include "ops/support.h"

namespace myelin {
namespace {

// The operands of one op after its shapes have been checked: matrices in the last two axes, batches in those before.
struct Operands {
  View a, b, out;
  Dims a_batch{}, b_batch{};  // strides along out's batch axes, 0 where the operand is repeated
  int batch_rank = 0;

  std::int64_t m() const { return out.shape[out.rank - 2]; }
  std::int64_t n() const { return out.shape[out.rank - 1]; }
  std::int64_t k() const { return a.shape[a.rank - 1]; }
  std::int64_t batches() const {
    std::int64_t count = 1;
    for (int i = 0; i < batch_rank; i++) count *= out.shape[i];
    return count;
  }
};

Dims batch_strides(const View& operand, const View& out) {
  require(operand.rank <= out.rank, "matmul: a batch has more axes than the result");
  Dims strides{};
  const int lead = out.rank - operand.rank;
  for (int i = 0; i + 2 < operand.rank; i++) {
    const std::int64_t extent = operand.shape[i];
    require(extent == 1 || extent == out.shape[lead + i], "matmul: batches do not broadcast");
    strides[lead + i] = extent == 1 ? 0 : operand.strides[i];
  }
  return strides;
}

Operands check_operands(const View& a, const View& b, const View& out) {
  require(a.rank >= 2 && b.rank >= 2 && out.rank >= 2, "matmul: an operand has fewer than two axes");
  require(a.dtype == b.dtype && a.dtype == out.dtype, "matmul: dtypes differ");
  Operands operands{a, b, out, batch_strides(a, out), batch_strides(b, out), out.rank - 2};
  require(out.shape[out.rank - 2] == a.shape[a.rank - 2] && out.shape[out.rank - 1] == b.shape[b.rank - 1] &&
              a.shape[a.rank - 1] == b.shape[b.rank - 2],
          "matmul: shapes do not match");
  return operands;
}

template <class T>
Matrix<T> matrix_of(const View& view) {
  return {reinterpret_cast<T*>(view.data), static_cast<std::ptrdiff_t>(view.strides[view.rank - 2]),
          static_cast<std::ptrdiff_t>(view.strides[view.rank - 1])};
}

// `T` is the type of an element, as Product has it.
template <class T, class Product = Gemm<T>>
Product product_of(const Operands& operands) {
  Product product{};
  product.m = static_cast<std::size_t>(operands.m());
  product.n = static_cast<std::size_t>(operands.n());
  product.k = static_cast<std::size_t>(operands.k());
  product.a = matrix_of<const T>(operands.a);
  product.b = matrix_of<const T>(operands.b);
  product.c = matrix_of<T>(operands.out);
  return product;
}

// Batches of A that share one B and continue A's and C's rows are just more rows.
template <class Product>
void fold_batches(Operands& operands, Product& product) {
  while (operands.batch_rank > 0) {
    const int axis = operands.batch_rank - 1;
    const std::int64_t extent = operands.out.shape[axis];
    const auto rows = static_cast<std::ptrdiff_t>(product.m);
    const auto a_step = static_cast<std::ptrdiff_t>(operands.a_batch[axis]);
    const auto out_step = static_cast<std::ptrdiff_t>(operands.out.strides[axis]);
    if (extent != 1) {
      if (operands.b_batch[axis] != 0) return;
      if (rows == 1) {
        product.a.row = a_step;
        product.c.row = out_step;
      } else if (a_step != rows * product.a.row || out_step != rows * product.c.row) {
        return;
      }
      product.m *= static_cast<std::size_t>(extent);
    }
    operands.batch_rank--;
  }
}

// Calls body(a_offset, b_offset, out_offset, index) for batches [begin, end).
template <class F>
void for_batches(const Operands& operands, std::size_t begin, std::size_t end, const F& body) {
  for (std::size_t batch = begin; batch < end; batch++) {
    std::int64_t rest = static_cast<std::int64_t>(batch), a = 0, b = 0, out = 0;
    for (int axis = operands.batch_rank - 1; axis >= 0; axis--) {
      const std::int64_t index = rest % operands.out.shape[axis];
      rest /= operands.out.shape[axis];
      a += index * operands.a_batch[axis];
      b += index * operands.b_batch[axis];
      out += index * operands.out.strides[axis];
    }
    body(a, b, out);
  }
}

// What follows the product, where C lies so that it can be done block by block.
const Finish* take_finish(OpCall& call) {
  if (call.finish == nullptr || !call.out[0].contiguous()) return nullptr;
  call.finished = true;
  return call.finish;
}

// Many or small products are shared out whole, one to a thread; a few large ones are cut one after the other.
template <class Product>
void multiply(const KernelTable& kernels, Operands operands, Product product) {
  fold_batches(operands, product);
  const std::size_t batches = static_cast<std::size_t>(operands.batches());
  const auto run = [&](std::size_t begin, std::size_t end, Threads threads) {
    for_batches(operands, begin, end, [&](std::int64_t a, std::int64_t b, std::int64_t out) {
      Product one = product;
      one.a.data += a;
      one.b.data += b;
      one.c.data += out;
      gemm(kernels, one, threads);
    });
  };
  constexpr std::size_t kManyBatches = 8, kLeastWork = 4000000;
  const std::size_t work = std::max<std::size_t>(1, 2 * product.m * product.n * product.k);
  if (batches < kManyBatches && work >= kLeastWork) return run(0, batches, Threads::kShared);
  const std::size_t chunks = chunks_for(batches, ceil_div(kLeastWork, work));
  if (chunks == 1) return run(0, batches, batches == 1 ? Threads::kShared : Threads::kCallerOnly);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(batches, chunks, chunk);
    run(mine.begin, mine.end, Threads::kCallerOnly);
  });
}

// Integers wrap: sums are formed without sign, where overflow is defined. Rows are shared out; nothing trains in integers.
template <class T>
void multiply_integers(const Operands& operands) {
  using Sum = std::conditional_t<sizeof(T) < 8, std::uint32_t, std::uint64_t>;
  const Gemm<T> product = product_of<T>(operands);
  const auto multiply_row = [&](const T* a, const T* b, T* out) {
    for (std::size_t j = 0; j < product.n; j++) {
      Sum sum = 0;
      for (std::size_t k = 0; k < product.k; k++) {
        sum += static_cast<Sum>(a[static_cast<std::ptrdiff_t>(k) * product.a.col]) *
               static_cast<Sum>(b[product.b.at(k, j) - product.b.data]);
      }
      out[static_cast<std::ptrdiff_t>(j) * product.c.col] = static_cast<T>(sum);
    }
  };
  const std::size_t rows = static_cast<std::size_t>(operands.batches()) * product.m;
  if (rows == 0) return;
  constexpr std::size_t kGrain = 1 << 18;
  const std::size_t chunks = chunks_for(rows, kGrain / (product.n * product.k + 1) + 1);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(rows, chunks, chunk);
    for (std::size_t row = mine.begin; row < mine.end; row++) {
      const std::size_t batch = row / product.m, i = row % product.m;
      for_batches(operands, batch, batch + 1, [&](std::int64_t a, std::int64_t b, std::int64_t out) {
        multiply_row(product.a.at(i, 0) + a, product.b.data + b, product.c.at(i, 0) + out);
      });
    }
  });
}

// bfloat16 is multiplied as it is where each element of B, which is packed, serves several rows. Other halves are widened.
bool multiplies_bfloat16(const Operands& operands) {
  constexpr std::int64_t kFewRows = 4;
  return operands.out.dtype == DType::kBFloat16 && operands.m() >= kFewRows &&
         operands.out.strides[operands.out.rank - 1] == 1;
}

BFloat16Product bfloat16_product_of(const Operands& operands) {
  return product_of<std::uint16_t, BFloat16Product>(operands);
}

void matmul(OpCall& call);
void linear(OpCall& call);
constexpr OpInfo kWidenedMatmul = {"matmul", 2, 1, matmul};
constexpr OpInfo kWidenedLinear = {"linear", 3, 1, linear};

void matmul(OpCall& call) {
  const Operands operands = check_operands(call.in[0], call.in[1], call.out[0]);
  require(operands.out.dtype != DType::kBool, "matmul: bool cannot be multiplied");
  if (multiplies_bfloat16(operands)) return multiply(call.kernels, operands, bfloat16_product_of(operands));
  if (is_half(operands.out.dtype)) return run_in_float32(kWidenedMatmul, call);
  visit_dtype(operands.out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      multiply_integers<T>(operands);
    } else {
      Gemm<T> product = product_of<T>(operands);
      product.finish = take_finish(call);
      multiply(call.kernels, operands, product);
    }
  });
}

View as_rows(View view) {
  require(view.rank >= 1, "linear: an operand has no axis");
  if (view.rank >= 2) return view;
  view.shape[1] = view.shape[0];
  view.strides[1] = view.strides[0];
  view.shape[0] = 1;
  view.strides[0] = 0;
  view.rank = 2;
  return view;
}

// Calls body(product) with the bias and what follows the sum.
template <class T, class F>
void with_bias(OpCall& call, const Operands& operands, bool relu, const F& body) {
  const View& bias = call.in[2];
  const T* values = bias.as<T>();
  std::vector<T> copy;
  if (bias.strides[0] != 1) {
    copy.resize(static_cast<std::size_t>(bias.shape[0]));
    for (std::size_t i = 0; i < copy.size(); i++) copy[i] = values[static_cast<std::int64_t>(i) * bias.strides[0]];
    values = copy.data();
  }
  Gemm<T> product = product_of<T>(operands);
  product.bias = values;
  product.relu = relu;
  body(product);
}

void linear_of_bfloat16(OpCall& call, const Operands& operands, bool relu) {
  const View& bias = call.in[2];
  const Temporary values(static_cast<std::size_t>(bias.shape[0]) * sizeof(float));
  convert_view(bias, contiguous_view(values.as<float>(), DType::kFloat32, bias.shape.data(), 1), call.kernels);
  BFloat16Product product = bfloat16_product_of(operands);
  product.col_terms = values.as<float>();
  product.relu = relu;
  multiply(call.kernels, operands, product);
}

View turned_weight(View weight) {
  require(weight.rank == 2, "linear: weight must have two axes");
  std::swap(weight.shape[0], weight.shape[1]);
  std::swap(weight.strides[0], weight.strides[1]);
  return weight;
}

Operands check_linear(const OpCall& call) {
  const View weight = turned_weight(call.in[1]);
  require(call.in[0].rank == call.out[0].rank, "linear: x and the result differ in rank");
  const Operands operands = check_operands(as_rows(call.in[0]), weight, as_rows(call.out[0]));
  const View& bias = call.in[2];
  require(bias.rank == 1 && bias.shape[0] == operands.n() && bias.dtype == operands.out.dtype,
          "linear: bias must have one element for each row of weight");
  return operands;
}

// out = act(x weight^T + bias), weight [N, K].
void linear(OpCall& call) {
  const Operands operands = check_linear(call);
  const bool as_it_is = multiplies_bfloat16(operands);
  if (is_half(operands.out.dtype) && !as_it_is) return run_in_float32(kWidenedLinear, call);
  const bool relu = call.attrs.choice(2) == 1;
  if (as_it_is) return linear_of_bfloat16(call, operands, relu);
  require(is_float(operands.out.dtype), "linear: dtype must be a float");
  visit_float(operands.out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    with_bias<T>(call, operands, relu, [&](Gemm<T> product) {
      product.finish = take_finish(call);
      multiply(call.kernels, operands, product);
    });
  });
}

template <class T>
PackedMatrix<T> packed_weight(const View& weight, const View& packed) {
  const PackedMatrix<T> matrix{static_cast<std::size_t>(weight.shape[0]), static_cast<std::size_t>(weight.shape[1])};
  // Views may repeat what they hold, so that extents say nothing of memory.
  constexpr double kMost = 0x1p46;
  require(matrix.k > 0 && static_cast<double>(matrix.k) * static_cast<double>(matrix.n) < kMost,
          "linear: the weight cannot be packed");
  require(packed.dtype == weight.dtype && packed.rank == 1 && packed.contiguous() &&
              packed.shape[0] == static_cast<std::int64_t>(matrix.elements()),
          "linear: what is packed has a wrong shape");
  return matrix;
}

// weight [N, K] -> the second factor of `linearPacked`, as ops/gemm_packed.h has it.
void pack_weight(OpCall& call) {
  const View weight = turned_weight(call.in[0]);
  require(is_float(weight.dtype), "linear: dtype must be float32 or float64");
  visit_float(weight.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const PackedMatrix<T> matrix = packed_weight<T>(weight, call.out[0]);
    const GemmKernels<T> kernels(call.kernels);
    matrix.pack_all(kernels, matrix_of<const T>(weight), call.out[0].as<T>());
  });
}

// The same as `linear`, with the packed weight as a fourth input.
void linear_packed(OpCall& call) {
  const Operands operands = check_linear(call);
  require(is_float(operands.out.dtype), "linear: dtype must be float32 or float64");
  const View weight = turned_weight(call.in[1]);
  const bool relu = call.attrs.choice(2) == 1;
  visit_float(operands.out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    packed_weight<T>(weight, call.in[3]);
    require(operands.out.contiguous(), "linear: the result is not row-major");
    with_bias<T>(call, operands, relu, [&](const Gemm<T>& product) {
      Operands rest = operands;
      Gemm<T> rows = product;
      fold_batches(rest, rows);
      for_batches(rest, 0, static_cast<std::size_t>(rest.batches()),
                  [&](std::int64_t a, std::int64_t, std::int64_t out) {
                    Gemm<T> one = rows;
                    one.a.data += a;
                    one.c.data += out;
                    gemm_packed(call.kernels, one, call.in[3].as<T>());
                  });
    });
  });
}

}  // namespace

void register_gemm(OpList& ops) {
  ops.push_back({"matmul", 2, 1, matmul, true});
  ops.push_back({"linear", 3, 1, linear, true});
  ops.push_back({"packWeight", 1, 1, pack_weight});
  ops.push_back({"linearPacked", 4, 1, linear_packed});
}

}  // namespace myelin
