// Winograd's convolution, channels-last: lanes are channels, and each transform is a few sums and differences of vectors.

// √½ and √2, the interpolation points beside 0 and infinity; their squares and those' product are 1/2, 2 and 1.
constexpr float kNearPoint = 0.70710678f, kFarPoint = 1.41421356f;

struct WinogradInput {
  static constexpr std::size_t kIn = 6, kOut = 6;
  MYELIN_INLINE static void apply(const Vec<float>* d, Vec<float>* out) {
    const Vec<float> even_near = fma(Vec<float>(-2), d[2], d[4]), odd_near = fma(Vec<float>(-2), d[1], d[3]);
    const Vec<float> even_far = fma(Vec<float>(-0.5f), d[2], d[4]), odd_far = fma(Vec<float>(-0.5f), d[1], d[3]);
    out[0] = fma(Vec<float>(-2.5f), d[2], d[0] + d[4]);
    out[1] = fma(Vec<float>(kNearPoint), odd_near, even_near);
    out[2] = fma(Vec<float>(-kNearPoint), odd_near, even_near);
    out[3] = fma(Vec<float>(kFarPoint), odd_far, even_far);
    out[4] = fma(Vec<float>(-kFarPoint), odd_far, even_far);
    out[5] = fma(Vec<float>(-2.5f), d[3], d[1] + d[5]);
  }
};

struct WinogradWeights {
  static constexpr std::size_t kIn = 3, kOut = 6;
  MYELIN_INLINE static void apply(const Vec<float>* w, Vec<float>* out) {
    const Vec<float> near = Vec<float>(-2 / 3.0f) * fma(Vec<float>(0.5f), w[2], w[0]);
    const Vec<float> far = Vec<float>(1 / 6.0f) * fma(Vec<float>(2), w[2], w[0]);
    out[0] = w[0];
    out[1] = fma(Vec<float>(-2 / 3.0f * kNearPoint), w[1], near);
    out[2] = fma(Vec<float>(2 / 3.0f * kNearPoint), w[1], near);
    out[3] = fma(Vec<float>(1 / 6.0f * kFarPoint), w[1], far);
    out[4] = fma(Vec<float>(-1 / 6.0f * kFarPoint), w[1], far);
    out[5] = w[2];
  }
};

struct WinogradOutput {
  static constexpr std::size_t kIn = 6, kOut = 4;
  MYELIN_INLINE static void apply(const Vec<float>* m, Vec<float>* out) {
    const Vec<float> near_sum = m[1] + m[2], near_difference = m[1] - m[2];
    const Vec<float> far_sum = m[3] + m[4], far_difference = m[3] - m[4];
    out[0] = m[0] + near_sum + far_sum;
    out[1] = fma(Vec<float>(kFarPoint), far_difference, Vec<float>(kNearPoint) * near_difference);
    out[2] = fma(Vec<float>(2), far_sum, Vec<float>(0.5f) * near_sum);
    out[3] = fma(Vec<float>(2 * kFarPoint), far_difference, fma(Vec<float>(0.5f * kNearPoint), near_difference, m[5]));
  }
};

struct WinogradDout {
  static constexpr std::size_t kIn = 4, kOut = 6;
  MYELIN_INLINE static void apply(const Vec<float>* g, Vec<float>* out) {
    const Vec<float> even_near = fma(Vec<float>(0.5f), g[2], g[0]), odd_near = fma(Vec<float>(0.5f), g[3], g[1]);
    const Vec<float> even_far = fma(Vec<float>(2), g[2], g[0]), odd_far = fma(Vec<float>(2), g[3], g[1]);
    out[0] = g[0];
    out[1] = fma(Vec<float>(kNearPoint), odd_near, even_near);
    out[2] = fma(Vec<float>(-kNearPoint), odd_near, even_near);
    out[3] = fma(Vec<float>(kFarPoint), odd_far, even_far);
    out[4] = fma(Vec<float>(-kFarPoint), odd_far, even_far);
    out[5] = g[3];
  }
};

