#pragma once
#include <algorithm>
#include <limits>
#include <string>
#include <type_traits>

#include "core/pool.h"
#include "core/registry.h"
#include "core/storage.h"
#include "ops/convert.h"

namespace myelin {

// Elements of a simple kernel that make a chunk worth handing to another thread.
constexpr std::size_t kGrain = 32768;

[[noreturn]] inline void refuse_dtype(DType dtype) {
  fail("COMMAND", std::string("the op has no kernel for ") + dtype_name(dtype));
}

// Calls body(TypeTag<T>{}) with T = float or double.
template <class Body>
decltype(auto) visit_float(DType dtype, Body&& body) {
  if (dtype == DType::kFloat64) return body(TypeTag<double>{});
  if (dtype != DType::kFloat32) refuse_dtype(dtype);
  return body(TypeTag<float>{});
}

// The kernel for element type T: pick<T>(kernels.f32_softmax, kernels.f64_softmax).
template <class T, class F32, class F64>
constexpr auto pick(F32 f32, F64 f64) {
  static_assert(std::is_same_v<T, float> || std::is_same_v<T, double>, "only float kernels come in pairs");
  if constexpr (std::is_same_v<T, float>) {
    return f32;
  } else {
    return f64;
  }
}

// Whether equal indices of both views lie at equal offsets.
inline bool same_layout(const View& a, const View& b) {
  if (a.rank != b.rank) return false;
  for (int i = 0; i < a.rank; i++) {
    if (a.shape[i] != b.shape[i] || a.strides[i] != b.strides[i]) return false;
  }
  return true;
}

// The part [begin, end) of one axis.
inline View narrow(View view, int axis, std::int64_t begin, std::int64_t end) {
  view.data += begin * view.strides[axis] * static_cast<std::int64_t>(item_size(view.dtype));
  view.shape[axis] = end - begin;
  return view;
}

// A row-major view of the given shape on `data`.
inline View contiguous_view(void* data, DType dtype, const std::int64_t* shape, int rank) {
  View view;
  view.data = static_cast<char*>(data);
  view.dtype = dtype;
  view.rank = rank;
  std::int64_t stride = 1;
  for (int i = rank - 1; i >= 0; i--) {
    view.shape[i] = shape[i];
    view.strides[i] = stride;
    stride *= shape[i];
  }
  return view;
}

// An axis attribute: already normalized by TypeScript.
inline int axis_of(Attrs& attrs, const View& view) {
  const std::int64_t axis = attrs.integer();
  require(axis >= 0 && axis < view.rank, "an axis lies outside the tensor");
  return static_cast<int>(axis);
}

// Pooled memory for the duration of one op; contents undefined.
class Temporary {
 public:
  explicit Temporary(std::size_t bytes)
      : data_(bytes == 0 ? memory::nothing() : memory::allocate(bytes)), bytes_(bytes) {}
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;
  ~Temporary() {
    if (bytes_ > 0) memory::release(data_, bytes_);
  }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

 private:
  void* data_;
  std::size_t bytes_;
};

// Copies a view into another of the same dtype, to whose shape it broadcasts; neither needs to be dense.
void copy_view(const View& source, const View& target, const KernelTable& kernels);

// Writes the same value everywhere; `target` is dense.
void fill_view(const View& target, double value);

// A row-major stand-in for a view: the view itself, or a copy that lives as long as this object.
class Contiguous {
 public:
  Contiguous(const View& view, const KernelTable& kernels)
      : copy_(view.contiguous() ? 0 : static_cast<std::size_t>(view.size()) * item_size(view.dtype)), view_(view) {
    if (view.contiguous()) return;
    view_ = contiguous_view(copy_.as<char>(), view.dtype, view.shape.data(), view.rank);
    copy_view(view, view_, kernels);
  }
  const View& view() const { return view_; }
  template <class T>
  const T* as() const {
    return view_.as<T>();
  }

 private:
  Temporary copy_;
  View view_;
};

// A row-major copy that lives as long as this object, for what must not change between two looks at it: another thread may
// write into shared memory at any time.
class Snapshot {
 public:
  Snapshot(const View& view, const KernelTable& kernels)
      : copy_(static_cast<std::size_t>(view.size()) * item_size(view.dtype)) {
    if (view.size() > 0)
      copy_view(view, contiguous_view(copy_.as<char>(), view.dtype, view.shape.data(), view.rank), kernels);
  }
  template <class T>
  const T* as() const {
    return copy_.as<T>();
  }

