// Loops over arrays that end within a vector. This follows the overrides of vec_<isa>.h, because a template looks up
// functions of plain pointers where it is written, not where it is used.

// One body for whole vectors and for the rest of an array.
struct WholeVector {
  template <class T>
  MYELIN_INLINE Vec<T> load_from(const T* p, T = 0) const {
    return load(p);
  }
  template <class T>
  MYELIN_INLINE void store_to(T* p, Vec<T> v) const {
    store(p, v);
  }
};

struct PartOfVector {
  std::size_t count;

  template <class T>
  MYELIN_INLINE Vec<T> load_from(const T* p) const {
    return partial_load(p, count);
  }
  template <class T>
  MYELIN_INLINE Vec<T> load_from(const T* p, T fill) const {
    return partial_load(p, count, fill);
  }
  template <class T>
  MYELIN_INLINE void store_to(T* p, Vec<T> v) const {
    partial_store(p, v, count);
  }
};

// Calls body(i, at) for i = 0, kLanes, ... < n; `at` loads and stores the lanes that lie below n.
template <class T, class F>
MYELIN_INLINE void each_vector(std::size_t n, F body) {
  std::size_t i = 0;
  for (; i + kLanes<T> <= n; i += kLanes<T>) body(i, WholeVector{});
  if (i < n) body(i, PartOfVector{n - i});
}