struct WinogradDweights {
  static constexpr std::size_t kIn = 6, kOut = 3;
  MYELIN_INLINE static void apply(const Vec<float>* m, Vec<float>* out) {
    const Vec<float> near_sum = Vec<float>(-2 / 3.0f) * (m[1] + m[2]), far_sum = Vec<float>(1 / 6.0f) * (m[3] + m[4]);
    const Vec<float> near_difference = m[1] - m[2], far_difference = m[3] - m[4];
    out[0] = m[0] + near_sum + far_sum;
    out[1] =
        fma(Vec<float>(1 / 6.0f * kFarPoint), far_difference, Vec<float>(-2 / 3.0f * kNearPoint) * near_difference);
    out[2] = fma(Vec<float>(0.5f), near_sum, fma(Vec<float>(2), far_sum, m[5]));
  }
};

// One vector of each place: the columns are turned first, then the rows of what they give. kWhole: every place exists.
template <class Transform, bool kWhole, class At>
MYELIN_INLINE void winograd_vector(const WinogradBlock& block, std::size_t first, At at) {
  constexpr std::size_t kIn = Transform::kIn, kOut = Transform::kOut;
  const float* in = block.in + first;
  float* out = block.out + first;
  const Vec<float> bias = block.bias == nullptr ? Vec<float>(0) : at.load_from(block.bias + first);
  Vec<float> half[kOut][kIn];
  MYELIN_UNROLL for (std::size_t j = 0; j < kIn; j++) {
    Vec<float> column[kIn], turned[kOut];
    MYELIN_UNROLL for (std::size_t i = 0; i < kIn; i++) {
      const float* from = in + std::ptrdiff_t(i) * block.in_row + std::ptrdiff_t(j) * block.in_col;
      const bool exists = kWhole || (i >= block.top && i < block.bottom && j >= block.left && j < block.right);
      column[i] = exists ? at.load_from(from) : Vec<float>(0);
    }
    Transform::apply(column, turned);
    MYELIN_UNROLL for (std::size_t i = 0; i < kOut; i++) half[i][j] = turned[i];
  }
  MYELIN_UNROLL for (std::size_t i = 0; i < kOut; i++) {
    Vec<float> turned[kOut];
    Transform::apply(half[i], turned);
    float* row = out + std::ptrdiff_t(i) * block.out_row;
    MYELIN_UNROLL for (std::size_t j = 0; j < kOut; j++) {
      const bool wanted = kWhole || (i < block.out_rows && j < block.out_cols);
      if (wanted) at.store_to(row + std::ptrdiff_t(j) * block.out_col, kOut == 4 ? turned[j] + bias : turned[j]);
    }
  }
}

template <class Transform>
void winograd(const WinogradBlock& block) {
  const bool whole = block.top == 0 && block.left == 0 && block.bottom == Transform::kIn &&
                     block.right == Transform::kIn && block.out_rows == Transform::kOut &&
                     block.out_cols == Transform::kOut;
  if (whole) {
    each_vector<float>(block.width, [&](std::size_t i, auto at)
                                        MYELIN_FORCE_INLINE { winograd_vector<Transform, true>(block, i, at); });
  } else {
    each_vector<float>(block.width, [&](std::size_t i, auto at)
                                        MYELIN_FORCE_INLINE { winograd_vector<Transform, false>(block, i, at); });
  }
}
void f32_winograd_input(const WinogradBlock& block) { winograd<WinogradInput>(block); }
void f32_winograd_weights(const WinogradBlock& block) { winograd<WinogradWeights>(block); }
void f32_winograd_output(const WinogradBlock& block) { winograd<WinogradOutput>(block); }
void f32_winograd_dout(const WinogradBlock& block) { winograd<WinogradDout>(block); }
void f32_winograd_dweights(const WinogradBlock& block) { winograd<WinogradDweights>(block); }
