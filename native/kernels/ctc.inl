// Paths of connectionist temporal classification, in logarithms: Graves et al. 2006, equations 6 and 7.

template <class T>
MYELIN_INLINE void ctc_step(const T* prev, const T* skip, const T* emit, T* out, std::size_t n) {
  each_vector<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE {
    const Vec<T> stay = at.load_from(prev + i), move = at.load_from(prev + i - 1);
    const Vec<T> leap = at.load_from(prev + i - 2) + at.load_from(skip + i);
    const Vec<T> most = max(max(stay, move), leap);
    // Where nothing leads, -inf - -inf would be NaN.
    const Vec<T> shift = select(most == Vec<T>(-kInfinity<T>), Vec<T>(T(0)), most);
    const Vec<T> path = shift + log(exp(stay - shift) + exp(move - shift) + exp(leap - shift));
    at.store_to(out + i, emit == nullptr ? path : path + at.load_from(emit + i));
  });
}

#define MYELIN_CTC(T, prefix)                                                                  \
  void prefix##_ctc_step(const T* prev, const T* skip, const T* emit, T* out, std::size_t n) { \
    ctc_step(prev, skip, emit, out, n);                                                        \
  }
MYELIN_CTC(float, f32)
MYELIN_CTC(double, f64)
#undef MYELIN_CTC
