#pragma once
// Included by code compiled for every ISA: nothing here may define a function or pull in a standard C++ header, or the
// linker could put AVX-512 code where the baseline expects its own (see ARCHITECTURE.md, "One binary, many ISAs").
#include <cstddef>
#include <cstdint>

namespace myelin {

// Rules of all signatures. Sizes and strides count elements. The stride of an input may be 0 (one element repeated), 1,
// negative or anything else; arrays without a stride argument have stride 1. Pointers need the alignment of their
// element only. n = 0 is allowed. An output may be the very same array as an input of equal element size and stride 1;
// other overlaps are not allowed. Results depend neither on alignment nor on what the other elements are.

template <class T>
using UnaryFn = void(const T* x, std::ptrdiff_t sx, T* out, std::size_t n);
// leaky_relu: p0 = slope below 0; elu: p0 = alpha, p1 = scale below 0; clamp: [p0, p1], p1 wins when p0 > p1; scale_shift: x * p0 + p1.
template <class T>
using UnaryParamFn = void(const T* x, std::ptrdiff_t sx, T p0, T p1, T* out, std::size_t n);
template <class T>
using PredicateFn = void(const T* x, std::ptrdiff_t sx, std::uint8_t* out, std::size_t n);
template <class T>
using BinaryFn = void(const T* a, std::ptrdiff_t sa, const T* b, std::ptrdiff_t sb, T* out, std::size_t n);
template <class T>
using CompareFn = void(const T* a, std::ptrdiff_t sa, const T* b, std::ptrdiff_t sb, std::uint8_t* out, std::size_t n);
// out = condition ? a : b, on elements of sizeof(T) bytes.
template <class T>
using SelectFn = void(const std::uint8_t* condition, std::ptrdiff_t sc, const T* a, std::ptrdiff_t sa, const T* b,
                      std::ptrdiff_t sb, T* out, std::size_t n);

// float32 from and to float16 and bfloat16, which are passed as their bits; rounds to nearest even, NaN stays NaN.
using WidenFn = void(const std::uint16_t* x, float* out, std::size_t n);
using NarrowFn = void(const float* x, std::uint16_t* out, std::size_t n);

// Reduces n consecutive elements. Float sums and products are a tree over blocks, so errors grow with log n and the
// order depends on n alone. n = 0 gives the identity: 0, 1, or the infinity (least or greatest integer) that loses.
template <class T>
using ReduceFn = T(const T* x, std::size_t n);
template <class T>
using WideReduceFn = std::int64_t(const T* x, std::size_t n);
// acc[j] = combine(acc[j], combination of x[i * row_stride + j] over rows i), for columns j < n. Float sums and
// products of a column are a tree over its rows; their order depends on `rows` alone.
template <class T>
using ReduceRowsFn = void(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n);
// Mean and sum of squared deviations from it, in one pass over memory; n = 0 gives 0 and 0. Two parts combine as
// mean = (n1 mean1 + n2 mean2) / n, squares = squares1 + squares2 + (mean1 - mean2)^2 n1 n2 / n
// (Chan, Golub, LeVeque: "Updating formulae and a pairwise algorithm for computing sample variances", 1979).
template <class T>
using MomentsFn = void(const T* x, std::size_t n, T* mean, T* squares);
// The same for every column j < n over `rows` rows.
template <class T>
using MomentsRowsFn = void(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* mean, T* squares, std::size_t n);

template <class T>
using RowFn = void(const T* x, T* out, std::size_t n);
template <class T>
using RowBackwardFn = void(const T* dout, const T* out, T* dx, std::size_t n);
// out = (x - mean) * rstd * weight + bias; a null weight is 1, a null bias is 0.
template <class T>
using NormalizeFn = void(const T* x, T mean, T rstd, const T* weight, const T* bias, T* out, std::size_t n);
// With xhat = (x - mean) * rstd and g = dout * weight: dx = rstd * (g - avg(g) - xhat * avg(g * xhat)), and, each
// unless null, dweight += dout * xhat, dbias += dout.
template <class T>
using NormalizeBackwardFn = void(const T* dout, const T* x, T mean, T rstd, const T* weight, T* dx, T* dweight,
                                 T* dbias, std::size_t n);
// Channels-last batch norm: rows are pixels, columns are channels j < n.
// out[i][j] = x[i][j] * scale[j] + shift[j].
template <class T>
using ScaleShiftRowsFn = void(const T* x, std::ptrdiff_t x_stride, const T* scale, const T* shift, T* out,
                              std::ptrdiff_t out_stride, std::size_t rows, std::size_t n);
// sum[j] += sum of dout[i][j]; sum_xhat[j] += sum of dout[i][j] * (x[i][j] - mean[j]) * rstd[j]; trees over the rows.
template <class T>
using BatchNormSumsFn = void(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride,
                             std::size_t rows, const T* mean, const T* rstd, T* sum, T* sum_xhat, std::size_t n);
// dx[i][j] = x[i][j] * a[j] + dout[i][j] * b[j] + c[j].
template <class T>
using BatchNormDxFn = void(const T* x, std::ptrdiff_t x_stride, const T* dout, std::ptrdiff_t dout_stride, const T* a,
                           const T* b, const T* c, T* dx, std::ptrdiff_t dx_stride, std::size_t rows, std::size_t n);

// Sums of rows, which may be the same or overlap. Sum r takes weights[t] times the row at offsets[t], for starts[r] <= t <
// starts[r + 1], from each of `lines` lines and in order: for j < n, out[r * out_stride + j] = sum over l < lines of
// line_weights[l] * sum over t of weights[t] * x[line_offsets[l] + offsets[t] + j]. A sum of nothing is 0.
template <class T>
struct WeightedRows {
  const T* x;
  const std::ptrdiff_t* line_offsets;
  const T* line_weights;
  std::size_t lines;
  const std::size_t* starts;
  const std::ptrdiff_t* offsets;
  const T* weights;
  T* out;
  std::ptrdiff_t out_stride;
  std::size_t rows, n;
};
template <class T>
using WeightedRowsFn = void(const WeightedRows<T>& sums);

// dst[k * ldd + i] = src[i * lds + k] for i < m, k < n. src and dst must not overlap.
template <class T>
using TransposeFn = void(const T* src, std::ptrdiff_t lds, T* dst, std::ptrdiff_t ldd, std::size_t m, std::size_t n);

// Neighbouring windows over a plane of a channels-last image. Places count its pixels; element c of the pixel at `place`
// is plane[place * step + c], and pixels of outputs have step = channels. Tap (i, j) of window o is at the place
// first + o * window + i * line + j * column.
struct PoolRow {
  std::ptrdiff_t first, window, line, column;
  std::size_t windows, lines, columns, channels;
};
// The maximum of each window and its place: the first maximum, but the last NaN if there is one (as PyTorch).
template <class T>
using MaxPoolRowFn = void(const PoolRow& row, const T* image, std::ptrdiff_t step, T* out, std::int32_t* winner);
// The sum of each window / divisor.
template <class T>
using AvgPoolRowFn = void(const PoolRow& row, const T* image, std::ptrdiff_t step, T divisor, T* out);
// What windows give to one line of taps (lines is 1): a tap of dx gets dout where the winner is its place, else 0, or
// dout / divisor. With `add` shares are added to dx, window after window; without, windows must not overlap.
template <class T>
using MaxPoolRowBackwardFn = void(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step,
                                  const std::int32_t* winner, std::ptrdiff_t winner_step, T* dx, bool add);
template <class T>
using AvgPoolRowBackwardFn = void(const PoolRow& row, const T* dout, std::ptrdiff_t dout_step, T divisor, T* dx,
                                  bool add);

// One time step of CTC over n states: out[s] = emit[s] + log(e^prev[s] + e^prev[s - 1] + e^(prev[s - 2] + skip[s])), where
// skip is 0 or -infinity. prev[-1] and prev[-2] are read; emit may be null, for zeros; out is apart from prev.
template <class T>
using CtcStepFn = void(const T* prev, const T* skip, const T* emit, T* out, std::size_t n);

// One step of an optimizer on n elements of a parameter, formula for formula torch.optim's (single-tensor form) where it
// has the optimizer. All arrays but the gradient are updated in place; those that a choice makes needless may be null.
// Hyper-parameters are double and rounded once, after derived ones such as 1 - beta.
constexpr std::size_t kStepStates = 3;
template <class T>
struct StepArrays {
  T* param;
  const T* grad;
  T* state[kStepStates];
};
// The gradient that an optimizer works with is sign * grad + l2 * param + l1 * sign(param), and before its step a
// parameter shrinks to shrink * param.
struct StepTerms {
  double lr, sign, l2, l1, shrink;
};
// State: velocity, unless momentum is 0.
struct SgdStep {
  StepTerms terms;
  double momentum, dampening;
  bool nesterov;
  bool first;  // the velocity starts as the gradient, undamped
};
// State: mean, square, and with amsgrad the largest square so far.
struct AdamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  bool amsgrad;
  double correction1, correction2;  // 1 - beta1^t and 1 - beta2^t
};
// State: square, mean if centered, velocity unless momentum is 0.
struct RmspropStep {
  StepTerms terms;
  double alpha, eps, momentum;
  bool centered;
};
// State: sum of squares. The rate is already decayed: lr / (1 + (t - 1) lr_decay).
struct AdagradStep {
  StepTerms terms;
  double eps;
};
// State: square, square of the steps.
struct AdadeltaStep {
  StepTerms terms;
  double rho, eps;
};
// State: mean, largest size. The rate is lr / (1 - beta1^t).
struct AdamaxStep {
  StepTerms terms;
  double beta1, beta2, eps;
};
// State: mean, square. param -= lr (of_gradient g + of_mean m) / (sqrt(v / correction2) + eps).
struct NadamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  double of_gradient, of_mean, correction2;
};
// State: mean, square. param -= lr size m / (sqrt(v) + eps), or lr size m while the variance of v is not
// tractable.
struct RadamStep {
  StepTerms terms;
  double beta1, beta2, eps;
  double size;
  bool rectified;
};
// State: mean.
struct LionStep {
  StepTerms terms;
  double beta1, beta2;
};
// State: mean, square. direction = m / correction1 / (sqrt(v / correction2) + eps) + decay param.
struct LambStep {
  StepTerms terms;
  double beta1, beta2, eps, decay;
  double correction1, correction2;
};
template <class T, class Step>
using StepFn = void(const StepArrays<T>& arrays, std::size_t n, const Step& step);
template <class T>
using SgdFn = StepFn<T, SgdStep>;
template <class T>
using AdamFn = StepFn<T, AdamStep>;
template <class T>
using RmspropFn = StepFn<T, RmspropStep>;
template <class T>
using AdagradFn = StepFn<T, AdagradStep>;
template <class T>
using AdadeltaFn = StepFn<T, AdadeltaStep>;
template <class T>
using AdamaxFn = StepFn<T, AdamaxStep>;
template <class T>
using NadamFn = StepFn<T, NadamStep>;
template <class T>
using RadamFn = StepFn<T, RadamStep>;
template <class T>
using LionFn = StepFn<T, LionStep>;
template <class T>
using LambFn = StepFn<T, LambStep>;
// LAMB needs the lengths of parameter and direction before the parameter moves. The first pass updates the state and
// adds to both squared lengths, the second moves the parameter by terms.lr times the direction.
struct SquaredLengths {
  double param, direction;
};
template <class T>
using LambMomentsFn = void(const StepArrays<T>& arrays, std::size_t n, const LambStep& step, SquaredLengths* lengths);

