// Passes of the fast Fourier transform over split real and imaginary parts. Whole vectors are columns, which are
// transformed independently of each other, so no pass moves data between lanes. Forward sign throughout: the inverse
// transform swaps the parts before and after.

template <class T>
struct Complex {
  Vec<T> re, im;

  friend MYELIN_INLINE Complex operator+(Complex a, Complex b) { return {a.re + b.re, a.im + b.im}; }
  friend MYELIN_INLINE Complex operator-(Complex a, Complex b) { return {a.re - b.re, a.im - b.im}; }
};

template <class T>
MYELIN_INLINE Complex<T> times(Complex<T> a, Vec<T> re, Vec<T> im) {
  return {fma(a.re, re, -(a.im * im)), fma(a.re, im, a.im * re)};
}

// a - i b and a + i b.
template <class T>
MYELIN_INLINE Complex<T> minus_i(Complex<T> a, Complex<T> b) {
  return {a.re + b.im, a.im - b.re};
}
template <class T>
MYELIN_INLINE Complex<T> plus_i(Complex<T> a, Complex<T> b) {
  return {a.re - b.im, a.im + b.re};
}

template <class T>
MYELIN_INLINE Complex<T> scaled(Complex<T> a, T by) {
  return {a.re * Vec<T>(by), a.im * Vec<T>(by)};
}

// Transforms of 2, 3, 4, 5 and 8 numbers, in place.
template <class T>
MYELIN_INLINE void dft(Complex<T> (&a)[2]) {
  const Complex<T> sum = a[0] + a[1];
  a[1] = a[0] - a[1];
  a[0] = sum;
}

template <class T>
MYELIN_INLINE void dft(Complex<T> (&a)[3]) {
  constexpr T kSin = T(0.866025403784438646763723170752936183);  // sin 2pi/3
  const Complex<T> sum = a[1] + a[2], difference = scaled(a[1] - a[2], kSin);
  const Complex<T> middle = a[0] - scaled(sum, T(0.5));
  a[0] = a[0] + sum;
  a[1] = minus_i(middle, difference);
  a[2] = plus_i(middle, difference);
}

template <class T>
MYELIN_INLINE void dft(Complex<T> (&a)[4]) {
  const Complex<T> t0 = a[0] + a[2], t1 = a[0] - a[2], t2 = a[1] + a[3], t3 = a[1] - a[3];
  a[0] = t0 + t2;
  a[1] = minus_i(t1, t3);
  a[2] = t0 - t2;
  a[3] = plus_i(t1, t3);
}

template <class T>
MYELIN_INLINE void dft(Complex<T> (&a)[5]) {
  constexpr T kCos1 = T(0.309016994374947424102293417182819059), kCos2 = T(-0.809016994374947424102293417182819059);
  constexpr T kSin1 = T(0.951056516295153572116439333379382143), kSin2 = T(0.587785252292473129168705954639072769);
  const Complex<T> t1 = a[1] + a[4], t2 = a[2] + a[3], t3 = a[1] - a[4], t4 = a[2] - a[3];
  const Complex<T> m1 = a[0] + scaled(t1, kCos1) + scaled(t2, kCos2);
  const Complex<T> m2 = a[0] + scaled(t1, kCos2) + scaled(t2, kCos1);
  const Complex<T> n1 = scaled(t3, kSin1) + scaled(t4, kSin2), n2 = scaled(t3, kSin2) - scaled(t4, kSin1);
  a[0] = a[0] + t1 + t2;
  a[1] = minus_i(m1, n1);
  a[2] = minus_i(m2, n2);
  a[3] = plus_i(m2, n2);
  a[4] = plus_i(m1, n1);
}

