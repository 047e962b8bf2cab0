// Reductions. Float sums are a tree over leaves of fixed size, a leaf a few running sums: the error grows with log n,
// and the order of additions depends on n alone.

// combine(leaf(0, leaf_size), leaf(leaf_size, leaf_size), ...) as a balanced tree; leaf(begin, count), n >= 1.
template <class Leaf, class Combine>
auto fold_tree(std::size_t begin, std::size_t n, std::size_t leaf_size, const Leaf& leaf, const Combine& combine)
    -> decltype(leaf(begin, n)) {
  if (n <= leaf_size) return leaf(begin, n);
  const std::size_t half = (n / 2 + leaf_size - 1) / leaf_size * leaf_size;
  // One after the other: as arguments they would be computed from the last to the first, against the order of memory.
  const auto first = fold_tree(begin, half, leaf_size, leaf, combine);
  const auto second = fold_tree(begin + half, n - half, leaf_size, leaf, combine);
  return combine(first, second);
}

constexpr std::size_t kLeaf = 1024;    // elements of a row
constexpr std::size_t kLeafRows = 32;  // rows of a column

struct Sum {
  template <class T>
  static constexpr T kIdentity = T(0);
  template <class V>
  MYELIN_INLINE V operator()(V a, V b) const {
    return a + b;
  }
};
struct Product {
  template <class T>
  static constexpr T kIdentity = T(1);
  template <class V>
  MYELIN_INLINE V operator()(V a, V b) const {
    return a * b;
  }
};

template <class T>
constexpr T kLowest = -kInfinity<T>;
template <>
constexpr std::int8_t kLowest<std::int8_t> = INT8_MIN;
template <>
constexpr std::int16_t kLowest<std::int16_t> = INT16_MIN;
template <>
constexpr std::int32_t kLowest<std::int32_t> = INT32_MIN;
template <>
constexpr std::int64_t kLowest<std::int64_t> = INT64_MIN;
template <class T>
constexpr T kHighest = kInfinity<T>;
template <>
constexpr std::int8_t kHighest<std::int8_t> = INT8_MAX;
template <>
constexpr std::int16_t kHighest<std::int16_t> = INT16_MAX;
template <>
constexpr std::int32_t kHighest<std::int32_t> = INT32_MAX;
template <>
constexpr std::int64_t kHighest<std::int64_t> = INT64_MAX;

struct Greatest {
  template <class T>
  static constexpr T kIdentity = kLowest<T>;
  template <class T>
  MYELIN_INLINE T operator()(T a, T b) const {
    return a > b || a != a ? a : b;
  }
  template <class T>
  MYELIN_INLINE Vec<T> operator()(Vec<T> a, Vec<T> b) const {
    return maximum(a, b);
  }
};
struct Least {
  template <class T>
  static constexpr T kIdentity = kHighest<T>;
  template <class T>
  MYELIN_INLINE T operator()(T a, T b) const {
    return a < b || a != a ? a : b;
  }
  template <class T>
  MYELIN_INLINE Vec<T> operator()(Vec<T> a, Vec<T> b) const {
    return minimum(a, b);
  }
};

// combine over load(i, at) for vectors i of n elements: four running values, so that latencies overlap. Lanes beyond n
// must be the identity, which load is given as the fill of partial loads.
template <class T, class Combine, class Load>
MYELIN_INLINE Vec<T> fold_vectors(std::size_t n, Combine combine, Load get) {
  constexpr std::size_t L = kLanes<T>;
  const Vec<T> identity = Combine::template kIdentity<T>;
  Vec<T> a0 = identity, a1 = identity, a2 = identity, a3 = identity;
  const WholeVector whole;
  std::size_t i = 0;
  for (; i + 4 * L <= n; i += 4 * L) {
    a0 = combine(a0, get(i, whole));
    a1 = combine(a1, get(i + L, whole));
    a2 = combine(a2, get(i + 2 * L, whole));
    a3 = combine(a3, get(i + 3 * L, whole));
  }
  for (; i + L <= n; i += L) a0 = combine(a0, get(i, whole));
  if (i < n) a1 = combine(a1, get(i, PartOfVector{n - i}));
  return combine(combine(a0, a1), combine(a2, a3));
}

// The sum of get(i, at) over n elements; lanes beyond n must come out as 0.
template <class T, class Get>
MYELIN_INLINE T tree_sum(std::size_t n, Get get) {
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    return sum_lanes(
        fold_vectors<T>(count, Sum(), [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return get(begin + i, at); }));
  };
  return fold_tree(0, n, kLeaf, leaf, Sum());
}

template <class T>
T sum_of(const T* x, std::size_t n) {
  return tree_sum<T>(n, [&](std::size_t i, auto at) MYELIN_FORCE_INLINE { return at.load_from(x + i); });
}

template <class T, class Combine>
MYELIN_INLINE T fold_row(const T* x, std::size_t n, Combine combine) {
  constexpr T kIdentity = Combine::template kIdentity<T>;
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    return fold_lanes(fold_vectors<T>(count, combine,
                                      [&](std::size_t i, auto at)
                                          MYELIN_FORCE_INLINE { return at.load_from(x + begin + i, kIdentity); }),
                      combine);
  };
  return fold_tree(0, n, kLeaf, leaf, combine);
}

