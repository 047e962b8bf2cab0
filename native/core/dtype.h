#pragma once
#include <cstddef>
#include <cstdint>

namespace myelin {

// The numbers are part of the command encoding and of lib/tensor/dtype.ts; never renumber.
enum class DType : std::uint8_t {
  kBool = 0,
  kUint8 = 1,
  kInt32 = 4,
  kInt64 = 5,
  kFloat32 = 8,
  kFloat64 = 9,
};

// Bytes of one element; 0 for a number that names no dtype.
constexpr std::size_t item_size(DType dtype) {
  switch (dtype) {
    case DType::kBool:
    case DType::kUint8:
      return 1;
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
    case DType::kInt32:
      return "int32";
    case DType::kInt64:
      return "int64";
    case DType::kFloat32:
      return "float32";
    case DType::kFloat64:
      return "float64";
  }
  return "unknown";
}

constexpr bool is_float(DType dtype) { return dtype == DType::kFloat32 || dtype == DType::kFloat64; }

// bool is stored as one byte that is 0 or 1.
template <class T>
struct DTypeOf;
template <>
struct DTypeOf<std::uint8_t> {
  static constexpr DType value = DType::kUint8;
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

// Calls body(TypeTag<T>{}) with the element type; bool is visited as uint8_t.
template <class Body>
decltype(auto) visit_dtype(DType dtype, Body&& body) {
  switch (dtype) {
    case DType::kInt32:
      return body(TypeTag<std::int32_t>{});
    case DType::kInt64:
      return body(TypeTag<std::int64_t>{});
    case DType::kFloat32:
      return body(TypeTag<float>{});
    case DType::kFloat64:
      return body(TypeTag<double>{});
    case DType::kBool:
    case DType::kUint8:
      break;
  }
  return body(TypeTag<std::uint8_t>{});
}

}  // namespace myelin