template <class T>
MYELIN_INLINE void dft(Complex<T> (&a)[8]) {
  constexpr T kHalfRoot = T(0.707106781186547524400844362104849039);
  Complex<T> even[4] = {a[0], a[2], a[4], a[6]}, odd[4] = {a[1], a[3], a[5], a[7]};
  dft(even);
  dft(odd);
  // The eighth roots of unity are 1, (1 - i) / sqrt 2, -i, (-1 - i) / sqrt 2.
  const Complex<T> o1 = scaled(Complex<T>{odd[1].re + odd[1].im, odd[1].im - odd[1].re}, kHalfRoot);
  const Complex<T> o3 = scaled(Complex<T>{odd[3].im - odd[3].re, odd[3].re + odd[3].im}, kHalfRoot);
  a[0] = even[0] + odd[0];
  a[4] = even[0] - odd[0];
  a[1] = even[1] + o1;
  a[5] = even[1] - o1;
  a[2] = minus_i(even[2], odd[2]);
  a[6] = plus_i(even[2], odd[2]);
  a[3] = Complex<T>{even[3].re + o3.re, even[3].im - o3.im};
  a[7] = Complex<T>{even[3].re - o3.re, even[3].im + o3.im};
}

template <class T>
MYELIN_INLINE Complex<T> load_complex(const FftPass<T>& pass, std::size_t at) {
  return {load(pass.re + at), load(pass.im + at)};
}

template <class T>
MYELIN_INLINE void store_complex(const FftPass<T>& pass, std::size_t at, Complex<T> x) {
  store(pass.out_re + at, x.re);
  store(pass.out_im + at, x.im);
}

// Group `p` of a pass; the twiddles of group 0 are all 1.
template <std::size_t radix, bool twisted, class T>
MYELIN_INLINE void run_group(const FftPass<T>& pass, std::size_t p) {
  const T* const twiddles = pass.twiddles + p * (radix - 1) * 2;
  Vec<T> re[radix], im[radix];
  for (std::size_t j = 1; twisted && j < radix; j++) {
    re[j] = Vec<T>(twiddles[2 * j - 2]);
    im[j] = Vec<T>(twiddles[2 * j - 1]);
  }
  for (std::size_t q = 0; q < pass.run; q += kLanes<T>) {
    Complex<T> a[radix];
#pragma GCC unroll 8
    for (std::size_t k = 0; k < radix; k++) a[k] = load_complex(pass, (p + k * pass.groups) * pass.row + q);
    dft(a);
    store_complex(pass, p * radix * pass.run + q, a[0]);
#pragma GCC unroll 8
    for (std::size_t j = 1; j < radix; j++) {
      store_complex(pass, (p * radix + j) * pass.run + q, twisted ? times(a[j], re[j], im[j]) : a[j]);
    }
  }
}

template <std::size_t radix, class T>
MYELIN_INLINE void run_pass(const FftPass<T>& pass) {
  run_group<radix, false>(pass, 0);
  for (std::size_t p = 1; p < pass.groups; p++) run_group<radix, true>(pass, p);
}

