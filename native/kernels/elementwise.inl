// Kernels that treat every element alike.
//
// Loops read consecutive elements only, or a single vector over and over: an input of stride 0 becomes a vector of equal
// lanes. An input with another stride is first copied, a block at a time, to a buffer in L1: that costs little beside
// the strided reads themselves, and keeps one loop a kernel instead of one for every combination of strides.

constexpr std::size_t kBlock = 256;

template <class T>
struct Input {
  const T* data;
  std::ptrdiff_t stride;
};

// Elements from the start of a block on; masking the index is how all of them can be the same few.
template <class T>
struct Elements {
  const T* data;
  std::size_t mask;

  MYELIN_INLINE const T* operator+(std::size_t i) const { return data + (i & mask); }
  MYELIN_INLINE T operator[](std::size_t i) const { return data[i & mask]; }
};

template <class T>
class Run {
 public:
  MYELIN_INLINE explicit Run(Input<T> in) : in_(in) {
    if (in.stride == 0) store(buffer_, Vec<T>(*in.data));
  }

  // Elements [begin, begin + count) one after the other; count <= kBlock unless the stride is 0 or 1.
  MYELIN_INLINE Elements<T> at(std::size_t begin, std::size_t count) {
    if (in_.stride == 0) return {buffer_, 0};
    if (in_.stride == 1) return {in_.data + begin, ~std::size_t(0)};
    const T* from = in_.data + std::ptrdiff_t(begin) * in_.stride;
    for (std::size_t i = 0; i < count; i++) buffer_[i] = from[std::ptrdiff_t(i) * in_.stride];
    return {buffer_, ~std::size_t(0)};
  }

 private:
  Input<T> in_;
  alignas(kVectorBytes) T buffer_[kBlock];
};

// Calls body(begin, count, elements [begin, begin + count) of each input) until n elements are done.
template <class F, class... T>
MYELIN_INLINE void for_runs(std::size_t n, F body, Input<T>... in) {
  if (n == 0) return;
  const std::size_t block = ((in.stride == 0 || in.stride == 1) && ...) ? n : kBlock;
  const auto loop = [&](auto&&... run) MYELIN_FORCE_INLINE {
    for (std::size_t begin = 0; begin < n; begin += block) {
      const std::size_t count = n - begin < block ? n - begin : block;
      body(begin, count, run.at(begin, count)...);
    }
  };
  loop(Run<T>(in)...);
}

template <class T, class F, class... In>
MYELIN_INLINE void map(T* out, std::size_t n, F f, In... in) {
  for_runs(
      n,
      [&](std::size_t begin, std::size_t count, auto... from) MYELIN_FORCE_INLINE {
        each_vector<T>(count, [&](std::size_t i, auto at)
                                  MYELIN_FORCE_INLINE { at.store_to(out + begin + i, f(at.load_from(from + i)...)); });
      },
      in...);
}

// f gives a mask of lanes of T; out gets its booleans.
template <class T, class F, class... In>
MYELIN_INLINE void map_to_bytes(std::uint8_t* out, std::size_t n, F f, In... in) {
  for_runs(
      n,
      [&](std::size_t begin, std::size_t count, auto... from) MYELIN_FORCE_INLINE {
        std::uint8_t* to = out + begin;
        std::size_t i = 0;
        for (; i + kLanes<T> <= count; i += kLanes<T>) store_mask<T>(to + i, f(load(from + i)...));
        if (i == count) return;
        std::uint8_t rest[kLanes<T>];
        store_mask<T>(rest, f(partial_load(from + i, count - i)...));
        for (std::size_t j = 0; i + j < count; j++) to[i + j] = rest[j];
      },
      in...);
}

template <class T>
MYELIN_INLINE void select_elements(const std::uint8_t* pc, std::ptrdiff_t sc, const T* pa, std::ptrdiff_t sa,
                                   const T* pb, std::ptrdiff_t sb, T* out, std::size_t n) {
  for_runs(
      n,
      [&](std::size_t begin, std::size_t count, Elements<std::uint8_t> c, Elements<T> a, Elements<T> b)
          MYELIN_FORCE_INLINE {
            T* to = out + begin;
            std::size_t i = 0;
            for (; i + kLanes<T> <= count; i += kLanes<T>)
              store(to + i, select(load_mask<T>(c + i), load(a + i), load(b + i)));
            for (; i < count; i++) to[i] = c[i] ? a[i] : b[i];
          },
      Input<std::uint8_t>{pc, sc}, Input<T>{pa, sa}, Input<T>{pb, sb});
}

