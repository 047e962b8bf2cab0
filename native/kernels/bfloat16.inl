// bfloat16 is the upper half of a float32. Rounding as half.inl says.

MYELIN_INLINE std::uint32_t bits_of(float x) {
  std::uint32_t bits;
  __builtin_memcpy(&bits, &x, sizeof bits);
  return bits;
}
MYELIN_INLINE float float_of(std::uint32_t bits) {
  float x;
  __builtin_memcpy(&x, &bits, sizeof x);
  return x;
}

constexpr std::uint32_t kInfinityBits = 0x7F800000, kQuietBit = 0x00400000;

MYELIN_INLINE std::uint16_t to_bf16(float x) {
  const std::uint32_t bits = bits_of(x);
  const std::uint32_t rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16, nan = (bits | kQuietBit) >> 16;
  return std::uint16_t((bits & 0x7FFFFFFF) > kInfinityBits ? nan : rounded);
}
