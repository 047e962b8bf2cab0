#include <cstring>

#include "ops/places.h"

namespace myelin {
namespace {

// Several axes of a tensor indexed together by index tensors of one shape: every element of them names a place, at which
// the other axes lie as a strided view.
class IndexedAxes {
 public:
  // Reads the axes from `attrs`; `indices` has one int64 tensor for each.
  IndexedAxes(const View& whole, const View* indices, int count, Attrs& attrs, const KernelTable& kernels)
      : rest_(whole), offsets_(static_cast<std::size_t>(indices[0].size()) * sizeof(std::int64_t)) {
    int named = 0;
    const Dims axes = attrs.integers(named);
    require(named == count && count >= 1 && count <= whole.rank, "an index needs one axis for each of its tensors");
    std::int64_t* offset = offsets_.as<std::int64_t>();
    size_ = indices[0].size();
    std::fill_n(offset, size_, 0);
    std::array<bool, kMaxRank> indexed{};
    for (int i = 0; i < count; i++) {
      require(axes[i] >= 0 && axes[i] < whole.rank && !indexed[axes[i]], "an index names a wrong axis");
      require(indices[i].same_shape(indices[0]), "the index tensors differ in shape");
      indexed[axes[i]] = true;
      const Contiguous dense(indices[i], kernels);
      const std::int64_t* at = dense.as<std::int64_t>();
      const std::int64_t extent = whole.shape[axes[i]], stride = whole.strides[axes[i]];
      for (std::int64_t k = 0; k < size_; k++) {
        const std::int64_t place = at[k];
        if (place < 0 || place >= extent) refuse_index(place, k, extent);
        offset[k] += place * stride;
      }
    }
    rest_.rank = 0;
    for (int axis = 0; axis < whole.rank; axis++) {
      if (indexed[axis]) continue;
      rest_.shape[rest_.rank] = whole.shape[axis];
      rest_.strides[rest_.rank++] = whole.strides[axis];
    }
  }

  std::int64_t size() const { return size_; }
  const View& rest() const { return rest_; }

  // The other axes at place k.
  View at(std::int64_t k) const {
    View view = rest_;
    view.data += offsets_.as<std::int64_t>()[k] * static_cast<std::int64_t>(item_size(view.dtype));
    return view;
  }

  // Whether `picked` has the axes of the index tensors followed by the other ones.
  bool shapes(const View& picked, const View& index) const {
    if (picked.rank != index.rank + rest_.rank || picked.dtype != rest_.dtype) return false;
    return std::equal(index.shape.begin(), index.shape.begin() + index.rank, picked.shape.begin()) &&
           std::equal(rest_.shape.begin(), rest_.shape.begin() + rest_.rank, picked.shape.begin() + index.rank);
  }

 private:
  View rest_;
  Temporary offsets_;
  std::int64_t size_ = 0;
};

// Row k of a row-major view [indices..., rest...].
View row_of(const View& picked, const View& rest, std::int64_t k) {
  char* data = picked.data + k * rest.size() * static_cast<std::int64_t>(item_size(rest.dtype));
  return contiguous_view(data, rest.dtype, rest.shape.data(), rest.rank);
}

// Copies rows: those of single elements without the cost of a loop over views.
template <class F>
void for_each_row(const IndexedAxes& places, const F& copy) {
  const std::size_t size = static_cast<std::size_t>(places.size());
  const std::size_t row = static_cast<std::size_t>(places.rest().size());
  const std::size_t chunks = std::min(size, chunks_for(size * row, kGrain / 4));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk);
    for (std::size_t k = range.begin; k < range.end; k++) copy(static_cast<std::int64_t>(k));
  });
}

template <class T>
T& element(const View& view) {
  return *reinterpret_cast<T*>(view.data);
}

void take_at(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require(call.inputs >= 2, "an index needs tensors");
  const IndexedAxes places(x, call.in + 1, call.inputs - 1, call.attrs, call.kernels);
  require(places.shapes(out, call.in[1]) && out.contiguous(), "the result has a wrong shape");
  if (out.size() == 0) return;
  if (places.rest().size() != 1) {
    return for_each_row(places,
                        [&](std::int64_t k) { copy_view(places.at(k), row_of(out, places.rest(), k), call.kernels); });
  }
  visit_size(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* to = reinterpret_cast<T*>(out.data);
    for_each_row(places, [&](std::int64_t k) { to[k] = element<T>(places.at(k)); });
  });
}

template <class T>
void add_row(const View& from, const View& to, int axis) {
  if (axis == from.rank) {
    element<T>(to) = wrapping_add(element<T>(to), element<T>(from));
    return;
  }
  for (std::int64_t i = 0; i < from.shape[axis]; i++) {
    add_row<T>(narrow(from, axis, i, i + 1), narrow(to, axis, i, i + 1), axis + 1);
  }
}

// One thread, in order of the indices.
void take_at_backward(OpCall& call) {
  const View& out = call.out[0];
  require(call.inputs >= 2, "an index needs tensors");
  require_shape(call.attrs, out);
  const IndexedAxes places(out, call.in + 1, call.inputs - 1, call.attrs, call.kernels);
  require(places.shapes(call.in[0], call.in[1]), "the gradient has a wrong shape");
  const Contiguous dout(call.in[0], call.kernels);
  fill_view(out, 0);
  visit_dtype(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    for (std::int64_t k = 0; k < places.size(); k++) {
      add_row<T>(row_of(dout.view(), places.rest(), k), places.at(k), 0);
    }
  });
}

// Overwrites places of the first input with the second, which broadcasts; where an index occurs twice, the last wins.
// All indices are checked before anything is written.
void assign_at(OpCall& call) {
  require(call.inputs >= 3, "an assignment needs a target, a source and indices");
  const View &target = call.in[0], &index = call.in[2];
  const IndexedAxes places(target, call.in + 2, call.inputs - 2, call.attrs, call.kernels);
  View picked = places.rest();
  require(index.rank + picked.rank <= kMaxRank, "too many axes");
  picked.rank += index.rank;
  std::copy_n(index.shape.begin(), index.rank, picked.shape.begin());
  std::copy_n(places.rest().shape.begin(), places.rest().rank, picked.shape.begin() + index.rank);
  View source = call.in[1];
  require(source.dtype == target.dtype, "the source has another dtype than the target");
  source.strides = broadcast_strides(source, picked);
  source.rank = picked.rank;
  source.shape = picked.shape;
  const Contiguous dense(source, call.kernels);
  for (std::int64_t k = 0; k < places.size(); k++) {
    if (picked.size() > 0) copy_view(row_of(dense.view(), places.rest(), k), places.at(k), call.kernels);
  }
}

}  // namespace

void register_advanced(OpList& ops) {
  ops.push_back({"takeAt", kVariadic, 1, take_at, true});
  ops.push_back({"takeAtBackward", kVariadic, 1, take_at_backward});
  ops.push_back({"assignAt", kVariadic, 0, assign_at, true});
}

}  // namespace myelin
