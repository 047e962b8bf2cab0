// Masks for ISAs without mask registers: all bits of a lane are set or clear, as comparisons leave them.

template <std::size_t bytes>
struct LaneMask {
  using Lane = typename IntOfSize<bytes>::type;
  typedef Lane Raw __attribute__((vector_size(kVectorBytes)));
  Raw raw;

  LaneMask() = default;
  MYELIN_INLINE LaneMask(Raw r) : raw(r) {}

  friend MYELIN_INLINE LaneMask operator&(LaneMask a, LaneMask b) { return a.raw & b.raw; }
  friend MYELIN_INLINE LaneMask operator|(LaneMask a, LaneMask b) { return a.raw | b.raw; }
  friend MYELIN_INLINE LaneMask operator!(LaneMask a) { return ~a.raw; }

  template <class T>
  MYELIN_INLINE Vec<T> select(Vec<T> a, Vec<T> b) const {
    return raw ? a.raw : b.raw;
  }
};

template <std::size_t bytes>
MYELIN_INLINE bool any(LaneMask<bytes> mask) {
  std::uint64_t words[kVectorBytes / 8], bits = 0;
  __builtin_memcpy(words, &mask.raw, kVectorBytes);
  for (std::uint64_t word : words) bits |= word;
  return bits != 0;
}

template <class T>
MYELIN_INLINE Mask<T> mask_eq(Vec<T> a, Vec<T> b) {
  return (typename Mask<T>::Raw)(a.raw == b.raw);
}
template <class T>
MYELIN_INLINE Mask<T> mask_ne(Vec<T> a, Vec<T> b) {
  return (typename Mask<T>::Raw)(a.raw != b.raw);
}
template <class T>
MYELIN_INLINE Mask<T> mask_lt(Vec<T> a, Vec<T> b) {
  return (typename Mask<T>::Raw)(a.raw < b.raw);
}
template <class T>
MYELIN_INLINE Mask<T> mask_le(Vec<T> a, Vec<T> b) {
  return (typename Mask<T>::Raw)(a.raw <= b.raw);
}

// The bytes of as many booleans as a vector of T has lanes: any byte but 0 is true when read, 1 is written.
template <class T>
MYELIN_INLINE Mask<T> load_mask(const std::uint8_t* p) {
  typedef std::int8_t Bytes __attribute__((vector_size(kVectorBytes / sizeof(T))));
  Bytes bytes;
  __builtin_memcpy(&bytes, p, sizeof(bytes));
  return __builtin_convertvector(bytes != 0, typename Mask<T>::Raw);
}

template <class T>
MYELIN_INLINE void store_mask(std::uint8_t* p, Mask<T> mask) {
  typedef std::int8_t Bytes __attribute__((vector_size(kVectorBytes / sizeof(T))));
  const Bytes bytes = __builtin_convertvector(mask.raw, Bytes) & 1;
  __builtin_memcpy(p, &bytes, sizeof(bytes));
}
