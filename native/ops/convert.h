#pragma once
#include <cstring>
#include <limits>
#include <type_traits>

#include "core/dtype.h"

// Conversions of single elements.

namespace myelin {

template <class T>
constexpr bool kIsHalf = std::is_same_v<T, Float16> || std::is_same_v<T, BFloat16>;

// The float32 next to `value` whose last bit is 1, unless `value` is a float32. Rounding that to a half gives what rounding
// `value` itself would: the last bit keeps in mind on which side of a tie it was. Source: Boldo, Melquiond, "When double
// rounding is odd", 2005.
inline float round_to_odd(double value) {
  float near = static_cast<float>(value);
  std::uint32_t bits;
  std::memcpy(&bits, &near, sizeof bits);
  const double rounded = static_cast<double>(near);
  if (rounded == value || value != value || (bits & 1) != 0) return near;
  const bool away = (rounded > value) == (value > 0);
  bits += away ? -1 : 1;
  std::memcpy(&near, &bits, sizeof near);
  return near;
}

// A double that rounds to any half as `value` does: 64-bit integers have more bits than it holds, of which the lowest only
// tell a tie from what is not one.
inline double to_double(std::int64_t value) {
  constexpr std::uint64_t kLow = 0xFFFF, kExact = std::uint64_t{1} << 53;
  const std::uint64_t magnitude = value < 0 ? -static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
  if (magnitude <= kExact) return static_cast<double>(value);
  const double kept = static_cast<double>((magnitude & ~kLow) | ((magnitude & kLow) != 0 ? kLow + 1 : 0));
  return value < 0 ? -kept : kept;
}
template <class T>
double to_double(T value) {
  return static_cast<double>(value);
}

// Rounds to nearest, ties to even.
Float16 round_to_float16(float value);
BFloat16 round_to_bfloat16(float value);

// Conversions of C are undefined out of range; here they saturate and NaN becomes 0. Halves are
// rounded to once.
template <class To, class From>
To to_element(From value) {
  if constexpr (std::is_same_v<To, Float16>) {
    return round_to_float16(round_to_odd(to_double(value)));
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return round_to_bfloat16(round_to_odd(to_double(value)));
  } else {
    if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
      // The largest integer may round up to a power of two as a float: that bound itself is already out of range.
      constexpr From low = static_cast<From>(std::numeric_limits<To>::min());
      constexpr From high = static_cast<From>(std::numeric_limits<To>::max());
      if (value != value) return 0;
      if (value <= low) return std::numeric_limits<To>::min();
      if (value >= high) return std::numeric_limits<To>::max();
    }
    return static_cast<To>(value);
  }
}

}  // namespace myelin