// out[i] = a x[i] + b y[i]; returns the sum of out[i] z[i], a tree whose order depends on n alone. z may be out.
template <class T>
using BlendDotFn = T(const T* x, T a, const T* y, T b, T* out, const T* z, std::size_t n);

// A panel of C, as wide as a tile or narrower and of any height: C = act(alpha A B [+ C] [+ bias]), where A(i, k) is
// a[i * a_row + k * a_k], B(k, j) is b[k * b_k + j] and C(i, j) is c[i * c_row + j]. Each element of C is one running sum
// over k, whatever the shape of the panel. C must not overlap A or B.
//
// The sum may run over several segments of A, each of k steps: segment s begins at a + a_segments[s], while B goes on
// without a break. So the patches of a convolution are read where they lie.
template <class T>
struct GemmPanel {
  const T* a;
  std::ptrdiff_t a_row, a_k;
  const std::ptrdiff_t* a_segments;  // null: one segment, at a
  std::size_t segments;
  std::size_t k;
  const T* b;
  std::ptrdiff_t b_k;
  bool b_padded;  // rows of B can be read up to the next whole vector
  T* c;
  std::ptrdiff_t c_row;
  std::size_t rows, cols;  // cols <= GemmBlocking::lanes * GemmBlocking::vectors
  bool accumulate;
  T alpha;
  const T* bias;  // one for each column, or null
  bool relu;
  bool fetch_c;  // C lies outside the caches: its lines are on their way while the sums are formed
  bool fetch_a;  // so do the next rows of A, which lie one behind the other
};
template <class T>
using GemmPanelFn = void(const GemmPanel<T>& panel);
// How an ISA wants products cut: the widest tile in vectors of `lanes` elements, and the blocks of K, M and N.
struct GemmBlocking {
  std::size_t lanes, vectors;
  std::size_t kc, mc, nc;
};
using GemmBlockingFn = const GemmBlocking&();
// out[i * width + j] = b[i * b_k + j] for j < cols, 0 for cols <= j < width; width is a multiple of the lanes.
template <class T>
using GemmPackFn = void(const T* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, T* out, std::size_t width);
// gemv_dots: y[i] = sum of a[i * a_row + j] * x[j] over j < n, for i < rows.
// gemv_sums: y[j] = sum of a[i * a_row + j] * x[i] over i < rows, for j < n; i ascends.
template <class T>
using GemvFn = void(const T* a, std::ptrdiff_t a_row, const T* x, T* y, std::size_t rows, std::size_t n);

