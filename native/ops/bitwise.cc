#include "ops/pointwise.h"

namespace myelin {
namespace {

// Bytes of bool are 0 or 1 and stay so.

struct And {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct Or {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct Xor {
  template <class T>
  static T of(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

// Shifts by less than 0 or by the width or more move every bit out.
template <class T>
bool shifts_out(T count) {
  return count < 0 || count >= static_cast<T>(8 * sizeof(T));
}

struct LeftShift {
  template <class T>
  static T of(T a, T count) {
    using U = std::make_unsigned_t<T>;
    return shifts_out(count) ? T(0) : static_cast<T>(static_cast<U>(static_cast<U>(a) << count));
  }
};
struct RightShift {
  template <class T>
  static T of(T a, T count) {
    return static_cast<T>(a >> (shifts_out(count) ? 8 * sizeof(T) - 1 : static_cast<std::size_t>(count)));
  }
};

template <class Function>
void pairs(OpCall& call) {
  visit_integer(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, Function::template of<T>);
  });
}

template <class Function>
void shift(OpCall& call) {
  if (call.in[0].dtype == DType::kBool) refuse_dtype(DType::kBool);
  pairs<Function>(call);
}

void complement(OpCall& call) {
  const DType dtype = call.in[0].dtype;
  require(call.out[0].dtype == dtype, "the output has another dtype than the input");
  if (dtype == DType::kBool)
    return map_elements<std::uint8_t>(call, [](std::uint8_t x) { return std::uint8_t(x ^ 1); });
  visit_integer(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_elements<T>(call, [](T x) { return static_cast<T>(~x); });
  });
}

constexpr OpInfo kOps[] = {
    {"bitwiseAnd", 2, 1, pairs<And>},
    {"bitwiseOr", 2, 1, pairs<Or>},
    {"bitwiseXor", 2, 1, pairs<Xor>},
    {"bitwiseNot", 1, 1, complement},
    {"bitwiseLeftShift", 2, 1, shift<LeftShift>},
    {"bitwiseRightShift", 2, 1, shift<RightShift>},
};

}  // namespace

void register_bitwise(OpList& ops) { add_elementwise(ops, kOps); }

}  // namespace myelin