// One kernel of each form; the expression is written in terms of x, of a and b, or of x, p0 and p1.
#define MYELIN_UNARY(T, prefix, name, expression)                                                     \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, T* out, std::size_t n) {                       \
    map(                                                                                              \
        out, n, [](Vec<T> x) MYELIN_FORCE_INLINE -> Vec<T> { return expression; }, Input<T>{px, sx}); \
  }
#define MYELIN_BINARY(T, prefix, name, expression)                                                              \
  void prefix##_##name(const T* pa, std::ptrdiff_t sa, const T* pb, std::ptrdiff_t sb, T* out, std::size_t n) { \
    map(                                                                                                        \
        out, n, [](Vec<T> a, Vec<T> b) MYELIN_FORCE_INLINE -> Vec<T> { return expression; }, Input<T>{pa, sa},  \
        Input<T>{pb, sb});                                                                                      \
  }
#define MYELIN_COMPARE(T, prefix, name, expression)                                                       \
  void prefix##_##name(const T* pa, std::ptrdiff_t sa, const T* pb, std::ptrdiff_t sb, std::uint8_t* out, \
                       std::size_t n) {                                                                   \
    map_to_bytes<T>(                                                                                      \
        out, n, [](Vec<T> a, Vec<T> b) MYELIN_FORCE_INLINE { return expression; }, Input<T>{pa, sa},      \
        Input<T>{pb, sb});                                                                                \
  }
#define MYELIN_PREDICATE(T, prefix, name, expression)                                       \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, std::uint8_t* out, std::size_t n) {  \
    map_to_bytes<T>(                                                                        \
        out, n, [](Vec<T> x) MYELIN_FORCE_INLINE { return expression; }, Input<T>{px, sx}); \
  }
#define MYELIN_UNARY_PARAM(T, prefix, name, expression)                                            \
  void prefix##_##name(const T* px, std::ptrdiff_t sx, T first, T second, T* out, std::size_t n) { \
    map(                                                                                           \
        out, n,                                                                                    \
        [p0 = Vec<T>(first), p1 = Vec<T>(second)](Vec<T> x) MYELIN_FORCE_INLINE -> Vec<T> {        \
          static_cast<void>(p1);                                                                   \
          return expression;                                                                       \
        },                                                                                         \
        Input<T>{px, sx});                                                                         \
  }

#define MYELIN_FLOATS(form, ...) form(float, f32, __VA_ARGS__) form(double, f64, __VA_ARGS__)
#define MYELIN_INTEGERS(form, ...)                                                                             \
  form(std::int8_t, i8, __VA_ARGS__) form(std::int16_t, i16, __VA_ARGS__) form(std::int32_t, i32, __VA_ARGS__) \
      form(std::int64_t, i64, __VA_ARGS__)
#define MYELIN_SIGNED(form, ...) MYELIN_FLOATS(form, __VA_ARGS__) MYELIN_INTEGERS(form, __VA_ARGS__)
#define MYELIN_NUMBERS(form, ...) MYELIN_SIGNED(form, __VA_ARGS__) form(std::uint8_t, u8, __VA_ARGS__)

MYELIN_NUMBERS(MYELIN_BINARY, add, a + b)
MYELIN_NUMBERS(MYELIN_BINARY, sub, a - b)
MYELIN_NUMBERS(MYELIN_BINARY, mul, (a * b))
MYELIN_NUMBERS(MYELIN_BINARY, maximum, maximum(a, b))
MYELIN_NUMBERS(MYELIN_BINARY, minimum, minimum(a, b))
MYELIN_FLOATS(MYELIN_BINARY, div, a / b)
MYELIN_FLOATS(MYELIN_BINARY, pow, pow(a, b))

MYELIN_NUMBERS(MYELIN_COMPARE, eq, a == b)
MYELIN_NUMBERS(MYELIN_COMPARE, ne, a != b)
MYELIN_NUMBERS(MYELIN_COMPARE, lt, a < b)
MYELIN_NUMBERS(MYELIN_COMPARE, le, a <= b)
MYELIN_NUMBERS(MYELIN_COMPARE, gt, a > b)
MYELIN_NUMBERS(MYELIN_COMPARE, ge, a >= b)

