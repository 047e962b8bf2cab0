#include "ops/power.h"

#include "ops/pointwise.h"

namespace myelin {
namespace {

// By squaring; wraps as multiplication does. Negative powers of integers are 0 but for those of 1 and -1.
template <class T>
T power(T base, T exponent) {
  using U = std::make_unsigned_t<T>;
  if (exponent < 0) {
    if (base == 1) return 1;
    if (base == static_cast<T>(-1)) return exponent % 2 == 0 ? T(1) : base;
    return 0;
  }
  // At least as wide as int, whose multiplication would be signed.
  std::uint64_t product = 1, square = static_cast<U>(base);
  for (U rest = static_cast<U>(exponent); rest != 0; rest = static_cast<U>(rest >> 1)) {
    if (rest & 1) product *= square;
    square *= square;
  }
  return static_cast<T>(static_cast<U>(product));
}

}  // namespace

void integer_power(const OpCall& call) {
  const DType dtype = call.in[0].dtype;
  if (dtype == DType::kBool) refuse_dtype(dtype);
  visit_integer(dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, power<T>);
  });
}

}  // namespace myelin
