// Dot products of bytes, for compilers to vectorise: a product fits 16 bits, so they multiply there and widen for the sum.

void u8_dots(const std::uint8_t* a, const std::int8_t* b, std::ptrdiff_t b_stride, std::int32_t* out, std::size_t n,
             std::size_t k) {
  for (std::size_t j = 0; j < n; j++, b += b_stride) {
    std::int32_t sum = 0;
    for (std::size_t i = 0; i < k; i++) sum += a[i] * b[i];
    out[j] = sum;
  }
}
