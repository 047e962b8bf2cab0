#pragma once
#include <array>
#include <cstdint>

#include "core/check.h"
#include "core/dtype.h"

namespace myelin {

constexpr int kMaxRank = 8;
using Dims = std::array<std::int64_t, kMaxRank>;

// A strided window on memory. Strides count elements; 0 repeats an element (broadcast), negative ones run backwards.
// `data` is the element at index (0, ..., 0). A decoded View never reaches outside its storage.
struct View {
  char* data = nullptr;
  DType dtype = DType::kFloat32;
  int rank = 0;
  Dims shape{};
  Dims strides{};

  std::int64_t size() const {
    std::int64_t n = 1;
    for (int i = 0; i < rank; i++) n *= shape[i];
    return n;
  }
  // Row-major without gaps.
  bool contiguous() const;
  // Element memory is one block without gaps or repeats, in whatever order of axes.
  bool dense() const;
  bool same_shape(const View& other) const;

  // Typed pointer; refuses any other dtype. bool memory is read as uint8_t.
  template <class T>
  T* as() const {
    require(dtype == DTypeOf<T>::value || (dtype == DType::kBool && DTypeOf<T>::value == DType::kUint8),
            "a tensor has another dtype than the op needs");
    return reinterpret_cast<T*>(data);
  }
};

// Loops over several views of one iteration space, with as few and as long inner runs as their strides allow.
// View 0 is the output and decides the order of axes; the others broadcast to its shape.
template <int N>
struct LoopNest {
  int rank = 0;
  Dims shape{};
  std::array<Dims, N> strides{};
  std::array<char*, N> data{};
  std::array<std::int64_t, N> item{};

  explicit LoopNest(const std::array<const View*, N>& views);
  std::int64_t inner() const { return rank == 0 ? 1 : shape[rank - 1]; }
  std::int64_t outer() const {
    std::int64_t n = 1;
    for (int i = 0; i + 1 < rank; i++) n *= shape[i];
    return n;
  }
  std::int64_t inner_stride(int view) const { return rank == 0 ? 0 : strides[view][rank - 1]; }
  // Pointers to the start of inner run `run` (0 <= run < outer()).
  std::array<char*, N> at(std::int64_t run) const {
    std::array<char*, N> pointers = data;
    for (int axis = rank - 2; axis >= 0; axis--) {
      const std::int64_t index = run % shape[axis];
      run /= shape[axis];
      for (int v = 0; v < N; v++) pointers[v] += index * strides[v][axis] * item[v];
    }
    return pointers;
  }
};

// Strides with which `view` is read as if it had the shape of `target`; refuses shapes that do not broadcast.
Dims broadcast_strides(const View& view, const View& target);

extern template struct LoopNest<1>;
extern template struct LoopNest<2>;
extern template struct LoopNest<3>;
extern template struct LoopNest<4>;

}  // namespace myelin
