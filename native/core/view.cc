#include "core/view.h"

#include <algorithm>
#include <cstdlib>

namespace myelin {
namespace {

// The axes of extent other than 1, largest stride first; returns how many there are.
int order_axes(const View& view, std::array<int, kMaxRank>& axes) {
  int count = 0;
  for (int axis = 0; axis < view.rank; axis++) {
    if (view.shape[axis] == 1) continue;
    int at = count++;
    for (; at > 0 && std::abs(view.strides[axes[at - 1]]) < std::abs(view.strides[axis]); at--) axes[at] = axes[at - 1];
    axes[at] = axis;
  }
  return count;
}

}  // namespace

bool View::contiguous() const {
  std::int64_t expected = 1;
  for (int i = rank - 1; i >= 0; i--) {
    if (shape[i] == 0) return true;
    if (shape[i] != 1 && strides[i] != expected) return false;
    expected *= shape[i];
  }
  return true;
}

bool View::dense() const {
  if (contiguous()) return true;
  std::array<int, kMaxRank> axes;
  std::int64_t expected = 1;
  for (int i = order_axes(*this, axes) - 1; i >= 0; i--) {
    if (strides[axes[i]] != expected) return false;
    expected *= shape[axes[i]];
  }
  return true;
}

bool View::same_shape(const View& other) const {
  return rank == other.rank && std::equal(shape.begin(), shape.begin() + rank, other.shape.begin());
}

Dims broadcast_strides(const View& view, const View& target) {
  require(view.rank <= target.rank, "shapes do not broadcast");
  Dims strides{};
  const int lead = target.rank - view.rank;
  for (int i = 0; i < view.rank; i++) {
    const bool repeats = view.shape[i] == 1 && target.shape[lead + i] != 1;
    require(repeats || view.shape[i] == target.shape[lead + i], "shapes do not broadcast");
    strides[lead + i] = repeats ? 0 : view.strides[i];
  }
  return strides;
}

template <int N>
LoopNest<N>::LoopNest(const std::array<const View*, N>& views) {
  const View& target = *views[0];
  std::array<Dims, N> source;
  for (int v = 0; v < N; v++) {
    source[v] = broadcast_strides(*views[v], target);
    data[v] = views[v]->data;
    item[v] = static_cast<std::int64_t>(item_size(views[v]->dtype));
  }
  std::array<int, kMaxRank> axes;
  const int count = order_axes(target, axes);
  for (int i = 0; i < count; i++) {
    const int axis = axes[i];
    // Axis `axis` continues the previous one in every view: one longer axis.
    bool merges = rank > 0;
    for (int v = 0; v < N && merges; v++) {
      merges = strides[v][rank - 1] == source[v][axis] * target.shape[axis];
    }
    if (merges) {
      shape[rank - 1] *= target.shape[axis];
    } else {
      shape[rank++] = target.shape[axis];
    }
    for (int v = 0; v < N; v++) strides[v][rank - 1] = source[v][axis];
  }
}

template struct LoopNest<1>;
template struct LoopNest<2>;
template struct LoopNest<3>;
template struct LoopNest<4>;

}  // namespace myelin