// Integers are exact in any order.
template <class T, class Combine>
MYELIN_INLINE std::int64_t fold_wide(const T* x, std::size_t n, Combine combine) {
  std::uint64_t r = Combine::template kIdentity<std::uint64_t>;
  for (std::size_t i = 0; i < n; i++) r = combine(r, std::uint64_t(std::int64_t(x[i])));
  return std::int64_t(r);
}

#define MYELIN_REDUCE(T, prefix, name, combine) \
  T prefix##_##name(const T* x, std::size_t n) { return fold_row(x, n, combine()); }
#define MYELIN_REDUCE_WIDE(T, prefix, name, combine) \
  std::int64_t prefix##_##name(const T* x, std::size_t n) { return fold_wide(x, n, combine()); }
MYELIN_FLOATS(MYELIN_REDUCE, sum, Sum)
MYELIN_FLOATS(MYELIN_REDUCE, prod, Product)
MYELIN_SIGNED(MYELIN_REDUCE, max, Greatest)
MYELIN_SIGNED(MYELIN_REDUCE, min, Least)
MYELIN_INTEGERS(MYELIN_REDUCE_WIDE, sum, Sum)
MYELIN_INTEGERS(MYELIN_REDUCE_WIDE, prod, Product)
MYELIN_REDUCE_WIDE(std::uint8_t, u8, sum, Sum)

// Down the columns.

// `width` vectors side by side: the columns that are reduced at a time.
template <class T, int width>
struct Strip {
  Vec<T> v[width];
};

// Calls body(j, at, width) for strips of columns: as wide as registers allow, for rows are best read from one end to the other;
// then four vectors wide, then one, then a part of one.
template <class T, class F>
MYELIN_INLINE void each_strip(std::size_t n, F body) {
  constexpr std::size_t L = kLanes<T>;
  std::size_t j = 0;
  if constexpr (kVectorBytes == 64) {
    for (; j + 8 * L <= n; j += 8 * L) body(j, WholeVector{}, Strip<T, 8>());
  }
  for (; j + 4 * L <= n; j += 4 * L) body(j, WholeVector{}, Strip<T, 4>());
  for (; j + L <= n; j += L) body(j, WholeVector{}, Strip<T, 1>());
  if (j < n) body(j, PartOfVector{n - j}, Strip<T, 1>());
}

// Calls body(first, count) for runs of rows, whose results are combined in order. Up to some number rows are taken leaf by
// leaf, each with all of its columns, so that memory is read from one end to the other; more are one run, because combining
// so many is better done as a tree.
template <class F>
MYELIN_INLINE void each_run_of_rows(std::size_t rows, F body) {
  constexpr std::size_t kMost = 32 * kLeafRows;
  const std::size_t length = rows <= kMost ? kLeafRows : rows;
  for (std::size_t first = 0; first < rows; first += length) body(first, rows - first < length ? rows - first : length);
}

template <class T, int width, class At, class Combine>
MYELIN_INLINE void fold_strip(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, At at, Combine combine,
                              Strip<T, width>) {
  const auto leaf = [&](std::size_t begin, std::size_t count) {
    Strip<T, width> s;
    for (auto& v : s.v) v = Vec<T>(Combine::template kIdentity<T>);
    const T* row = x + std::ptrdiff_t(begin) * row_stride;
    for (std::size_t i = 0; i < count; i++, row += row_stride)
      for (int k = 0; k < width; k++) s.v[k] = combine(s.v[k], at.load_from(row + k * kLanes<T>));
    return s;
  };
  const auto join = [&](Strip<T, width> a, const Strip<T, width>& b) {
    for (int k = 0; k < width; k++) a.v[k] = combine(a.v[k], b.v[k]);
    return a;
  };
  const Strip<T, width> s = fold_tree(0, rows, kLeafRows, leaf, join);
  for (int k = 0; k < width; k++) {
    T* to = acc + k * kLanes<T>;
    at.store_to(to, combine(at.load_from(to), s.v[k]));
  }
}

template <class T, class Combine>
MYELIN_INLINE void fold_rows(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n,
                             Combine combine) {
  each_run_of_rows(rows, [&](std::size_t first, std::size_t count) {
    const T* const run = x + std::ptrdiff_t(first) * row_stride;
    each_strip<T>(n, [&](std::size_t j, auto at, auto strip) {
      fold_strip(run + j, row_stride, count, acc + j, at, combine, strip);
    });
  });
}

#define MYELIN_REDUCE_ROWS(T, prefix, name, combine)                                                     \
  void prefix##_##name(const T* x, std::ptrdiff_t row_stride, std::size_t rows, T* acc, std::size_t n) { \
    fold_rows(x, row_stride, rows, acc, n, combine());                                                   \
  }
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, sum_rows, Sum)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, prod_rows, Product)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, max_rows, Greatest)
MYELIN_FLOATS(MYELIN_REDUCE_ROWS, min_rows, Least)
MYELIN_REDUCE_ROWS(std::int64_t, i64, sum_rows, Sum)