// C = A B^T for few rows of A: c[i * c_row + j] = sum of a[i * a_row + l] * b[j * b_row + l] over l < k. C must not overlap A
// or B.
template <class T>
struct GemmDots {
  const T* a;
  std::ptrdiff_t a_row;
  std::size_t rows;
  const T* b;
  std::ptrdiff_t b_row;
  std::size_t cols, k;
  T* c;
  std::ptrdiff_t c_row;
};
template <class T>
using GemmDotsFn = void(const GemmDots<T>& product);

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

// Products of elements of one or two bytes, added up in groups that fill a word of 32 bits: four bytes or two bfloat16.
// C = act(A B + row_terms + col_terms) for rows of A whose elements are consecutive. B is packed (DotPackFn): for each group
// of k, one word for each of DotBlocking::width columns, with zeros beyond k.
template <class A, class B, class Sum, class C>
struct DotPanel {
  const A* a;
  std::ptrdiff_t a_row;
  std::size_t k;
  const B* b;
  C* c;
  std::ptrdiff_t c_row;
  std::size_t rows, cols;
  const Sum* row_terms;  // one for each row, or null
  const Sum* col_terms;  // one for each column, or null
  bool relu;
};
// Exact for k < 2^16: 255 * 128 * k then fits int32.
using BytePanel = DotPanel<std::uint8_t, std::int8_t, std::int32_t, std::int32_t>;
// Sums of float32 are rounded to bfloat16 at the end; denormals may be taken for 0.
using BFloat16Panel = DotPanel<std::uint16_t, std::uint16_t, float, std::uint16_t>;
template <class Panel>
using DotPanelFn = void(const Panel& panel);
// The columns of a panel, and so many rows of A that stay in the second-level cache between panels.
struct DotBlocking {
  std::size_t width, rows;
};
using DotBlockingFn = const DotBlocking&();
// out[(g * width + j) * group + r] = b[(g * group + r) * b_k + j], 0 beyond k rows and `cols` columns. Unsigned bytes v become
// the signed v - 128.
template <class From, class To>
using DotPackFn = void(const From* b, std::ptrdiff_t b_k, std::size_t k, std::size_t cols, To* out);
using U8DotPackFn = DotPackFn<std::uint8_t, std::int8_t>;
using BF16DotPackFn = DotPackFn<std::uint16_t, std::uint16_t>;

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

