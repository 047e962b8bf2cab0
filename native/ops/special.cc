#include <cmath>

#include "ops/pointwise.h"
#include "ops/special_functions.h"

namespace myelin {
namespace {

// Computed in double and rounded once.
template <class F>
void real_function(const OpCall& call, F f) {
  require(call.out[0].dtype == call.in[0].dtype, "the output has another dtype than the input");
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_elements<T>(call, [f](T x) { return static_cast<T>(f(static_cast<double>(x))); });
  });
}

template <double (*f)(double)>
void real(OpCall& call) {
  real_function(call, f);
}

void erfinv(OpCall& call) {
  require(call.out[0].dtype == call.in[0].dtype, "the output has another dtype than the input");
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_elements<T>(call, [](T y) { return erf_inverse(y); });
  });
}

double cube_root(double x) { return std::cbrt(x); }

void polygamma_of(OpCall& call) {
  constexpr int kMaxOrder = 1024;
  const std::int64_t order = call.attrs.integer();
  require(order >= 0 && order <= kMaxOrder, "the order of polygamma is out of range");
  real_function(call, [n = static_cast<int>(order)](double x) { return polygamma(n, x); });
}

void bessel_i_of(OpCall& call) {
  constexpr int kMaxOrder = 1024;
  const std::int64_t given = call.attrs.integer();
  const bool scaled = call.attrs.boolean();
  require(given >= 0 && given <= kMaxOrder, "the order of a Bessel function is out of range");
  const int n = static_cast<int>(given);
  real_function(call, [n, scaled](double x) { return scaled ? scaled_bessel_i(n, x) : bessel_i(n, x); });
}

void signbit(OpCall& call) {
  require(call.out[0].dtype == DType::kBool, "the op gives bool");
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_elements<T, std::uint8_t>(call, [](T x) { return static_cast<std::uint8_t>(std::signbit(x)); });
  });
}

void next_after(OpCall& call) {
  visit_float(call.in[0].dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    map_pairs<T>(call, [](T a, T b) { return std::nextafter(a, b); });
  });
}

constexpr OpInfo kOps[] = {
    {"erfinv", 1, 1, erfinv},        {"lgamma", 1, 1, real<log_gamma>}, {"digamma", 1, 1, real<digamma>},
    {"cbrt", 1, 1, real<cube_root>}, {"polygamma", 1, 1, polygamma_of}, {"signbit", 1, 1, signbit},
    {"nextafter", 2, 1, next_after}, {"besselI", 1, 1, bessel_i_of},
};

}  // namespace

void register_special(OpList& ops) { add_elementwise(ops, kOps); }

}  // namespace myelin
