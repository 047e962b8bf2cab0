#include <cstdlib>

#include "ops/reduce_groups.h"
#include "ops/support.h"

namespace myelin {
namespace {

// A reduction as the command describes it.
struct Job {
  View x;
  std::array<bool, kMaxRank> reduced{};
  std::array<int, kMaxRank> order{};  // axes of x, largest stride first

  Job(const View& input, const Dims& axes, int count) : x(input) {
    for (int i = 0; i < count; i++) {
      require(axes[i] >= 0 && axes[i] < x.rank && !reduced[axes[i]], "a reduction names an axis that is not there");
      reduced[axes[i]] = true;
    }
    for (int axis = 0; axis < x.rank; axis++) {
      int at = axis;
      for (; at > 0 && std::abs(x.strides[order[at - 1]]) < std::abs(x.strides[axis]); at--) order[at] = order[at - 1];
      order[at] = axis;
    }
  }

  void check_output(const View& out, bool keep_dims) const {
    int at = 0;
    for (int axis = 0; axis < x.rank; axis++) {
      if (reduced[axis] && !keep_dims) continue;
      require(at < out.rank && out.shape[at] == (reduced[axis] ? 1 : x.shape[axis]), "the result has a wrong shape");
      at++;
    }
    require(at == out.rank && out.contiguous(), "the result has a wrong shape");
  }

  // A view of x's shape and order of axes on memory without gaps; with `kept`, of the axes that stay.
  View dense_view(void* data, DType dtype, bool kept) const {
    View view;
    view.data = static_cast<char*>(data);
    view.dtype = dtype;
    std::int64_t stride = 1;
    std::array<std::int64_t, kMaxRank> strides;
    for (int i = x.rank - 1; i >= 0; i--) {
      const int axis = order[i];
      if (kept && reduced[axis]) continue;
      strides[axis] = stride;
      stride *= x.shape[axis];
    }
    for (int axis = 0; axis < x.rank; axis++) {
      if (kept && reduced[axis]) continue;
      view.shape[view.rank] = x.shape[axis];
      view.strides[view.rank++] = strides[axis];
    }
    return view;
  }

