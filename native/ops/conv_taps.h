#pragma once
#include <algorithm>
#include <cstddef>
#include <vector>

#include "ops/conv.h"

namespace myelin {

// The weights of some taps as `correlate` reads them from beginning to end: panels of output channels, group after group, each
// with a row for every tap and input channel.
template <class T>
class TapWeights {
 public:
  TapWeights(const GemmKernels<T>& kernels, const Weights<T>& weights, std::size_t groups,
             const std::vector<Tap>& taps);

  std::size_t depth() const { return depth_; }
  std::size_t width() const { return width_; }
  std::size_t panels() const { return groups_ * group_panels_; }
  std::size_t panel_size() const { return depth_ * width_; }
  std::size_t elements() const { return panels() * panel_size(); }

  std::size_t group(std::size_t panel) const { return panel / group_panels_; }
  // The first of a panel's channels, counted in its group, and how many it has.
  std::size_t column(std::size_t panel) const { return panel % group_panels_ * width_; }
  std::size_t columns(std::size_t panel) const { return std::min(width_, weights_.out_channels - column(panel)); }

  void pack(std::size_t panel, T* to) const;
  // All panels one behind the other.
  void pack_all(T* to) const;

 private:
  void pack_each(std::size_t panel, T* to) const;
  void pack_together(std::size_t panel, T* to) const;
  void find_taps();
  std::ptrdiff_t offset(const Tap& tap) const;
  T* row(T* to, std::size_t tap, std::size_t channel) const {
    return to + (tap * weights_.in_channels + channel) * width_;
  }

  const GemmKernels<T>& kernels_;
  const Weights<T>& weights_;
  const std::size_t groups_;
  const std::vector<Tap>& taps_;
  std::size_t depth_, width_, group_panels_;
  std::ptrdiff_t first_ = 0;  // where the weights of the taps begin in memory
  bool together_ = false;     // and whether there is nothing between them
};

extern template class TapWeights<float>;
extern template class TapWeights<double>;

}  // namespace myelin
