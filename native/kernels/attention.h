#pragma once
// What attention takes; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>

namespace myelin {

// A tile of attention scores, in units of log 2: that of a key and a query is scores[key * row + query].
template <class T>
struct AttentionTile {
  T* scores;
  std::ptrdiff_t row;
  std::size_t keys, queries;
};
// Takes more keys into the softmax of every query (Milakov, Gimelshein, "Online normalizer calculation for softmax",
// 2018): greatest becomes that of itself and the scores, scores become 2^(score - greatest), decay = 2^(old greatest -
// greatest) and sum = sum decay + their sum. At first greatest is -infinity and sum 0; both stay so where no score is more.
// Powers below the normal floats are 0.
template <class T>
using AttentionSoftmaxFn = void(const AttentionTile<T>& tile, T* greatest, T* sum, T* decay);
// Scores become the probabilities p = 2^(score - log_sum), and gradient, a tile alike, p (gradient - delta). Where log_sum
// is -infinity all scores are, and the probabilities are 0.
template <class T>
using AttentionGradientFn = void(const AttentionTile<T>& tile, T* gradient, const T* log_sum, const T* delta);

}  // namespace myelin