// The input of some rows of output pixels of a depthwise convolution, channels-last. Row r and row y of the kernel read
// lines[r + y]; pixel p and column x of the kernel read its column p * stride + x * spacing - left. Beyond its `width`
// columns a line goes on with zeros, and null stands for a line of zeros.
template <class T>
struct DepthwiseInput {
  const T* const* lines;
  std::size_t width;
  std::ptrdiff_t left;
  std::size_t stride, spacing;
  std::size_t kernel_height, kernel_width;
  std::size_t rows, pixels, channels;
};
// Weights and their gradient lie in blocks of so many channels, the last one padded with what is never used: that of
// channel c at (y, x) is at c / block * taps * block + (y * kernel_width + x) * block + c % block, taps = kernel_height *
// kernel_width. Were they a line of channels apart, as pixels are, they would contend with those for places in the cache.
template <class T>
constexpr std::size_t kDepthwiseBlock = 64 / sizeof(T);  // whole vectors of every ISA
// out[r * out_row + p * out_step + c] = bias[c] + sum over y and x of input times weight.
template <class T>
struct DepthwiseRows {
  DepthwiseInput<T> in;
  const T* weights;
  const T* bias;  // or null
  T* out;
  std::ptrdiff_t out_row, out_step;
};
template <class T>
using DepthwiseRowsFn = void(const DepthwiseRows<T>& rows);
// To the gradient of the weights is added the sum over r and p of input times dout[r * dout_row + p * channels + c].
template <class T>
struct DepthwiseGradient {
  DepthwiseInput<T> in;
  const T* dout;
  std::ptrdiff_t dout_row;
  T* gradient;
};
template <class T>
using DepthwiseGradientFn = void(const DepthwiseGradient<T>& rows);