// Any odd radix: with sums u and differences v of numbers k and radix - k, number j is
// a[0] + sum of u[k] cos(2 pi jk / radix) - i v[k] sin(2 pi jk / radix), and number radix - j has + i.
template <class T>
MYELIN_INLINE void run_odd_pass(const FftPass<T>& pass) {
  const std::size_t radix = pass.radix, half = radix / 2;
  Complex<T> u[kFftMaxRadix / 2], v[kFftMaxRadix / 2];
  for (std::size_t p = 0; p < pass.groups; p++) {
    const T* const twiddles = pass.twiddles + p * (radix - 1) * 2;
    const auto put = [&](std::size_t j, std::size_t q, Complex<T> x) MYELIN_FORCE_INLINE {
      const Complex<T> y = p == 0 ? x : times(x, Vec<T>(twiddles[2 * j - 2]), Vec<T>(twiddles[2 * j - 1]));
      store_complex(pass, (p * radix + j) * pass.run + q, y);
    };
    for (std::size_t q = 0; q < pass.run; q += kLanes<T>) {
      const Complex<T> first = load_complex(pass, p * pass.row + q);
      Complex<T> total = first;
      for (std::size_t k = 1; k <= half; k++) {
        const Complex<T> low = load_complex(pass, (p + k * pass.groups) * pass.row + q);
        const Complex<T> high = load_complex(pass, (p + (radix - k) * pass.groups) * pass.row + q);
        u[k - 1] = low + high;
        v[k - 1] = low - high;
        total = total + u[k - 1];
      }
      store_complex(pass, p * radix * pass.run + q, total);
      for (std::size_t j = 1; j <= half; j++) {
        Complex<T> even = first, odd = {Vec<T>(T(0)), Vec<T>(T(0))};
        for (std::size_t k = 1; k <= half; k++) {
          const T* const root = pass.roots + j * k % radix * 2;
          const Vec<T> re = root[0], im = -root[1];
          even = {fma(u[k - 1].re, re, even.re), fma(u[k - 1].im, re, even.im)};
          odd = {fma(v[k - 1].re, im, odd.re), fma(v[k - 1].im, im, odd.im)};
        }
        put(j, q, minus_i(even, odd));
        put(radix - j, q, plus_i(even, odd));
      }
    }
  }
}

template <class T>
MYELIN_INLINE void fft_pass(const FftPass<T>& pass) {
  switch (pass.radix) {
    case 2:
      return run_pass<2>(pass);
    case 3:
      return run_pass<3>(pass);
    case 4:
      return run_pass<4>(pass);
    case 5:
      return run_pass<5>(pass);
    case 8:
      return run_pass<8>(pass);
    default:
      return run_odd_pass(pass);
  }
}

template <class T>
MYELIN_INLINE void fft_twist(T* re, T* im, const T* by_re, const T* by_im, const T* base, std::size_t n) {
  const Vec<T> base_re = base == nullptr ? T(1) : base[0], base_im = base == nullptr ? T(0) : base[1];
  each_vector<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const Complex<T> by = times(Complex<T>{at.load_from(by_re + i), at.load_from(by_im + i)}, base_re, base_im);
    const Complex<T> y = times(Complex<T>{at.load_from(re + i), at.load_from(im + i)}, by.re, by.im);
    at.store_to(re + i, y.re);
    at.store_to(im + i, y.im);
  });
}

template <class T, std::size_t... i>
MYELIN_INLINE Vec<T> reversed(Vec<T> a, Indices<i...>) {
  constexpr std::size_t L = kLanes<T>;
#if defined(__clang__)
  return __builtin_shufflevector(a.raw, a.raw, (L - 1 - i)...);
#else
  using I = typename RawVec<IntFor<T> >::type;
  return __builtin_shuffle(a.raw, I{IntFor<T>(L - 1 - i)...});
#endif
}

template <class T>
MYELIN_INLINE void pairs_split(const T* pairs, T* re, T* im, std::size_t n) {
  constexpr std::size_t L = kLanes<T>;
  std::size_t i = 0;
  for (; i + L <= n; i += L) {
    const Vec<T> low = load(pairs + 2 * i), high = load(pairs + 2 * i + L);
    store(re + i, every_second<0>(low, high, LanesOf<T>()));
    store(im + i, every_second<1>(low, high, LanesOf<T>()));
  }
  for (; i < n; i++) {
    re[i] = pairs[2 * i];
    im[i] = pairs[2 * i + 1];
  }
}

template <class T>
MYELIN_INLINE void join_vector(Complex<T> x, T* pairs) {
  using I = IntFor<T>;
  const Vec<I> re = bitcast<I>(x.re), im = bitcast<I>(x.im);
  store(pairs, bitcast<T>(zip<0>(re, im, LanesOf<T>())));
  store(pairs + kLanes<T>, bitcast<T>(zip<kLanes<T> / 2>(re, im, LanesOf<T>())));
}