  Groups groups() const {
    Groups groups;
    bool any = false;
    for (int i = 0; i < x.rank; i++) any = any || (reduced[i] && x.shape[i] != 1);
    // Nothing to reduce: one row of all elements, so that they still pass from T to Acc.
    if (!any) groups.push({1, 0, true});
    for (int i = 0; i < x.rank; i++) {
      const int axis = order[i];
      if (x.shape[axis] != 1) groups.push({x.shape[axis], x.strides[axis], reduced[axis]});
    }
    if (groups.count == 1 && !any) groups.push({1, 1, false});
    return groups;
  }
};

template <class T, class Acc>
void reduce(const OpCall& call, Job job, const View& out, const Reducer<T, Acc>& reducer) {
  const std::size_t size = static_cast<std::size_t>(out.size());
  Acc* result = out.as<Acc>();
  if (size == 0) return;
  if (job.x.size() == 0) return std::fill(result, result + size, reducer.identity), void();
  Groups groups = job.groups();
  const bool dense_rows = groups.at[groups.count - 1].stride == 1;
  const Temporary copy(dense_rows ? 0 : static_cast<std::size_t>(job.x.size()) * sizeof(T));
  if (!dense_rows) {
    const View stand_in = job.dense_view(copy.as<T>(), job.x.dtype, false);
    copy_view(job.x, stand_in, call.kernels);
    job.x = stand_in;
    groups = job.groups();
  }
  const View kept = job.dense_view(result, out.dtype, true);
  const T* x = job.x.template as<T>();
  if (kept.contiguous()) return reduce_groups(groups, x, result, reducer);
  const Temporary permuted(size * sizeof(Acc));
  reduce_groups(groups, x, permuted.as<Acc>(), reducer);
  const View source = job.dense_view(permuted.as<Acc>(), out.dtype, true);
  copy_view(source, contiguous_view(result, out.dtype, source.shape.data(), source.rank), call.kernels);
}

// Plain loops, for dtypes without a kernel.
template <class Combine, class T, class Acc>
Acc row_loop(const T* x, std::size_t n) {
  Acc acc = Combine::template identity<Acc>();
  for (std::size_t i = 0; i < n; i++) acc = Combine::combine(acc, static_cast<Acc>(x[i]));
  return acc;
}

template <class Combine, class T, class Acc>
void rows_loop(const T* x, std::ptrdiff_t stride, std::size_t count, Acc* acc, std::size_t n) {
  for (std::size_t i = 0; i < count; i++, x += stride) {
    for (std::size_t j = 0; j < n; j++) acc[j] = Combine::combine(acc[j], static_cast<Acc>(x[j]));
  }
}

// Sums and products of integers wrap, as the kernels' do.
struct Sum {
  template <class T>
  static T identity() {
    return 0;
  }
  static std::int64_t combine(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
  }
};
struct Prod {
  template <class T>
  static T identity() {
    return 1;
  }
  static std::int64_t combine(std::int64_t a, std::int64_t b) {
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) * static_cast<std::uint64_t>(b));
  }
};
struct Max {
  template <class T>
  static T identity() {
    return std::numeric_limits<T>::has_infinity ? -std::numeric_limits<T>::infinity()
                                                : std::numeric_limits<T>::lowest();
  }
  template <class T>
  static T combine(T a, T b) {
    return a > b ? a : b;
  }
};
struct Min {
  template <class T>
  static T identity() {
    return std::numeric_limits<T>::has_infinity ? std::numeric_limits<T>::infinity() : std::numeric_limits<T>::max();
  }
  template <class T>
  static T combine(T a, T b) {
    return a < b ? a : b;
  }
};
// Any and all: what differs from 0 is true, NaN as well.
struct Any {
  static constexpr std::uint8_t kStart = 0;
  static std::uint8_t combine(std::uint8_t a, bool b) { return a | static_cast<std::uint8_t>(b); }
};
struct All {
  static constexpr std::uint8_t kStart = 1;
  static std::uint8_t combine(std::uint8_t a, bool b) { return a & static_cast<std::uint8_t>(b); }
};

template <class Combine, class T>
std::uint8_t row_truth(const T* x, std::size_t n) {
  std::uint8_t acc = Combine::kStart;
  for (std::size_t i = 0; i < n; i++) acc = Combine::combine(acc, x[i] != 0);
  return acc;
}

template <class Combine, class T>
void rows_truth(const T* x, std::ptrdiff_t stride, std::size_t count, std::uint8_t* acc, std::size_t n) {
  for (std::size_t i = 0; i < count; i++, x += stride) {
    for (std::size_t j = 0; j < n; j++) acc[j] = Combine::combine(acc[j], x[j] != 0);
  }
}

template <class Combine, class T, class Acc>
Reducer<T, Acc> loops() {
  return {row_loop<Combine, T, Acc>, rows_loop<Combine, T, Acc>, row_loop<Combine, Acc, Acc>,
          rows_loop<Combine, Acc, Acc>, Combine::template identity<Acc>()};
}

template <class Combine, class T>
Reducer<T, T> with_kernels(ReduceFn<T>* row, ReduceRowsFn<T>* rows) {
  return {row, rows, row, rows, Combine::template identity<T>()};
}

// Integers without a kernel for columns.
template <class Combine, class T>
Reducer<T, T> with_row_kernel(ReduceFn<T>* row) {
  return with_kernels<Combine, T>(row, rows_loop<Combine, T, T>);
}

template <class Combine, class T>
Reducer<T, std::int64_t> wide(WideReduceFn<T>* row, WideReduceFn<std::int64_t>* next_row,
                              ReduceRowsFn<std::int64_t>* next_rows) {
  return {row, rows_loop<Combine, T, std::int64_t>, next_row, next_rows, Combine::template identity<std::int64_t>()};
}

Job read_job(OpCall& call) {
  int count = 0;
  const Dims axes = call.attrs.integers(count);
  const Job job(call.in[0], axes, count);
  job.check_output(call.out[0], call.attrs.boolean());
  return job;
}