// Winograd's F(4 x 4, 3 x 3): 4 x 4 sums of a 3 x 3 convolution from 36 products instead of 144 (S. Winograd, "Arithmetic
// complexity of computations", 1980; Lavin and Gray, arXiv:1509.09308), with the interpolation points 0, +-sqrt(1/2),
// +-sqrt(2) and infinity, which round less than whole numbers do. Each transform is out = L in L^T on a square of places,
// for `width` consecutive elements at each of them:
//   winograd_input (L is 6 x 6), winograd_weights (6 x 3): their results are multiplied, place by place, and summed over
//   channels; winograd_output (4 x 6) brings that to pixels, and adds the bias.
//   winograd_dout (6 x 4): its results times those of winograd_input, summed over tiles, are brought to the gradient of
//   the weights by winograd_dweights (3 x 6).
struct WinogradBlock {
  const float* in;
  std::ptrdiff_t in_row, in_col;
  std::size_t top, bottom, left, right;  // rows [top, bottom) and columns [left, right) are read, 0 stands for the rest
  float* out;
  std::ptrdiff_t out_row, out_col;
  std::size_t out_rows, out_cols;  // so many of the result are written
  const float* bias;               // one for each element of the width, or null; only winograd_output takes it
  std::size_t width;
};
using WinogradFn = void(const WinogradBlock& block);

// One pass of a Fourier transform down the columns of a matrix whose real and imaginary parts lie apart (Stockham's
// autosort scheme; Swarztrauber, "FFT algorithms for vector computers", 1984). Row i of the input begins at i * row,
// rows of the output follow one another, and `run` columns, a multiple of kFftColumns, are in a row. For p < groups:
// out[p * radix + j] = w(p, j) * sum over k of in[p + k * groups] * exp(-2 pi i jk / radix), w(p, 0) = w(0, j) = 1.
template <class T>
struct FftPass {
  const T *re, *im;
  T *out_re, *out_im;
  std::size_t radix;  // 2, 3, 4, 5, 8 or an odd number up to kFftMaxRadix
  std::size_t groups, row, run;
  const T* twiddles;  // w(p, j) at pair p * (radix - 1) + j - 1
  const T* roots;     // exp(-2 pi i k / radix) at pair k
};
template <class T>
constexpr std::size_t kFftColumns = 64 / sizeof(T);  // whole vectors of every ISA
constexpr std::size_t kFftMaxRadix = 31;
template <class T>
using FftPassFn = void(const FftPass<T>& pass);
// (re, im) *= (by_re, by_im) * base, as complex numbers, in place; base is a pair, or null for 1.
template <class T>
using FftTwistFn = void(T* re, T* im, const T* by_re, const T* by_im, const T* base, std::size_t n);
// n pairs to parts and back.
template <class T>
using PairsSplitFn = void(const T* pairs, T* re, T* im, std::size_t n);
template <class T>
using PairsJoinFn = void(const T* re, const T* im, T scale, T* pairs, std::size_t n);
// How the transform of 2 * half real numbers and that of half pairs follow from each other.
template <class T>
struct RealFold {
  std::size_t half;  // at least 1
  T edge, inner;     // factors of the numbers 0 and half of the real transform, and of those between
  const T *re, *im;  // exp(-pi i k / half), k < half
};
// unpack: half + 1 pairs, the transform of the reals, from the parts of that of the pairs.
// pack: parts whose inverse transform, undivided, is the real numbers as pairs; the opposite of unpack, times 2.
template <class T>
using RfftUnpackFn = void(const RealFold<T>& fold, const T* re, const T* im, T* pairs);
template <class T>
using IrfftPackFn = void(const RealFold<T>& fold, const T* x_re, const T* x_im, T* re, T* im);

struct KernelTable {
  const char* isa;
#define MYELIN_KERNEL(name, signature) signature* name;
#include "kernels/kernels.def"
#undef MYELIN_KERNEL
};

}  // namespace myelin