template <class T>
MYELIN_INLINE void pairs_join(const T* re, const T* im, T scale, T* pairs, std::size_t n) {
  constexpr std::size_t L = kLanes<T>;
  std::size_t i = 0;
  for (; i + L <= n; i += L) join_vector(scaled(Complex<T>{load(re + i), load(im + i)}, scale), pairs + 2 * i);
  for (; i < n; i++) {
    pairs[2 * i] = re[i] * scale;
    pairs[2 * i + 1] = im[i] * scale;
  }
}

// The transform of n real numbers from that of the n / 2 pairs of neighbours: with A = z[k], B = conj z[n / 2 - k],
// x[k] = (A + B) / 2 - i w^k (A - B) / 2, w = exp(-2 pi i / n). (Press and others, Numerical Recipes, 12.3.)
template <class T>
MYELIN_INLINE void rfft_unpack(const RealFold<T>& fold, const T* re, const T* im, T* pairs) {
  constexpr std::size_t L = kLanes<T>;
  const std::size_t half = fold.half;
  const T scale = fold.inner / 2;
  pairs[0] = (re[0] + im[0]) * fold.edge;
  pairs[1] = 0;
  pairs[2 * half] = (re[0] - im[0]) * fold.edge;
  pairs[2 * half + 1] = 0;
  std::size_t k = 1;
  for (; k + L <= half; k += L) {
    const Complex<T> a = {load(re + k), load(im + k)};
    const Complex<T> b = {reversed(load(re + half - k - L + 1), LanesOf<T>()),
                          -reversed(load(im + half - k - L + 1), LanesOf<T>())};
    const Complex<T> odd = times(a - b, load(fold.re + k), load(fold.im + k));
    join_vector(scaled(minus_i(a + b, odd), scale), pairs + 2 * k);
  }
  for (; k < half; k++) {
    const T dr = re[k] - re[half - k], di = im[k] + im[half - k];
    const T odd_re = dr * fold.re[k] - di * fold.im[k], odd_im = dr * fold.im[k] + di * fold.re[k];
    pairs[2 * k] = (re[k] + re[half - k] + odd_im) * scale;
    pairs[2 * k + 1] = (im[k] - im[half - k] - odd_re) * scale;
  }
}

// The way back: z[k] = (A + B) + i conj(w^k) (A - B) with A = x[k], B = conj x[n / 2 - k], whose inverse transform is the
// n numbers as pairs, not divided by n.
template <class T>
MYELIN_INLINE void irfft_pack(const RealFold<T>& fold, const T* x_re, const T* x_im, T* re, T* im) {
  constexpr std::size_t L = kLanes<T>;
  const std::size_t half = fold.half;
  re[0] = (x_re[0] + x_re[half]) * fold.edge;
  im[0] = (x_re[0] - x_re[half]) * fold.edge;
  std::size_t k = 1;
  for (; k + L <= half; k += L) {
    const Complex<T> a = {load(x_re + k), load(x_im + k)};
    const Complex<T> b = {reversed(load(x_re + half - k - L + 1), LanesOf<T>()),
                          -reversed(load(x_im + half - k - L + 1), LanesOf<T>())};
    const Complex<T> z = scaled(plus_i(a + b, times(a - b, load(fold.re + k), -load(fold.im + k))), fold.inner);
    store(re + k, z.re);
    store(im + k, z.im);
  }
  for (; k < half; k++) {
    const T dr = x_re[k] - x_re[half - k], di = x_im[k] + x_im[half - k];
    const T odd_re = dr * fold.re[k] + di * fold.im[k], odd_im = di * fold.re[k] - dr * fold.im[k];
    re[k] = (x_re[k] + x_re[half - k] - odd_im) * fold.inner;
    im[k] = (x_im[k] - x_im[half - k] + odd_re) * fold.inner;
  }
}

#define MYELIN_FFT(T, prefix)                                                                               \
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
MYELIN_FFT(float, f32)
MYELIN_FFT(double, f64)
#undef MYELIN_FFT
