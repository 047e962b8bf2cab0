#include "ops/conv_taps.h"

#include "core/pool.h"
#include "core/scratch.h"

namespace myelin {

template <class T>
TapWeights<T>::TapWeights(const GemmKernels<T>& kernels, const Weights<T>& weights, std::size_t groups,
                          const std::vector<Tap>& taps)
    : kernels_(kernels), weights_(weights), groups_(groups), taps_(taps), depth_(taps.size() * weights.in_channels) {
  // Two vectors wide: tiles of many pixels read the weights, which come from further away than pixels, less often.
  constexpr std::size_t kVectors = 2;
  const std::size_t lanes = kernels.blocking.lanes;
  width_ = lanes * (weights.out_channels <= lanes ? 1 : kVectors);
  group_panels_ = ceil_div(weights.out_channels, width_);
  find_taps();
}

template <class T>
void TapWeights<T>::pack_all(T* to) const {
  constexpr std::size_t kBytesPerChunk = 64 << 10;
  const std::size_t chunks = std::min(panels(), chunks_for(elements() * sizeof(T), kBytesPerChunk));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(panels(), chunks, chunk);
    for (std::size_t panel = mine.begin; panel < mine.end; panel++) pack(panel, to + panel * panel_size());
  });
}

template <class T>
void TapWeights<T>::pack(std::size_t panel, T* to) const {
  together_ ? pack_together(panel, to) : pack_each(panel, to);
}

template <class T>
void TapWeights<T>::pack_each(std::size_t panel, T* to) const {
  for (std::size_t t = 0; t < taps_.size(); t++) {
    Matrix<const T> matrix = weights_.matrix(group(panel), taps_[t].ky, taps_[t].kx);
    matrix.data = matrix.at(0, column(panel));
    pack_panel(kernels_, matrix, weights_.in_channels, columns(panel), row(to, t, 0), width_);
  }
}

// Turns the weights of some input channels and all taps, then deals out the rows: memory is read once, in its order.
template <class T>
void TapWeights<T>::pack_together(std::size_t panel, T* to) const {
  constexpr std::size_t kBlock = 4096;  // elements that are turned at once
  const std::size_t count = columns(panel), taps = taps_.size(), channels = weights_.in_channels;
  const bool in_sequence = weights_.in == static_cast<std::ptrdiff_t>(taps);
  const std::size_t step = in_sequence ? std::max<std::size_t>(1, kBlock / (taps * width_)) : 1;
  T* const block = scratch<T>(Scratch::kRows, step * taps * width_);
  const T* const first = weights_.matrix(group(panel), 0, 0).at(0, column(panel)) + first_;
  for (std::size_t i = 0; i < channels; i += step) {
    const std::size_t some = std::min(step, channels - i);
    kernels_.transpose(bits_of(first + static_cast<std::ptrdiff_t>(i) * weights_.in), weights_.out, bits_of(block),
                       static_cast<std::ptrdiff_t>(width_), count, some * taps);
    for (std::size_t r = 0; r < some; r++) {
      for (std::size_t t = 0; t < taps; t++) {
        T* const to_row = row(to, t, i + r);
        std::copy_n(block + (r * taps + static_cast<std::size_t>(offset(taps_[t]) - first_)) * width_, count, to_row);
        std::fill(to_row + count, to_row + width_, T(0));
      }
    }
  }
}

template <class T>
void TapWeights<T>::find_taps() {
  if (taps_.empty()) return;
  std::ptrdiff_t last = first_ = offset(taps_.front());
  for (const Tap& tap : taps_) {
    first_ = std::min(first_, offset(tap));
    last = std::max(last, offset(tap));
  }
  together_ = taps_.size() > 1 && last - first_ < static_cast<std::ptrdiff_t>(taps_.size());
}

template <class T>
std::ptrdiff_t TapWeights<T>::offset(const Tap& tap) const {
  return static_cast<std::ptrdiff_t>(tap.ky) * weights_.y + static_cast<std::ptrdiff_t>(tap.kx) * weights_.x;
}

template class TapWeights<float>;
template class TapWeights<double>;

}  // namespace myelin
