// Paths of CTC in plain loops.

template <class T>
void ctc_step(const T* prev, const T* skip, const T* emit, T* out, std::size_t n) {
  for (std::size_t i = 0; i < n; i++) {
    const double ways[] = {static_cast<double>(prev[i]), static_cast<double>(prev[i - 1]),
                           static_cast<double>(prev[i - 2]) + skip[i]};
    const double most = std::max({ways[0], ways[1], ways[2]});
    const double shift = std::isinf(most) && most < 0 ? 0 : most;
    double sum = 0;
    for (const double way : ways) sum += std::exp(way - shift);
    out[i] = static_cast<T>(shift + std::log(sum) + (emit == nullptr ? 0 : emit[i]));
  }
}

#define MYELIN_CTC(T, prefix, unused)                                                          \
  void prefix##_ctc_step(const T* prev, const T* skip, const T* emit, T* out, std::size_t n) { \
    ctc_step(prev, skip, emit, out, n);                                                        \
  }
MYELIN_FLOATS(MYELIN_CTC, )
#undef MYELIN_CTC
