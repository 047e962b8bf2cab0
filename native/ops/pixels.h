#pragma once
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "ops/support.h"

namespace myelin {

// [B, C, spatial...] as rows of channels: channel c of pixel p, counted over batch and space, is data[p * stride + c].
template <class T>
struct Pixels {
  T* data;
  std::ptrdiff_t stride;
  std::size_t rows;
  std::size_t channels;

  T* row(std::size_t pixel) const { return data + static_cast<std::ptrdiff_t>(pixel) * stride; }
};

// The distance between pixels of a tensor that is stored as rows of channels; 0 when it is stored otherwise.
inline std::int64_t pixel_stride(const View& view) {
  const std::int64_t channels = view.shape[1];
  if (channels != 1 && view.strides[1] != 1) return 0;
  std::int64_t stride = channels, expected = 0;
  bool found = false;
  for (int axis = view.rank - 1; axis >= 0; axis--) {
    if (axis == 1 || view.shape[axis] == 1) continue;
    if (!found) stride = view.strides[axis];
    if (found && view.strides[axis] != expected) return 0;
    found = true;
    expected = view.strides[axis] * view.shape[axis];
  }
  return stride;
}

// The tensor on other memory, dense in the order batch, space, channels.
inline View channels_last(View view, void* data) {
  view.data = static_cast<char*>(data);
  view.strides[1] = 1;
  std::int64_t stride = view.shape[1];
  for (int axis = view.rank - 1; axis >= 2; axis--) {
    view.strides[axis] = stride;
    stride *= view.shape[axis];
  }
  view.strides[0] = stride;
  return view;
}

// A tensor [B, C, spatial...] and, unless it is stored as rows of channels, memory for a copy that is.
template <class T>
class PixelCopy {
 public:
  explicit PixelCopy(const View& view)
      : view_(view), stride_(pixel_stride(view)), copy_(stride_ == 0 ? view.size() * sizeof(T) : 0) {}

  bool copied() const { return stride_ == 0 && view_.size() > 0; }
  View rows() const { return channels_last(view_, copy_.template as<T>()); }
  const View& view() const { return view_; }

  template <class Element>
  Pixels<Element> pixels() const {
    const std::size_t channels = static_cast<std::size_t>(view_.shape[1]);
    const std::size_t count = channels == 0 ? 0 : static_cast<std::size_t>(view_.size()) / channels;
    if (copied()) return {copy_.template as<T>(), static_cast<std::ptrdiff_t>(channels), count, channels};
    return {view_.as<T>(), static_cast<std::ptrdiff_t>(stride_), count, channels};
  }

 private:
  View view_;
  std::int64_t stride_;
  Temporary copy_;
};

template <class T>
class PixelInput {
 public:
  PixelInput(const View& view, const KernelTable& kernels) : copy_(view) {
    if (copy_.copied()) copy_view(view, copy_.rows(), kernels);
  }
  Pixels<const T> pixels() const { return copy_.template pixels<const T>(); }

 private:
  PixelCopy<T> copy_;
};

// What is written to pixels() reaches the output's own layout by finish().
template <class T>
class PixelOutput {
 public:
  explicit PixelOutput(const View& view) : copy_(view) {}
  Pixels<T> pixels() const { return copy_.template pixels<T>(); }
  void finish(const KernelTable& kernels) const {
    if (copy_.copied()) copy_view(copy_.rows(), copy_.view(), kernels);
  }

 private:
  PixelCopy<T> copy_;
};

}  // namespace myelin
