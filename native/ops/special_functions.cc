#include "ops/special_functions.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace myelin {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kRootPi = 1.77245385090551602730;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

// B(2j) / (2j)! for j = 1, 2, ...: the coefficients of the Euler-Maclaurin formula.
constexpr double kBernoulli[] = {1.0 / 12,          -1.0 / 720,
                                 1.0 / 30240,       -1.0 / 1209600,
                                 1.0 / 47900160,    -691.0 / 1307674368000,
                                 1.0 / 74724249600, -3617.0 / 10670622842880000};

// n! / x^(n + 1), without n! or the power, which may overflow.
double leading_term(int n, double x) {
  double term = 1 / x;
  for (int i = 1; i <= n; i++) term *= i / x;
  return term;
}

// n! zeta(n + 1, x), zeta being Hurwitz's sum of (x + k)^-(n + 1) over k >= 0, for x > 0: some terms, then the
// Euler-Maclaurin formula for the others (Abramowitz and Stegun, 23.1.30), all of them relative to the first.
double scaled_zeta(int n, double x) {
  if (x == kInfinity) return 0;
  const double s = n + 1;
  const double start = std::max(15.0, 1.5 * s);
  double sum = 0, y = x;
  for (; y < start; y++) {
    const double next = std::pow(x / y, s);
    sum += next;
    if (next * y < 1e-18) return leading_term(n, x) * sum;  // what follows is less than that
  }
  double term = s / y, rest = y / n + 0.5;
  for (int j = 0; j < 8; j++) {
    rest += kBernoulli[j] * term;
    term *= (s + 2 * j + 1) * (s + 2 * j + 2) / (y * y);
  }
  return leading_term(n, x) * (sum + std::pow(x / y, s) * rest);
}

double polynomial(double x, const double* c, int degree) {
  double sum = c[degree];
  for (int i = degree - 1; i >= 0; i--) sum = sum * x + c[i];
  return sum;
}

// Where w = -log(1 - y^2) is 6.
constexpr double kErfBorder = 0.99875973108;

// The inverse error function of 0 <= y < 1, in terms of w = -log(1 - y^2): relative error 2^-27 for w <= 6, beyond 2^-22.
// The polynomials are our own minimax fits.
double first_erf_inverse(double y) {
  static constexpr double kNear[] = {1.6235420149646334,      0.7248912219567585,    -0.051643742095334705,
                                     -0.02257720323443248,    0.01580533670367308,   -0.0030882452492731007,
                                     -0.001294578319636361,   0.0009806997519394894, -0.00012030075736395058,
                                     -0.00010773681711472794, 3.6936179549690335e-05};
  // In sqrt w on [sqrt 6, 6.15], the greatest that double has.
  static constexpr double kFar[] = {4.142466055645872,      1.8688369307821924,    0.0021453002704872252,
                                    -0.0035409457329641965, 0.0022295065813520676, -0.0012699339088812023,
                                    0.0006257169373331201,  -0.0001486922033823953};
  const double w = -std::log((1 - y) * (1 + y));
  if (w <= 6) return y * polynomial(w / 3 - 1, kNear, 10);
  constexpr double kLow = 2.44948974278317809820, kHigh = 6.15;
  return polynomial((2 * std::sqrt(w) - (kLow + kHigh)) / (kHigh - kLow), kFar, 7);
}

double refined_erf_inverse(double y, double x) {
  const double missed = y < 0.5 ? std::erf(x) - y : (1 - y) - std::erfc(x);
  const double newton = missed * (kRootPi / 2) * std::exp(x * x);
  return x - newton / (1 + x * newton);
}

// I_n(x) / (x / 2)^n * n! for x >= 0: sum over k of (x^2 / 4)^k n! / (k! (n + k)!), whose terms are all positive
// (Abramowitz and Stegun, 9.6.10).
double bessel_series(int n, double x) {
  const double z = x * x / 4;
  double sum = 1, term = 1;
  for (int k = 1; term > sum * 1e-17; k++) {
    term *= z / (k * (static_cast<double>(k) + n));
    sum += term;
  }
  return sum;
}

// I_n(x) e^-x sqrt(2 pi x) for x far above n^2: 1 - (m - 1) / 8x + (m - 1)(m - 9) / 2! (8x)^2 - ..., m = 4 n^2, up to its
// least term (Abramowitz and Stegun, 9.7.1).
double bessel_tail(int n, double x) {
  const double m = 4.0 * n * n;
  double sum = 1, term = 1;
  for (int k = 1; std::fabs(term) > 1e-17; k++) {
    const double odd = 2 * k - 1, next = -term * (m - odd * odd) / (8 * k * x);
    if (std::fabs(next) >= std::fabs(term)) break;
    sum += term = next;
  }
  return sum;
}

