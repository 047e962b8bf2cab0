#include <cmath>
#include <functional>
#include <utility>

#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Floats are carried along a row in double, integers in int64, where they wrap.
template <class T>
using Carry = std::conditional_t<std::is_floating_point_v<T>, double, std::int64_t>;

struct Sum {
  static constexpr int kStart = 0;
  static double combine(double a, double b) { return a + b; }
  static std::int64_t combine(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};
struct Product {
  static constexpr int kStart = 1;
  static double combine(double a, double b) { return a * b; }
  static std::int64_t combine(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};
struct LogSum {
  static constexpr double kStart = -std::numeric_limits<double>::infinity();
  // ln(eᵃ + eᵇ) without overflow. NaN stays; equal infinities are their own sum.
  static double combine(double a, double b) {
    const double high = a > b ? a : b, low = a > b ? b : a;
    if (a != a || b != b) return std::numeric_limits<double>::quiet_NaN();
    return high == low && std::isinf(high) ? high : high + std::log1p(std::exp(low - high));
  }
};

// A tensor as rows along one axis; `reversed` walks them from their ends.
View line_view(View view, int axis, bool reversed) {
  if (!reversed || view.shape[axis] == 0) return view;
  view.data += (view.shape[axis] - 1) * view.strides[axis] * static_cast<std::int64_t>(item_size(view.dtype));
  view.strides[axis] = -view.strides[axis];
  return view;
}

// In several lanes, so that one addition need not wait for the other.
template <class Combine, class T>
Carry<T> total_of(Row<const T> x) {
  constexpr std::size_t kLanes = 8;
  Carry<T> lanes[kLanes];
  std::fill_n(lanes, kLanes, Combine::kStart);
  const auto take = [&](std::size_t lane, std::size_t i) {
    const T value = x.data[static_cast<std::int64_t>(i) * x.stride];
    lanes[lane] = Combine::combine(lanes[lane], static_cast<Carry<T>>(value));
  };
  std::size_t i = 0;
  for (; i + kLanes <= x.n; i += kLanes) {
    for (std::size_t lane = 0; lane < kLanes; lane++) take(lane, i + lane);
  }
  for (; i < x.n; i++) take(0, i);
  for (std::size_t lane = 1; lane < kLanes; lane++) lanes[0] = Combine::combine(lanes[0], lanes[lane]);
  return lanes[0];
}

template <class Combine, class T, class Out>
void scan_row(Row<const T> x, Row<Out> out, Carry<T> carry) {
  for (std::size_t i = 0; i < x.n; i++) {
    const std::int64_t at = static_cast<std::int64_t>(i);
    carry = Combine::combine(carry, static_cast<Carry<T>>(x.data[at * x.stride]));
    out.data[at * out.stride] = static_cast<Out>(carry);
  }
}

// Rows are shared among threads. Few long ones are cut in blocks: their totals come first, and each block then starts
// from the total of those before it.
template <class Combine, class T, class Out>
void scan_rows(const View& x, const View& out, int axis) {
  constexpr std::size_t kManyRows = 64;
  const View outer = without_axis(out, axis), source = without_axis(x, axis);
  const RowNest<2> rows({&outer, &source});
  const std::size_t count = static_cast<std::size_t>(rows.size()), n = static_cast<std::size_t>(out.shape[axis]);
  const std::size_t blocks = count >= kManyRows ? 1 : chunks_for(n, kGrain);
  const Temporary totals(blocks > 1 ? count * blocks * sizeof(Carry<T>) : 0);
  Carry<T>* const carries = totals.as<Carry<T>>();
  const auto each_block = [&](const auto& body) {
    for_units(count * blocks, count * n, [&](std::size_t unit) {
      const std::array<char*, 2> at = rows.at(static_cast<std::int64_t>(unit / blocks));
      const Range range = chunk_range(n, blocks, unit % blocks);
      const std::int64_t begin = static_cast<std::int64_t>(range.begin);
      const std::size_t length = range.end - range.begin;
      body(unit, Row<const T>{reinterpret_cast<const T*>(at[1]) + begin * x.strides[axis], x.strides[axis], length},
           Row<Out>{reinterpret_cast<Out*>(at[0]) + begin * out.strides[axis], out.strides[axis], length});
    });
  };
  if (blocks > 1) {
    each_block([&](std::size_t unit, Row<const T> from, Row<Out>) { carries[unit] = total_of<Combine>(from); });
    for (std::size_t row = 0; row < count; row++) {
      Carry<T> carry = Combine::kStart;
      for (std::size_t i = row * blocks; i < (row + 1) * blocks; i++) {
        carry = Combine::combine(std::exchange(carries[i], carry), carry);
      }
    }
  }
  each_block([&](std::size_t unit, Row<const T> from, Row<Out> to) {
    scan_row<Combine>(from, to, blocks > 1 ? carries[unit] : Carry<T>(Combine::kStart));
  });
}

void check_like(const View& out, const View& x, DType dtype) {
  require(out.dtype == dtype && out.same_shape(x), "the result has a wrong shape");
}

template <class Combine>
void scan(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  const bool reversed = call.attrs.boolean();
  check_like(out, x, is_float(x.dtype) ? x.dtype : DType::kInt64);
  if (x.size() == 0) return;
  const View from = line_view(x, axis, reversed), to = line_view(out, axis, reversed);
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    scan_rows<Combine, T, std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>>(from, to, axis);
  });
}