MYELIN_INLINE Mask<std::uint8_t> is_true(Vec<std::uint8_t> x) { return x != Vec<std::uint8_t>(0); }
MYELIN_INLINE Vec<std::uint8_t> to_bool(Vec<std::uint8_t> x) {
  return select(is_true(x), Vec<std::uint8_t>(1), Vec<std::uint8_t>(0));
}
#define MYELIN_LOGICAL(name, expression) MYELIN_BINARY(std::uint8_t, logical, name, expression)
MYELIN_LOGICAL(and, to_bool(a) & to_bool(b))
MYELIN_LOGICAL(or, to_bool(a | b))
MYELIN_LOGICAL(xor, to_bool(a) ^ to_bool(b))
MYELIN_PREDICATE(std::uint8_t, logical, not, !is_true(x))
#undef MYELIN_LOGICAL

template <class T>
MYELIN_INLINE Mask<T> is_infinite(Vec<T> x) {
  return abs(x) == Vec<T>(kInfinity<T>);
}
template <class T>
MYELIN_INLINE Mask<T> is_finite(Vec<T> x) {
  return abs(x) < Vec<T>(kInfinity<T>);
}
MYELIN_FLOATS(MYELIN_PREDICATE, isnan, x != x)
MYELIN_FLOATS(MYELIN_PREDICATE, isinf, is_infinite(x))
MYELIN_FLOATS(MYELIN_PREDICATE, isfinite, is_finite(x))

#define MYELIN_SELECT(bits)                                                                                      \
  void select_##bits(const std::uint8_t* c, std::ptrdiff_t sc, const std::uint##bits##_t* a, std::ptrdiff_t sa,  \
                     const std::uint##bits##_t* b, std::ptrdiff_t sb, std::uint##bits##_t* out, std::size_t n) { \
    select_elements(c, sc, a, sa, b, sb, out, n);                                                                \
  }
MYELIN_SELECT(8)
MYELIN_SELECT(16)
MYELIN_SELECT(32)
MYELIN_SELECT(64)
#undef MYELIN_SELECT

// 0 for NaN, as PyTorch.
template <class T>
MYELIN_INLINE Vec<T> sign(Vec<T> x) {
  const Vec<T> zero = T(0), one = T(1);
  return select(x > zero, one, select(x < zero, -one, zero));
}
template <class T>
MYELIN_INLINE Vec<T> reciprocal(Vec<T> x) {
  return T(1) / x;
}
// Keeps NaN and -0.
template <class T>
MYELIN_INLINE Vec<T> relu(Vec<T> x) {
  return max(Vec<T>(T(0)), x);
}

MYELIN_SIGNED(MYELIN_UNARY, neg, -x)
MYELIN_SIGNED(MYELIN_UNARY, abs, abs(x))
MYELIN_SIGNED(MYELIN_UNARY, sign, sign(x))
MYELIN_SIGNED(MYELIN_UNARY, square, (x * x))
MYELIN_SIGNED(MYELIN_UNARY, relu, relu(x))
MYELIN_FLOATS(MYELIN_UNARY, floor, floor(x))
MYELIN_FLOATS(MYELIN_UNARY, ceil, ceil(x))
MYELIN_FLOATS(MYELIN_UNARY, round, round_even(x))
MYELIN_FLOATS(MYELIN_UNARY, trunc, trunc(x))
MYELIN_FLOATS(MYELIN_UNARY, sqrt, sqrt(x))
MYELIN_FLOATS(MYELIN_UNARY, rsqrt, reciprocal(sqrt(x)))
MYELIN_FLOATS(MYELIN_UNARY, reciprocal, reciprocal(x))
MYELIN_FLOATS(MYELIN_UNARY, exp, exp(x))
MYELIN_FLOATS(MYELIN_UNARY, expm1, expm1(x))
MYELIN_FLOATS(MYELIN_UNARY, log, log(x))
MYELIN_FLOATS(MYELIN_UNARY, log1p, log1p(x))
MYELIN_FLOATS(MYELIN_UNARY, log2, log2(x))
MYELIN_FLOATS(MYELIN_UNARY, sin, sin(x))
MYELIN_FLOATS(MYELIN_UNARY, cos, cos(x))
MYELIN_FLOATS(MYELIN_UNARY, tan, tan(x))
MYELIN_FLOATS(MYELIN_UNARY, tanh, tanh(x))
MYELIN_FLOATS(MYELIN_UNARY, erf, erf(x))

MYELIN_FLOATS(MYELIN_UNARY_PARAM, clamp, min(p1, max(p0, x)))
MYELIN_FLOATS(MYELIN_UNARY_PARAM, scale_shift, fma(x, p0, p1))
