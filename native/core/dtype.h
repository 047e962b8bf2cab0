#pragma once
#include <cstddef>
#include <cstdint>

#include "core/check.h"

namespace myelin {

// The numbers are part of the command encoding and of lib/tensor/dtype.ts; never renumber.
enum class DType : std::uint8_t {
  kBool = 0,
  kUint8 = 1,
  kInt8 = 2,
  kInt16 = 3,
  kInt32 = 4,
  kInt64 = 5,
  kFloat16 = 6,
  kBFloat16 = 7,
  kFloat32 = 8,
  kFloat64 = 9,
};

// Bytes of one element; 0 for a number that names no dtype.
constexpr std::size_t item_size(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUint8:
    case DType::kInt8:
      return 1;
    case DType::kInt16:
    case DType::kFloat16:
    case DType::kBFloat16:
      return 2;
    case DType::kInt32:
    case DType::kFloat32:
      return 4;
    case DType::kInt64:
    case DType::kFloat64:
      return 8;
  }
  return 0;
}

constexpr const char* dtype_name(DType dtype) {
  switch (dtype) {
    case DType::kBool:
      return "bool";
    case DType::kUint8:
      return "uint8";
    case DType::kInt8:
      return "int8";
    case DType::kInt16:
      return "int16";
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
    case DType::kFloat16:
      return "float16";
    case DType::kBFloat16:
      return "bfloat16";
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
  }
  return "unknown";
}

constexpr bool is_float(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

// Floats of two bytes are stored and moved; arithmetic on them is done in float32 (ops/halves.h).
constexpr bool is_half(DType dtype) { return dtype == DType::kFloat16 || dtype == DType::kBFloat16; }
struct Float16 {
  std::uint16_t bits;
};
struct BFloat16 {
  std::uint16_t bits;
};

// bool is stored as one byte that is 0 or 1.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kUint8;
};
template <>
struct DTypeOf<std::int8_t> {
  static constexpr DType value = DType::kInt8;
};
template <>
struct DTypeOf<std::int16_t> {
  static constexpr DType value = DType::kInt16;
};
template <>
struct DTypeOf<std::int32_t> {
  static constexpr DType value = DType::kInt32;
};
template <>
struct DTypeOf<std::int64_t> {
  static constexpr DType value = DType::kInt64;
};
template <>
struct DTypeOf<Float16> {
  static constexpr DType value = DType::kFloat16;
};
template <>
struct DTypeOf<BFloat16> {
  static constexpr DType value = DType::kBFloat16;
};
template <>
struct DTypeOf<float> {
  static constexpr DType value = DType::kFloat32;
};
template <>
struct DTypeOf<double> {
  static constexpr DType value = DType::kFloat64;
};

template <class T>
struct TypeTag {
  using type = T;
};

// Calls body(TypeTag<T>{}) with the element type; bool is visited as uint8_t. Halves have no arithmetic and are refused.
template <class Body>
decltype(auto) visit_dtype(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kInt8:
      return body(TypeTag<std::int8_t>{});
    case DType::kInt16:
      return body(TypeTag<std::int16_t>{});
    case DType::kInt32:
      return body(TypeTag<std::int32_t>{});
    case DType::kInt64:
      return body(TypeTag<std::int64_t>{});
    case DType::kFloat32:
      return body(TypeTag<float>{});
    case DType::kFloat64:
      return body(TypeTag<double>{});
    case DType::kFloat16:
    case DType::kBFloat16:
      fail("COMMAND", "the op does not compute in halves");
    case DType::kBool:
    case DType::kUint8:
      break;
  }
  return body(TypeTag<std::uint8_t>{});
}

// The same with Float16 and BFloat16, for what is converted or written element by element.
template <class Body>
decltype(auto) visit_element(DType dtype, Body&& body) {
  if (dtype == DType::kFloat16) return body(TypeTag<Float16>{});
  if (dtype == DType::kBFloat16) return body(TypeTag<BFloat16>{});
  return visit_dtype(dtype, body);
}

// Calls body(TypeTag<T>{}) with the unsigned integer of an element's size, for what only moves elements.
template <class Body>
decltype(auto) visit_size(DType dtype, Body&& body) {
  switch (item_size(dtype)) {
    case 1:
      return body(TypeTag<std::uint8_t>{});
    case 2:
      return body(TypeTag<std::uint16_t>{});
    case 4:
      return body(TypeTag<std::uint32_t>{});
    default:
      return body(TypeTag<std::uint64_t>{});
  }
}

}  // namespace myelin
