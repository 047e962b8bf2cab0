#pragma once
#include <cstddef>
#include <cstdint>

namespace myelin {

// Philox4x32-10, a counter-based generator: block `counter` of stream `key` is a pure function of both, so any element
// can be drawn on any thread. words[w][i] receives word w of block counter + i; many at once keep the compiler's vectors
// full. Source: Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011, section 3.
template <std::size_t N>
void philox(std::uint64_t key, std::uint64_t counter, std::uint64_t stream, std::uint32_t (&words)[4][N]) {
  for (std::size_t i = 0; i < N; i++) {
    words[0][i] = static_cast<std::uint32_t>(counter + i);
    words[1][i] = static_cast<std::uint32_t>((counter + i) >> 32);
    words[2][i] = static_cast<std::uint32_t>(stream);
    words[3][i] = static_cast<std::uint32_t>(stream >> 32);
  }
  std::uint32_t k0 = static_cast<std::uint32_t>(key), k1 = static_cast<std::uint32_t>(key >> 32);
  for (int round = 0; round < 10; round++) {
    for (std::size_t i = 0; i < N; i++) {
      const std::uint64_t p0 = std::uint64_t{0xD2511F53u} * words[0][i], p1 = std::uint64_t{0xCD9E8D57u} * words[2][i];
      words[0][i] = static_cast<std::uint32_t>(p1 >> 32) ^ words[1][i] ^ k0;
      words[2][i] = static_cast<std::uint32_t>(p0 >> 32) ^ words[3][i] ^ k1;
      words[1][i] = static_cast<std::uint32_t>(p1);
      words[3][i] = static_cast<std::uint32_t>(p0);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

// Uniform in [0, 1) with 24 bits, and with 53 bits from two words.
inline float unit_float(std::uint32_t word) { return static_cast<float>(word >> 8) * 0x1p-24f; }
inline double unit_double(std::uint32_t high, std::uint32_t low) {
  return static_cast<double>(((std::uint64_t{high} << 32) | low) >> 11) * 0x1p-53;
}

}  // namespace myelin
