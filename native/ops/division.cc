#include <atomic>
#include <cmath>
#include <numeric>

#include "ops/pointwise.h"
#include "ops/wrapping.h"

namespace myelin {
namespace {

// Division of numbers without fractions. The processor traps on x / 0 and on the least integer / -1, which no int can
// hold: the first is refused after the loop, the second wraps.

template <class T>
using Unsigned = std::make_unsigned_t<T>;

template <class T>
constexpr bool is_minus_one(T x) {
  return std::is_signed_v<T> && x == static_cast<T>(-1);
}

template <class T>
T negated(T x) {
  return static_cast<T>(Unsigned<T>(0) - static_cast<Unsigned<T>>(x));
}

struct Trunc {
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return std::trunc(a / b);
    } else {
      return is_minus_one(b) ? negated(a) : static_cast<T>(a / b);
    }
  }
};

struct Fmod {
  // Of floats as doubles: up to a quotient of 28 bits everything is exact, and faster than fmod.
  static float rest(float x, float y) {
    const double a = static_cast<double>(x), b = static_cast<double>(y), quotient = a / b;
    if (!(std::fabs(quotient) < 0x1p28) || std::isinf(b)) return std::fmod(x, y);
    return static_cast<float>(std::copysign(a - static_cast<std::int32_t>(quotient) * b, a));
  }
  // Of a quotient below 2^52 every whole number is a double, so rounding it can reach the next whole number but pass none:
  // `whole` is right or, seldom, one too far from 0. What is left then is less than b and a multiple of the last places of
  // a and b: a double, which a single rounding finds exactly. So is what one b more makes of it.
  static double rest(double a, double b) {
    const double quotient = a / b;
    if (!(std::fabs(quotient) < 0x1p52) || std::isinf(b)) return std::fmod(a, b);
    const double whole = static_cast<double>(static_cast<std::int64_t>(quotient));
    const double left = std::fma(-whole, b, a);
    const bool too_far = left != 0 && std::signbit(left) != std::signbit(a);
    return std::copysign(too_far ? std::fabs(b) - std::fabs(left) : left, a);
  }
  template <class T>
  static T of(T a, T b) {
    if constexpr (std::is_floating_point_v<T>) {
      return rest(a, b);
    } else {
      return is_minus_one(b) ? T(0) : static_cast<T>(a % b);
    }
  }
};

// The sign of the divisor, as Python's %.
struct Remainder {
  template <class T>
  static T of(T a, T b) {
    const T rest = Fmod::of(a, b);
    // A place in memory, not a branch: signs are as good as random.
    // Where it is not chosen, the sum may pass the range.
    const T choices[] = {rest, wrapping_add(rest, b)};
    return choices[(rest != 0) & ((rest < 0) != (b < 0))];
  }
};

struct Floor {
  template <class T>
  static T of(T a, T b) {
    const T rest = Fmod::of(a, b);
    const bool below = rest != 0 && (rest < 0) != (b < 0);
    if constexpr (std::is_floating_point_v<T>) {
      if (b == 0) return a / b;
      // (a - rest) / b is whole but for its rounding.
      const T whole = (a - rest) / b - static_cast<T>(below), floor = std::floor(whole);
      if (whole == 0) return std::copysign(T(0), a / b);
      const T choices[] = {floor, floor + 1};
      return choices[whole - floor > T(0.5)];
    } else {
      return static_cast<T>(Trunc::of(a, b) - static_cast<T>(below));
    }
  }
};

template <class Division>
void divide(OpCall& call) {
  const DType dtype = call.in[0].dtype;
  if (dtype == DType::kBool) refuse_dtype(dtype);
  std::atomic<bool> by_zero{false};
  visit_dtype(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, [&](T a, T b) {
      if constexpr (std::is_integral_v<T>) {
        if (b == 0) {
          by_zero.store(true, std::memory_order_relaxed);
          return T(0);
        }
      }
      return Division::of(a, b);
    });
  });
  if (by_zero) fail("VALUE", "integer division by zero (need a divisor without zeros, or float tensors)");
}

template <class T>
Unsigned<T> magnitude(T x) {
  return static_cast<Unsigned<T>>(x < 0 ? negated(x) : x);
}

template <class T>
T common_divisor(T a, T b) {
  return static_cast<T>(std::gcd(magnitude(a), magnitude(b)));
}

template <class T>
T common_multiple(T a, T b) {
  if (a == 0 || b == 0) return 0;
  const Unsigned<T> x = magnitude(a), y = magnitude(b);
  return static_cast<T>(static_cast<Unsigned<T>>(x / std::gcd(x, y) * y));
}

void gcd(OpCall& call) {
  visit_integer(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, common_divisor<T>);
  });
}

void lcm(OpCall& call) {
  visit_integer(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, common_multiple<T>);
  });
}

constexpr OpInfo kOps[] = {
    {"fmod", 2, 1, divide<Fmod>},
    {"remainder", 2, 1, divide<Remainder>},
    {"floorDivide", 2, 1, divide<Floor>},
    {"truncDivide", 2, 1, divide<Trunc>},
    {"gcd", 2, 1, gcd},
    {"lcm", 2, 1, lcm},
};

}  // namespace

void register_division(OpList& ops) { add_elementwise(ops, kOps); }

}  // namespace myelin
