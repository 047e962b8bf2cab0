#pragma once
// What steps of recurrent layers take; kernels.h has the rules of all signatures and of what may stand here.
#include <cstddef>

namespace myelin {

// One time step of some units of a recurrent layer, for `rows` samples. A row of gates has one slot of `width` elements for
// each gate; width is a multiple of kBlockUnits. Gates are functions of x + h + bias, slot by slot: the products of the
// weights with the input and with the last state. Rows of x, h, cell and kept follow one another.
//   lstm  x, h: i f g o   c = s(f) c + s(i) tanh(g), state = s(o) tanh(c)                      kept: i f g o and c
//   gru   x: n r z, h: r z q; bias: n r z q
//         n = tanh(n + s(r) q), state = n + s(z) (before - n)                                  kept: n r z q
//   rnn   x, h: one slot  state = tanh or relu of it                                           kept: the state
// with s(v) = 1 / (1 + exp(-v)); q is kept as h + bias, all else after its function.
template <class T>
struct RecurrentStep {
  std::size_t rows, width;
  std::size_t units;  // of the width, those that `out` has
  const T *x, *h, *bias;
  const T* before;  // gru: the last state, at before + i * state_row
  T* cell;          // lstm: rows of one slot, updated in place
  T* state;         // at state + i * state_row
  std::ptrdiff_t state_row;
  T* out;  // the state once more, at out + i * out_row, or null
  std::ptrdiff_t out_row;
  T* kept;  // what the way back reads, or null
};
template <class T>
using RecurrentStepFn = void(const RecurrentStep<T>& step);
template <class T>
constexpr std::size_t kBlockUnits = 64 / sizeof(T);  // whole vectors of every ISA

// The way back. d, the gradient of the new state, is dstate + dout.
template <class T>
struct RecurrentBack {
  std::size_t rows, width, units;
  const T* kept;
  const T* before;  // lstm: the cell before the step, gru: the state before it
  std::ptrdiff_t before_row;
  const T* dout;  // `units` of a row, at dout + i * dout_row, or null
  std::ptrdiff_t dout_row;
  T* dstate;  // at dstate + i * dstate_row; becomes the gradient of the last state but for what the gates pass on
  std::ptrdiff_t dstate_row;
  T* dcell;   // lstm: rows of one slot, updated in place
  T* dgates;  // rows of the gates' gradients: slots of lstm i f g o, gru n r z q, rnn one
  T* dbias;   // their sums over rows are added here
  T* hidden;  // lstm, unless null: o tanh(c), at hidden + i * hidden_row
  std::ptrdiff_t hidden_row;
};
template <class T>
using RecurrentBackFn = void(const RecurrentBack<T>& step);

}  // namespace myelin
