#pragma once
#include <atomic>

#include "ops/support.h"
#include "ops/wrapping.h"

namespace myelin {

// Index tensors, as gather and scatter read them: every index is compared with its extent where it is used, in the same
// pass, so memory that changes meanwhile cannot lead outside.

[[noreturn]] inline void refuse_index(std::int64_t value, std::int64_t position, std::int64_t extent) {
  fail("INDEX", "index " + std::to_string(value) + " at position " + std::to_string(position) +
                    " is outside an axis of extent " + std::to_string(extent));
}

// Calls body(TypeTag<I>{}) with the integer type of an index tensor.
template <class Body>
decltype(auto) visit_index(DType dtype, Body&& body) {
  if (dtype == DType::kInt64) return body(TypeTag<std::int64_t>{});
  require(dtype == DType::kInt32, "indices are neither int32 nor int64");
  return body(TypeTag<std::int32_t>{});
}

// Throws for the first index outside [0, extent), of which there is one unless another thread has repaired it.
template <class I>
[[noreturn]] void refuse_first(const I* index, std::int64_t count, std::int64_t extent) {
  for (std::int64_t i = 0; i < count; i++) {
    if (index[i] < 0 || index[i] >= extent) refuse_index(index[i], i, extent);
  }
  fail("INDEX", "the indices changed while they were read");
}

// gather and scatter: element `place` of `part` belongs to element `place` of `whole`, except that on `axis` the index
// tells where. `index` is row-major of part's shape.
template <class I>
struct Places {
  const View &whole, &part;
  const I* index;
  int axis;

  // Calls body(element of whole, element of part) in order along the axis. Lines along the axis are independent, and so
  // are shared among threads; with `apart`, elements of one line are independent too.
  template <class T, class F>
  void run(bool apart, const F& body) const {
    if (part.size() == 0) return;
    const int last = part.rank - 1;
    const bool across = axis != last;  // the innermost loop runs across lines, or along one
    const std::int64_t inner = part.shape[last], middle = across ? part.shape[axis] : 1;
    const std::size_t blocks = static_cast<std::size_t>(part.size() / (inner * middle));
    const std::size_t total = static_cast<std::size_t>(part.size());
    const std::size_t pieces = blocks < 64 && (across || apart) ? chunks_for(static_cast<std::size_t>(inner), 4096) : 1;
    const std::size_t units = blocks * pieces, chunks = std::min(units, chunks_for(total, kGrain / 2));
    std::atomic<bool> outside{false};
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(units, chunks, chunk);
      bool bad = false;
      for (std::size_t unit = range.begin; unit < range.end; unit++) {
        const Range piece = chunk_range(static_cast<std::size_t>(inner), pieces, unit % pieces, 16);
        bad |= run_block<T>(static_cast<std::int64_t>(unit / pieces), piece, body);
      }
      if (bad) outside.store(true, std::memory_order_relaxed);
    });
    if (outside.load()) refuse_first(index, part.size(), whole.shape[axis]);
  }

 private:
  template <class T, class F>
  bool run_block(std::int64_t block, Range piece, const F& body) const {
    const int last = part.rank - 1;
    std::int64_t at_index = 0, at_part = 0, at_whole = 0, below = part.shape[last], step_index = 0;
    for (int a = last - 1; a >= 0; a--) {
      if (a == axis) {
        step_index = below;
      } else {
        const std::int64_t i = block % part.shape[a];
        block /= part.shape[a];
        at_index += i * below;
        at_part += i * part.strides[a];
        at_whole += i * whole.strides[a];
      }
      below *= part.shape[a];
    }
    const std::int64_t extent = whole.shape[axis], step = whole.strides[axis];
    const std::int64_t part_step = part.strides[last], whole_step = axis == last ? 0 : whole.strides[last];
    T* to = reinterpret_cast<T*>(whole.data) + at_whole;
    T* from = reinterpret_cast<T*>(part.data) + at_part;
    bool bad = false;
    for (std::int64_t k = 0; k < (axis == last ? 1 : part.shape[axis]); k++) {
      const I* which = index + at_index + k * step_index;
      T* row = from + (axis == last ? 0 : k * part.strides[axis]);
      for (std::int64_t j = static_cast<std::int64_t>(piece.begin); j < static_cast<std::int64_t>(piece.end); j++) {
        const std::int64_t i = which[j];
        if (static_cast<std::uint64_t>(i) < static_cast<std::uint64_t>(extent)) {
          body(to[j * whole_step + i * step], row[j * part_step]);
        } else {
          bad = true;
        }
      }
    }
    return bad;
  }
};

// Refuses parts that reach outside the whole on another axis than the one that is indexed.
inline void require_places(const View& whole, const View& part, const View& index, int axis) {
  require(whole.dtype == part.dtype && part.rank == whole.rank && index.rank == whole.rank,
          "the ranks or dtypes differ");
  for (int i = 0; i < whole.rank; i++) {
    require(index.shape[i] <= part.shape[i] && (i == axis || index.shape[i] <= whole.shape[i]),
            "the indices reach outside the tensor");
  }
}

// The corner of a view that has another, smaller shape.
inline View corner(View view, const View& shaped) {
  view.shape = shaped.shape;
  return view;
}

// The attribute `shape` of ops whose result has a shape that no input has.
inline void require_shape(Attrs& attrs, const View& out) {
  int count = 0;
  const Dims shape = attrs.integers(count);
  require(count == out.rank && std::equal(shape.begin(), shape.begin() + count, out.shape.begin()) && out.contiguous(),
          "the result has a wrong shape");
}

}  // namespace myelin