void log_scan(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  check_like(out, x, x.dtype);
  if (x.size() == 0) return;
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    scan_rows<LogSum, T, T>(x, out, axis);
  });
}

// out[t] = b[t] + a[t] · out[t − 1], from 0.
void linear_scan(OpCall& call) {
  const View &a = call.in[0], &b = call.in[1], &out = call.out[0];
  const int axis = axis_of(call.attrs, a);
  const bool reversed = call.attrs.boolean();
  check_like(out, a, a.dtype);
  check_like(b, a, a.dtype);
  if (a.size() == 0) return;
  const View factors = line_view(a, axis, reversed), terms = line_view(b, axis, reversed);
  const View sums = line_view(out, axis, reversed);
  const View rows[] = {without_axis(sums, axis), without_axis(factors, axis), without_axis(terms, axis)};
  const RowNest<3> nest({&rows[0], &rows[1], &rows[2]});
  visit_float(a.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_units(static_cast<std::size_t>(nest.size()), static_cast<std::size_t>(a.size()), [&](std::size_t row) {
      const std::array<char*, 3> at = nest.at(static_cast<std::int64_t>(row));
      double carry = 0;
      for (std::int64_t t = 0; t < a.shape[axis]; t++) {
        const double factor = reinterpret_cast<const T*>(at[1])[t * factors.strides[axis]];
        const double term = reinterpret_cast<const T*>(at[2])[t * terms.strides[axis]];
        // The first element has no predecessor, whatever its factor: not even an infinite one.
        carry = t == 0 ? term : term + factor * carry;
        reinterpret_cast<T*>(at[0])[t * sums.strides[axis]] = static_cast<T>(carry);
      }
    });
  });
}

// The extreme so far and its position, the last one among equals; after a NaN only NaNs count.
template <template <class> class Order>
void extreme_scan(OpCall& call) {
  const View &x = call.in[0], &values = call.out[0], &indices = call.out[1];
  const int axis = axis_of(call.attrs, x);
  check_like(values, x, x.dtype);
  check_like(indices, x, DType::kInt64);
  if (x.size() == 0) return;
  const View rows[] = {without_axis(values, axis), without_axis(indices, axis), without_axis(x, axis)};
  const RowNest<3> nest({&rows[0], &rows[1], &rows[2]});
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for_units(static_cast<std::size_t>(nest.size()), static_cast<std::size_t>(x.size()), [&](std::size_t row) {
      const std::array<char*, 3> at = nest.at(static_cast<std::int64_t>(row));
      const T* from = reinterpret_cast<const T*>(at[2]);
      T best = *from;
      std::int64_t best_at = 0;
      for (std::int64_t i = 0; i < x.shape[axis]; i++) {
        const T value = from[i * x.strides[axis]];
        if (value != value || (best == best && Order<T>()(value, best))) {
          best = value;
          best_at = i;
        }
        reinterpret_cast<T*>(at[0])[i * values.strides[axis]] = best;
        reinterpret_cast<std::int64_t*>(at[1])[i * indices.strides[axis]] = best_at;
      }
    });
  });
}

}  // namespace

void register_scan(OpList& ops) {
  ops.push_back({"cumsum", 1, 1, scan<Sum>});
  ops.push_back({"cumprod", 1, 1, scan<Product>});
  ops.push_back({"logcumsumexp", 1, 1, log_scan});
  ops.push_back({"linearScan", 2, 1, linear_scan});
  ops.push_back({"cummax", 1, 2, extreme_scan<std::greater_equal>});
  ops.push_back({"cummin", 1, 2, extreme_scan<std::less_equal>});
}

}  // namespace myelin