// Where the terms of bessel_tail fall below 10^-17, and bessel_series does not yet overflow.
double bessel_border(int n) { return std::min(24.0 + n * n, 650.0); }

// (x / 2)^n / n!, without the power or n!, which may overflow.
double bessel_first(int n, double x) {
  double first = 1;
  for (int k = 1; k <= n; k++) first *= x / (2 * k);
  return first;
}

double with_sign(int n, double x, double magnitude) { return x < 0 && n % 2 == 1 ? -magnitude : magnitude; }

}  // namespace

// Halley's method for erf x - y, near 1 for erfc x - (1 - y); a step triples the digits.
double erf_inverse(double y) {
  const double size = std::fabs(y);
  if (!(size < 1)) return size == 1 ? std::copysign(kInfinity, y) : kNaN;
  return std::copysign(refined_erf_inverse(size, first_erf_inverse(size)), y);
}

float erf_inverse(float y) {
  const double size = std::fabs(static_cast<double>(y));
  if (!(size < 1)) return static_cast<float>(erf_inverse(static_cast<double>(y)));
  double x = first_erf_inverse(size);
  if (size > kErfBorder) x = refined_erf_inverse(size, x);
  return std::copysign(static_cast<float>(x), y);
}

// The plain lgamma writes the sign of gamma to a global that threads share.
double log_gamma(double x) {
  int sign = 0;
  return ::lgamma_r(x, &sign);
}

// psi(x) = psi(x + 1) - 1 / x up to where the asymptotic series holds (Abramowitz and Stegun, 6.3.5 and 6.3.18), below
// zero by reflection (6.3.7).
double digamma(double x) {
  if (x == 0) return std::copysign(kInfinity, -x);
  if (x < 0) {
    const double fraction = x - std::round(x);
    if (fraction == 0) return kNaN;
    return digamma(1 - x) - kPi / std::tan(kPi * fraction);
  }
  if (x == kInfinity) return x;
  double sum = 0;
  for (; x < 10; x++) sum -= 1 / x;
  // B(2j) / (2j).
  constexpr double kSeries[] = {1.0 / 12,  -1.0 / 120,     1.0 / 252, -1.0 / 240,
                                1.0 / 132, -691.0 / 32760, 1.0 / 12,  -3617.0 / 8160};
  const double z = 1 / (x * x);
  double series = 0;
  for (int j = 7; j >= 0; j--) series = (series + kSeries[j]) * z;
  return sum + (std::log(x) - 0.5 / x - series);
}

// (-1)^(n + 1) n! zeta(n + 1, x) (Abramowitz and Stegun, 6.4.10). Below zero, where x = f - m with the integer m nearest
// to -x, the sum is that of the term f^-s, those above, zeta(s, 1 + f), and the m below, of which the signs come out of
// the power: (-1)^s (zeta(s, 1 - f) - zeta(s, 1 - x)).
double polygamma(int n, double x) {
  if (n == 0) return digamma(x);
  const double sign = n % 2 == 1 ? 1 : -1;
  if (x > 0) return sign * scaled_zeta(n, x);
  if (!(x > -kInfinity)) return kNaN;
  const double f = x - std::round(x);
  if (f == 0) return sign * kInfinity;
  const double below = scaled_zeta(n, 1 - f) - scaled_zeta(n, 1 - x);
  return sign * (leading_term(n, f) + scaled_zeta(n, 1 + f) + sign * below);
}

double bessel_i(int n, double x) {
  const double size = std::fabs(x);
  if (size <= bessel_border(n)) return with_sign(n, x, bessel_first(n, size) * bessel_series(n, size));
  if (!(size < kInfinity)) return with_sign(n, x, size);
  // In two halves: e^x overflows before its product with the rest does.
  const double half = std::exp(size / 2);
  return with_sign(n, x, half * (bessel_tail(n, size) / std::sqrt(2 * kPi * size)) * half);
}

double scaled_bessel_i(int n, double x) {
  const double size = std::fabs(x);
  if (size <= bessel_border(n)) return std::exp(-size) * bessel_i(n, x);
  if (!(size < kInfinity)) return with_sign(n, x, 1 / size);
  return with_sign(n, x, bessel_tail(n, size) / std::sqrt(2 * kPi * size));
}

}  // namespace myelin
