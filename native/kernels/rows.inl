// Softmax and its relatives, one row at a time. The greatest element is subtracted first, so nothing overflows.

// Need not notice a NaN: it comes through the exponentials that follow.
struct GreatestNumber {
  template <class T>
  static constexpr T kIdentity = kLowest<T>;
  template <class T>
  MYELIN_INLINE T operator()(T a, T b) const {
    return a > b ? a : b;
  }
  template <class T>
  MYELIN_INLINE Vec<T> operator()(Vec<T> a, Vec<T> b) const {
    return max(a, b);
  }
};

template <class T>
T max_of(const T* x, std::size_t n) {
  return fold_row(x, n, GreatestNumber());
}

// out = e^(x - shift), and their sum.
template <class T>
MYELIN_INLINE T store_exponentials(const T* x, T shift, T* out, std::size_t n) {
  return tree_sum<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const Vec<T> e = exp_not_positive(at.load_from(x + i, -kInfinity<T>) - shift);
    at.store_to(out + i, e);
    return e;
  });
}

template <class T>
MYELIN_INLINE T sum_exponentials(const T* x, T shift, std::size_t n) {
  return tree_sum<T>(
      n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return exp(at.load_from(x + i, -kInfinity<T>) - shift); });
}

template <class T>
MYELIN_INLINE T scalar_log(T x) {
  return first_lane(log(Vec<T>(x)));
}

template <class T>
MYELIN_INLINE void softmax_row(const T* x, T* out, std::size_t n) {
  const T scale = T(1) / store_exponentials(x, max_of(x, n), out, n);
  each_vector<T>(n, [&](std::size_t i, auto at) { at.store_to(out + i, at.load_from(out + i) * scale); });
}

template <class T>
MYELIN_INLINE void log_softmax_row(const T* x, T* out, std::size_t n) {
  const T greatest = max_of(x, n), log_sum = scalar_log(sum_exponentials(x, greatest, n));
  each_vector<T>(n, [&](std::size_t i, auto at) { at.store_to(out + i, at.load_from(x + i) - greatest - log_sum); });
}

// An infinite maximum is not subtracted: the sum is then 0 or infinity by itself, and so is its logarithm.
template <class T>
MYELIN_INLINE T log_sum_exp_row(const T* x, std::size_t n) {
  const T greatest = max_of(x, n);
  const T shift = greatest == kInfinity<T> || greatest == -kInfinity<T> ? T(0) : greatest;
  return shift + scalar_log(sum_exponentials(x, shift, n));
}

// dx = out (dout - sum(dout out)).
template <class T>
MYELIN_INLINE void softmax_backward_row(const T* dout, const T* out, T* dx, std::size_t n) {
  const T dot = tree_sum<T>(
      n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return at.load_from(dout + i) * at.load_from(out + i); });
  each_vector<T>(
      n, [&](std::size_t i, auto at) { at.store_to(dx + i, at.load_from(out + i) * (at.load_from(dout + i) - dot)); });
}

// dx = dout - e^out sum(dout).
template <class T>
MYELIN_INLINE void log_softmax_backward_row(const T* dout, const T* out, T* dx, std::size_t n) {
  const Vec<T> sum = sum_of(dout, n);
  each_vector<T>(n, [&](std::size_t i, auto at) {
    at.store_to(dx + i, fma(-exp(at.load_from(out + i)), sum, at.load_from(dout + i)));
  });
}

#define MYELIN_ROWS(T, prefix)                                                                 \
  void prefix##_softmax(const T* x, T* out, std::size_t n) { softmax_row(x, out, n); }         \
  void prefix##_log_softmax(const T* x, T* out, std::size_t n) { log_softmax_row(x, out, n); } \
  T prefix##_log_sum_exp(const T* x, std::size_t n) { return log_sum_exp_row(x, n); }          \
  void prefix##_softmax_backward(const T* dout, const T* out, T* dx, std::size_t n) {          \
    softmax_backward_row(dout, out, dx, n);                                                    \
  }                                                                                            \
  void prefix##_log_softmax_backward(const T* dout, const T* out, T* dx, std::size_t n) {      \
    log_softmax_backward_row(dout, out, dx, n);                                                \
  }
MYELIN_ROWS(float, f32)
MYELIN_ROWS(double, f64)
#undef MYELIN_ROWS