void sum(OpCall& call) {
  const KernelTable& k = call.kernels;
  const Job job = read_job(call);
  const View& out = call.out[0];
  switch (job.x.dtype) {
    case DType::kFloat32:
      return reduce(call, job, out, with_kernels<Sum>(k.f32_sum, k.f32_sum_rows));
    case DType::kFloat64:
      return reduce(call, job, out, with_kernels<Sum>(k.f64_sum, k.f64_sum_rows));
    case DType::kInt8:
      return reduce(call, job, out, wide<Sum>(k.i8_sum, k.i64_sum, k.i64_sum_rows));
    case DType::kInt16:
      return reduce(call, job, out, wide<Sum>(k.i16_sum, k.i64_sum, k.i64_sum_rows));
    case DType::kInt32:
      return reduce(call, job, out, wide<Sum>(k.i32_sum, k.i64_sum, k.i64_sum_rows));
    case DType::kInt64:
      return reduce(call, job, out, with_kernels<Sum>(k.i64_sum, k.i64_sum_rows));
    case DType::kUint8:
    case DType::kBool:
      return reduce(call, job, out, wide<Sum>(k.u8_sum, k.i64_sum, k.i64_sum_rows));
    default:
      refuse_dtype(job.x.dtype);
  }
}

void prod(OpCall& call) {
  const KernelTable& k = call.kernels;
  const Job job = read_job(call);
  const View& out = call.out[0];
  switch (job.x.dtype) {
    case DType::kFloat32:
      return reduce(call, job, out, with_kernels<Prod>(k.f32_prod, k.f32_prod_rows));
    case DType::kFloat64:
      return reduce(call, job, out, with_kernels<Prod>(k.f64_prod, k.f64_prod_rows));
    case DType::kInt8:
      return reduce(call, job, out, wide<Prod>(k.i8_prod, k.i64_prod, rows_loop<Prod, std::int64_t, std::int64_t>));
    case DType::kInt16:
      return reduce(call, job, out, wide<Prod>(k.i16_prod, k.i64_prod, rows_loop<Prod, std::int64_t, std::int64_t>));
    case DType::kInt32:
      return reduce(call, job, out, wide<Prod>(k.i32_prod, k.i64_prod, rows_loop<Prod, std::int64_t, std::int64_t>));
    case DType::kInt64:
      return reduce(call, job, out, with_row_kernel<Prod>(k.i64_prod));
    case DType::kUint8:
    case DType::kBool:
      return reduce(call, job, out, loops<Prod, std::uint8_t, std::int64_t>());
    default:
      refuse_dtype(job.x.dtype);
  }
}

void max(OpCall& call) {
  const KernelTable& k = call.kernels;
  const Job job = read_job(call);
  const View& out = call.out[0];
  switch (job.x.dtype) {
    case DType::kFloat32:
      return reduce(call, job, out, with_kernels<Max>(k.f32_max, k.f32_max_rows));
    case DType::kFloat64:
      return reduce(call, job, out, with_kernels<Max>(k.f64_max, k.f64_max_rows));
    case DType::kInt8:
      return reduce(call, job, out, with_row_kernel<Max>(k.i8_max));
    case DType::kInt16:
      return reduce(call, job, out, with_row_kernel<Max>(k.i16_max));
    case DType::kInt32:
      return reduce(call, job, out, with_row_kernel<Max>(k.i32_max));
    case DType::kInt64:
      return reduce(call, job, out, with_row_kernel<Max>(k.i64_max));
    case DType::kUint8:
    case DType::kBool:
      return reduce(call, job, out, loops<Max, std::uint8_t, std::uint8_t>());
    default:
      refuse_dtype(job.x.dtype);
  }
}

