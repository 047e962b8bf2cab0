template <class T>
void fft_pass(const FftPass<T>& pass) {
  for (std::size_t p = 0; p < pass.groups; p++)
    for (std::size_t q = 0; q < pass.run; q++)
      for (std::size_t j = 0; j < pass.radix; j++) {
        double re = 0, im = 0;
        for (std::size_t k = 0; k < pass.radix; k++) {
          const double angle =
              -2 * 3.14159265358979323846 * static_cast<double>(j * k % pass.radix) / static_cast<double>(pass.radix);
          const double x = pass.re[(p + k * pass.groups) * pass.row + q],
                       y = pass.im[(p + k * pass.groups) * pass.row + q];
          re += x * std::cos(angle) - y * std::sin(angle);
          im += x * std::sin(angle) + y * std::cos(angle);
        }
        const T* const twiddle = pass.twiddles + (p * (pass.radix - 1) + j - 1) * 2;
        const double w_re = j == 0 ? 1 : twiddle[0], w_im = j == 0 ? 0 : twiddle[1];
        const std::size_t at = (p * pass.radix + j) * pass.run + q;
        pass.out_re[at] = static_cast<T>(re * w_re - im * w_im);
        pass.out_im[at] = static_cast<T>(re * w_im + im * w_re);
      }
}

template <class T>
void fft_twist(T* re, T* im, const T* by_re, const T* by_im, const T* base, std::size_t n) {
  const double b_re = base == nullptr ? 1 : base[0], b_im = base == nullptr ? 0 : base[1];
  for (std::size_t i = 0; i < n; i++) {
    const double w_re = by_re[i] * b_re - by_im[i] * b_im, w_im = by_re[i] * b_im + by_im[i] * b_re;
    const double x = re[i], y = im[i];
    re[i] = static_cast<T>(x * w_re - y * w_im);
    im[i] = static_cast<T>(x * w_im + y * w_re);
  }
}

template <class T>
void pairs_split(const T* pairs, T* re, T* im, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) {
    re[i] = pairs[2 * i];
    im[i] = pairs[2 * i + 1];
  }
}

template <class T>
void pairs_join(const T* re, const T* im, T scale, T* pairs, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) {
    pairs[2 * i] = re[i] * scale;
    pairs[2 * i + 1] = im[i] * scale;
  }
}

template <class T>
void rfft_unpack(const RealFold<T>& fold, const T* re, const T* im, T* pairs) {
  for (std::size_t k = 0; k <= fold.half; k++) {
    const bool edge = k == 0 || k == fold.half;
    const std::size_t a = k % fold.half, b = (fold.half - k) % fold.half;
    const double w_re = edge ? (k == 0 ? 1 : -1) : fold.re[k], w_im = edge ? 0 : fold.im[k];
    const double dr = static_cast<double>(re[a]) - re[b], di = static_cast<double>(im[a]) + im[b];
    const double odd_re = dr * w_re - di * w_im, odd_im = dr * w_im + di * w_re;
    const double scale = (edge ? fold.edge : fold.inner) / 2.0;
    pairs[2 * k] = static_cast<T>((static_cast<double>(re[a]) + re[b] + odd_im) * scale);
    pairs[2 * k + 1] = edge ? 0 : static_cast<T>((static_cast<double>(im[a]) - im[b] - odd_re) * scale);
  }
}

template <class T>
void irfft_pack(const RealFold<T>& fold, const T* x_re, const T* x_im, T* re, T* im) {
  const std::size_t half = fold.half;
  re[0] = static_cast<T>((static_cast<double>(x_re[0]) + x_re[half]) * fold.edge);
  im[0] = static_cast<T>((static_cast<double>(x_re[0]) - x_re[half]) * fold.edge);
  for (std::size_t k = 1; k < half; k++) {
    const double dr = static_cast<double>(x_re[k]) - x_re[half - k], di = static_cast<double>(x_im[k]) + x_im[half - k];
    const double odd_re = dr * fold.re[k] + di * fold.im[k], odd_im = di * fold.re[k] - dr * fold.im[k];
    re[k] = static_cast<T>((static_cast<double>(x_re[k]) + x_re[half - k] - odd_im) * fold.inner);
    im[k] = static_cast<T>((static_cast<double>(x_im[k]) - x_im[half - k] + odd_re) * fold.inner);
  }
}

#define MYELIN_REFERENCE_FFT(T, prefix)                                                                     \
  void prefix##_fft_pass(const FftPass<T>& pass) { fft_pass(pass); }                                        \
  void prefix##_fft_twist(T* re, T* im, const T* by_re, const T* by_im, const T* base, std::size_t n) {     \
    fft_twist(re, im, by_re, by_im, base, n);                                                               \
  }                                                                                                         \
  void prefix##_pairs_split(const T* pairs, T* re, T* im, std::size_t n) { pairs_split(pairs, re, im, n); } \
  void prefix##_pairs_join(const T* re, const T* im, T scale, T* pairs, std::size_t n) {                    \
    pairs_join(re, im, scale, pairs, n);                                                                    \
  }                                                                                                         \
  void prefix##_rfft_unpack(const RealFold<T>& fold, const T* re, const T* im, T* pairs) {                  \
    rfft_unpack(fold, re, im, pairs);                                                                       \
  }                                                                                                         \
  void prefix##_irfft_pack(const RealFold<T>& fold, const T* x_re, const T* x_im, T* re, T* im) {           \
    irfft_pack(fold, x_re, x_im, re, im);                                                                   \
  }
MYELIN_REFERENCE_FFT(float, f32)
MYELIN_REFERENCE_FFT(double, f64)
#undef MYELIN_REFERENCE_FFT