 private:
  Temporary copy_;
};

// Calls body(pointers, n) for inner runs of a nest, in parallel; long runs are cut. `body` must not throw.
template <int N, class F>
void run_nest(const LoopNest<N>& nest, const F& body, std::size_t grain = kGrain) {
  const std::size_t inner = static_cast<std::size_t>(nest.inner());
  const std::size_t outer = static_cast<std::size_t>(nest.outer());
  if (inner == 0 || outer == 0) return;
  const std::size_t pieces = outer >= 64 ? 1 : chunks_for(inner, grain);
  const auto run_piece = [&](std::array<char*, N> at, std::size_t piece) {
    const Range range = chunk_range(inner, pieces, piece, 64);
    for (int v = 0; v < N; v++) at[v] += static_cast<std::int64_t>(range.begin) * nest.inner_stride(v) * nest.item[v];
    if (range.begin < range.end) body(at, range.end - range.begin);
  };
  if (outer == 1 && pieces == 1) return body(nest.data, inner);
  const std::size_t units = outer * pieces;
  const std::size_t chunks = std::min(units, chunks_for(inner * outer, grain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(units, chunks, chunk);
    if (pieces > 1) {
      for (std::size_t unit = range.begin; unit < range.end; unit++) {
        run_piece(nest.at(static_cast<std::int64_t>(unit / pieces)), unit % pieces);
      }
      return;
    }
    // Neighbouring runs mostly differ in the next axis alone, which needs no division.
    const std::size_t extent = nest.rank > 1 ? static_cast<std::size_t>(nest.shape[nest.rank - 2]) : 1;
    for (std::size_t run = range.begin; run < range.end;) {
      std::array<char*, N> at = nest.at(static_cast<std::int64_t>(run));
      const std::size_t stop = std::min(range.end, run - run % extent + extent);
      for (; run < stop; run++) {
        body(at, inner);
        if (nest.rank < 2) continue;
        for (int v = 0; v < N; v++) at[v] += nest.strides[v][nest.rank - 2] * nest.item[v];
      }
    }
  });
}

// The last two axes of a nest, where inner runs are short because some inputs repeat from run to run, as a bias does over
// the pixels of a channels-last image. Copies of those, one behind the other, make long runs of many.
template <int N>
class RepeatedRuns {
 public:
  explicit RepeatedRuns(const LoopNest<N>& nest) : nest_(nest), axis_(nest.rank - 2), inner_(nest.inner()) {
    if (axis_ < 0 || inner_ == 0 || inner_ > kCopied / 4) return;
    together_ = std::min(rows(), kCopied / inner_);
    for (int v = 0; v < N; v++) {
      repeats_[v] = nest.strides[v][axis_] != inner_ * nest.inner_stride(v);
      if (repeats_[v] && (nest.strides[v][axis_] != 0 || nest.inner_stride(v) != 1)) return;
    }
    usable_ = true;
  }

  // False when runs are long enough or inputs lie otherwise.
  bool usable() const { return usable_; }
  std::int64_t rows() const { return nest_.shape[axis_]; }

  // Calls body(pointers, n) for rows [begin, end) of the last but one axis; `at` points to the first row.
  template <class F>
  void run(std::array<char*, N> at, std::int64_t begin, std::int64_t end, const F& body) const {
    alignas(64) char copies[N][kCopied * kWidest];
    for (int v = 0; v < N; v++) {
      at[v] += begin * nest_.strides[v][axis_] * nest_.item[v];
      if (repeats_[v]) at[v] = copy(at[v], inner_ * nest_.item[v], copies[v]);
    }
    for (std::int64_t row = begin; row < end; row += together_) {
      body(at, static_cast<std::size_t>(std::min(together_, end - row) * inner_));
      for (int v = 0; v < N; v++) at[v] += together_ * nest_.strides[v][axis_] * nest_.item[v];
    }
  }

 private:
  static constexpr std::int64_t kCopied = 1024, kWidest = 8;  // elements, bytes

  char* copy(const char* from, std::int64_t bytes, char* to) const {
    for (std::int64_t i = 0; i < together_; i++) std::copy_n(from, bytes, to + i * bytes);
    return to;
  }

  const LoopNest<N>& nest_;
  int axis_;
  std::int64_t inner_, together_ = 0;
  std::array<bool, N> repeats_{};
  bool usable_ = false;
};

template <int N, class F>
void run_repeated(const LoopNest<N>& nest, const RepeatedRuns<N>& runs, const F& body, std::size_t grain) {
  const std::size_t rows = static_cast<std::size_t>(runs.rows()), outer = static_cast<std::size_t>(nest.outer());
  const std::size_t inner = static_cast<std::size_t>(nest.inner());
  const std::size_t pieces = chunks_for(rows * inner, grain), units = outer / rows * pieces;
  const std::size_t chunks = std::min(units, chunks_for(outer * inner, grain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(units, chunks, chunk);
    for (std::size_t unit = range.begin; unit < range.end; unit++) {
      const Range part = chunk_range(rows, pieces, unit % pieces);
      runs.run(nest.at(static_cast<std::int64_t>(unit / pieces * rows)), static_cast<std::int64_t>(part.begin),
               static_cast<std::int64_t>(part.end), body);
    }
  });
}

template <int N>
using Strides = std::array<std::ptrdiff_t, N>;

// Calls body(pointers, strides, n) until every element of views[0], the dense output, is covered; strides[0] is 1 (or
// n is). The other views broadcast to its shape; the pointers may be to copies of their elements.
template <int N, class F>
void for_each_run(const std::array<const View*, N>& views, const F& body, std::size_t grain = kGrain) {
  const View& target = *views[0];
  bool flat = true;
  for (int v = 1; v < N && flat; v++) flat = same_layout(*views[v], target);
  if (flat && target.dense()) {
    Strides<N> strides;
    std::array<char*, N> data;
    for (int v = 0; v < N; v++) {
      strides[v] = 1;
      data[v] = views[v]->data;
    }
    const std::size_t size = static_cast<std::size_t>(target.size());
    const std::size_t chunks = chunks_for(size, grain);
    if (chunks == 1) return body(data, strides, size);
    return parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(size, chunks, chunk, 64);
      std::array<char*, N> at = data;
      for (int v = 0; v < N; v++) at[v] += range.begin * item_size(views[v]->dtype);
      body(at, strides, range.end - range.begin);
    });
  }
  if (target.size() == 0) return;
  const LoopNest<N> nest(views);
  require(nest.inner() == 1 || nest.inner_stride(0) == 1, "an output is not dense");
  Strides<N> strides;
  for (int v = 0; v < N; v++) strides[v] = static_cast<std::ptrdiff_t>(nest.inner_stride(v));
  const auto run = [&](const std::array<char*, N>& at, std::size_t n) { body(at, strides, n); };
  const RepeatedRuns<N> repeated(nest);
  if (repeated.usable()) return run_repeated(nest, repeated, run, grain);
  run_nest(nest, run, grain);
}

}  // namespace myelin