void min(OpCall& call) {
  const KernelTable& k = call.kernels;
  const Job job = read_job(call);
  const View& out = call.out[0];
  switch (job.x.dtype) {
    case DType::kFloat32:
      return reduce(call, job, out, with_kernels<Min>(k.f32_min, k.f32_min_rows));
    case DType::kFloat64:
      return reduce(call, job, out, with_kernels<Min>(k.f64_min, k.f64_min_rows));
    case DType::kInt8:
      return reduce(call, job, out, with_row_kernel<Min>(k.i8_min));
    case DType::kInt16:
      return reduce(call, job, out, with_row_kernel<Min>(k.i16_min));
    case DType::kInt32:
      return reduce(call, job, out, with_row_kernel<Min>(k.i32_min));
    case DType::kInt64:
      return reduce(call, job, out, with_row_kernel<Min>(k.i64_min));
    case DType::kUint8:
    case DType::kBool:
      return reduce(call, job, out, loops<Min, std::uint8_t, std::uint8_t>());
    default:
      refuse_dtype(job.x.dtype);
  }
}

void mean(OpCall& call) {
  const KernelTable& k = call.kernels;
  const Job job = read_job(call);
  const View& out = call.out[0];
  visit_float(job.x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    reduce(call, job, out,
           with_kernels<Sum, T>(pick<T>(k.f32_sum, k.f64_sum), pick<T>(k.f32_sum_rows, k.f64_sum_rows)));
    std::int64_t count = 1;
    for (int axis = 0; axis < job.x.rank; axis++) count *= job.reduced[axis] ? job.x.shape[axis] : 1;
    T* result = out.as<T>();
    for (std::int64_t i = 0; i < out.size(); i++) result[i] /= static_cast<T>(count);
  });
}

template <class Combine>
void truth(OpCall& call) {
  const Job job = read_job(call);
  require(call.out[0].dtype == DType::kBool, "the result is bool");
  visit_dtype(job.x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Reducer<T, std::uint8_t> reducer{row_truth<Combine, T>, rows_truth<Combine, T>,
                                           row_truth<Combine, std::uint8_t>, rows_truth<Combine, std::uint8_t>,
                                           Combine::kStart};
    reduce(call, job, call.out[0], reducer);
  });
}

// Position of the first extreme element; a NaN beats everything after it and every number before.
template <class Combine, class T>
std::int64_t extreme_at(const T* x, std::int64_t stride, std::int64_t n) {
  T best = x[0];
  std::int64_t at = 0;
  for (std::int64_t i = 1; i < n && best == best; i++) {
    const T value = x[i * stride];
    if (value != value || (value != best && Combine::combine(value, best) == value)) {
      best = value;
      at = i;
    }
  }
  return at;
}

template <class Combine>
void extreme_index(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  const Dims axes{axis};
  const Job job(x, axes, 1);
  job.check_output(out, call.attrs.boolean());
  std::int64_t* result = out.as<std::int64_t>();
  const std::size_t size = static_cast<std::size_t>(out.size());
  if (size == 0) return;
  require(x.shape[axis] > 0, "the axis is empty");
  Groups outer;
  for (int i = 0; i < x.rank; i++) {
    if (i != axis) outer.push({x.shape[i], x.strides[i], false});
  }
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* data = x.as<T>();
    const std::size_t chunks = std::min(size, chunks_for(static_cast<std::size_t>(x.size()), kGrain / 2));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(size, chunks, chunk);
      for (std::size_t i = range.begin; i < range.end; i++) {
        const T* row = data + outer.offset(static_cast<std::int64_t>(i));
        result[i] = extreme_at<Combine>(row, x.strides[axis], x.shape[axis]);
      }
    });
  });
}

}  // namespace

void register_reduce(OpList& ops) {
  ops.push_back({"sum", 1, 1, sum});
  ops.push_back({"prod", 1, 1, prod});
  ops.push_back({"max", 1, 1, max});
  ops.push_back({"min", 1, 1, min});
  ops.push_back({"mean", 1, 1, mean});
  ops.push_back({"any", 1, 1, truth<Any>});
  ops.push_back({"all", 1, 1, truth<All>});
  ops.push_back({"argmax", 1, 1, extreme_index<Max>});
  ops.push_back({"argmin", 1, 1, extreme_index<Min>});
}

}  // namespace myelin
