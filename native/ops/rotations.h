#pragma once
#include <algorithm>
#include <cmath>
#include <vector>

#include "ops/matrices.h"

namespace myelin {

// A plane rotation: (x, y) becomes (c x + s y, c y - s x).
template <class T>
struct Rotation {
  T c, s;
};

// The rotation that maps (f, g) to (r, 0).
template <class T>
Rotation<T> make_rotation(T f, T g, T& r) {
  if (g == 0) {
    r = f;
    return {1, 0};
  }
  if (f == 0) {
    r = g;
    return {0, 1};
  }
  r = std::copysign(std::hypot(f, g), f);
  return {f / r, g / r};
}

// Rotations of pairs of rows, kept until there are enough of them to pass over the rows once for all.
template <class T>
class RotationLog {
 public:
  // `rows` may be null: then nothing is kept. Each row has `length` consecutive elements.
  RotationLog(const Context<T>& context, T* rows, std::size_t length)
      : context_(context), rows_(rows), length_(length) {}

  void add(std::size_t first, std::size_t second, Rotation<T> rotation) {
    if (rows_ == nullptr || rotation.s == 0) return;
    log_.push_back({first, second, rotation});
    constexpr std::size_t kMost = 1 << 15;
    if (log_.size() >= kMost) flush();
  }

  // Applies what has been kept, to a few columns at a time so that they stay in the cache.
  void flush() {
    if (log_.empty()) return;
    constexpr std::size_t kColumns = 64;
    const std::size_t pieces = ceil_div(length_, kColumns);
    const std::size_t chunks = std::min(pieces, chunks_for(log_.size() * length_, kGrain));
    context_.for_chunks(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(pieces, chunks, chunk);
      for (std::size_t piece = mine.begin; piece < mine.end; piece++) {
        const std::size_t begin = piece * kColumns, width = std::min(kColumns, length_ - begin);
        for (const Entry& entry : log_) {
          rotate(rows_ + entry.first * length_ + begin, rows_ + entry.second * length_ + begin, entry.rotation, width);
        }
      }
    });
    log_.clear();
  }

 private:
  struct Entry {
    std::size_t first, second;
    Rotation<T> rotation;
  };

  static void rotate(T* __restrict x, T* __restrict y, Rotation<T> rotation, std::size_t n) {
    for (std::size_t i = 0; i < n; i++) {
      const T a = x[i], b = y[i];
      x[i] = rotation.c * a + rotation.s * b;
      y[i] = rotation.c * b - rotation.s * a;
    }
  }

  const Context<T>& context_;
  T* rows_;
  std::size_t length_;
  std::vector<Entry> log_;
};

// From which end QR steps go over a block of rows: from that of the larger diagonal element, since otherwise the small
// values of a graded matrix lose digits. It stays the same while steps work on parts of one block, which would not
// converge if each undid what the last did.
class Direction {
 public:
  template <class T>
  bool backwards(std::size_t low, std::size_t high, const T* diagonal) {
    if (low > high_ || high < low_) backwards_ = std::abs(diagonal[low]) < std::abs(diagonal[high]);
    low_ = low;
    high_ = high;
    return backwards_;
  }

 private:
  std::size_t low_ = 1, high_ = 0;
  bool backwards_ = false;
};

// Positions of `n` values in ascending or descending order.
template <class T>
std::vector<std::size_t> sorted_positions(const T* values, std::size_t n, bool descending) {
  std::vector<std::size_t> order(n);
  for (std::size_t i = 0; i < n; i++) order[i] = i;
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return descending ? values[a] > values[b] : values[a] < values[b];
  });
  return order;
}

}  // namespace myelin
