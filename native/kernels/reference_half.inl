// Floats of two bytes by arithmetic: a sign, an exponent field and `bits` bits of mantissa m. Fields count from the
// exponent `least`: field 0 means m 2^(least - bits), field e > 0 means (2^bits + m) 2^(least + e - 1 - bits).
struct HalfFormat {
  int bits, least;
  int special() const { return (1 << (15 - bits)) - 1; }  // the field of infinity and NaN
};
constexpr HalfFormat kFloat16{10, -14}, kBFloat16{7, -126};

std::uint32_t float_bits(float x) {
  std::uint32_t bits;
  std::memcpy(&bits, &x, sizeof bits);
  return bits;
}

float decode_half(const HalfFormat& format, std::uint16_t half, bool quiet) {
  const int one = 1 << format.bits, field = (half & 0x7FFF) >> format.bits, m = half & (one - 1);
  double magnitude = std::ldexp(field == 0 ? m : one + m, format.least + (field == 0 ? 0 : field - 1) - format.bits);
  if (field == format.special()) {
    const std::uint32_t payload = static_cast<std::uint32_t>(m) << (23 - format.bits);
    const std::uint32_t bits = 0x7F800000 | payload | (m != 0 && quiet ? 0x400000 : 0);
    float special;
    std::memcpy(&special, &bits, sizeof special);
    return std::copysign(special, half & 0x8000 ? -1.0f : 1.0f);
  }
  return static_cast<float>(half & 0x8000 ? -magnitude : magnitude);
}

std::uint16_t encode_half(const HalfFormat& format, float x) {
  const int infinity = format.special() << format.bits, sign = std::signbit(x) ? 0x8000 : 0;
  if (std::isnan(x)) {
    const std::uint32_t payload = (float_bits(x) & 0x7FFFFF) >> (23 - format.bits);
    return static_cast<std::uint16_t>(sign | infinity | 1 << (format.bits - 1) | static_cast<int>(payload));
  }
  if (std::isinf(x)) return static_cast<std::uint16_t>(sign | infinity);
  const int exponent = x == 0 ? format.least : std::max(std::ilogb(x), format.least);
  const double steps = std::nearbyint(std::ldexp(std::fabs(static_cast<double>(x)), format.bits - exponent));
  // The leading bit of a normal mantissa adds 1 to the field, and so does a mantissa that was rounded up to the next
  // power of two, up to infinity's.
  const int magnitude = ((exponent - format.least) << format.bits) + static_cast<int>(steps);
  return static_cast<std::uint16_t>(sign | std::min(magnitude, infinity));
}

#define MYELIN_CONVERT(name, From, To, expression)           \
  void name(const From* x, To* out, std::size_t n) {         \
    for (std::size_t i = 0; i < n; i++) out[i] = expression; \
  }
MYELIN_CONVERT(f16_to_f32, std::uint16_t, float, decode_half(kFloat16, x[i], true))
MYELIN_CONVERT(bf16_to_f32, std::uint16_t, float, decode_half(kBFloat16, x[i], false))
MYELIN_CONVERT(f32_to_f16, float, std::uint16_t, encode_half(kFloat16, x[i]))
MYELIN_CONVERT(f32_to_bf16, float, std::uint16_t, encode_half(kBFloat16, x[i]))
#undef MYELIN_CONVERT
