#include "ops/fft_plan.h"

#include <algorithm>
#include <cmath>
#include <list>
#include <mutex>

#include "core/cpu.h"
#include "ops/fft_engine.h"

namespace myelin {
namespace {

struct Root {
  double re, im;
};

// exp(-2 pi i k / n), from an angle of at most pi / 4: exact at the quarters, else off by an ulp of double.
Root root_of_unity(std::size_t k, std::size_t n) {
  constexpr double kPi = 3.141592653589793238462643383279502884;
  k %= n;
  const std::size_t octant = 8 * k / n;
  // The angle, counted from the nearest multiple of pi / 2.
  const std::size_t quarter = (octant + 1) / 2;
  const double part = static_cast<double>(static_cast<std::int64_t>(4 * k) - static_cast<std::int64_t>(quarter * n));
  const double angle = part * (kPi / 2) / static_cast<double>(n);
  const double c = std::cos(angle), s = std::sin(angle);
  switch (quarter % 4) {
    case 0:
      return {c, -s};
    case 1:
      return {-s, -c};
    case 2:
      return {-c, s};
    default:
      return {s, c};
  }
}

template <class T>
void push_root(std::vector<T>& pairs, std::size_t k, std::size_t n) {
  const Root root = root_of_unity(k, n);
  pairs.push_back(static_cast<T>(root.re));
  pairs.push_back(static_cast<T>(root.im));
}

template <class T>
void push_root(FftRoots<T>& roots, std::size_t k, std::size_t n) {
  const Root root = root_of_unity(k, n);
  roots.re.push_back(static_cast<T>(root.re));
  roots.im.push_back(static_cast<T>(root.im));
}

// Prime factors, ascending.
std::vector<std::size_t> factorize(std::size_t n) {
  std::vector<std::size_t> factors;
  for (std::size_t p = 2; p * p <= n; p++)
    for (; n % p == 0; n /= p) factors.push_back(p);
  if (n > 1) factors.push_back(n);
  return factors;
}

// As few passes as possible: twos go together to eights and fours.
std::vector<std::size_t> radices(std::size_t n) {
  std::vector<std::size_t> found;
  std::size_t twos = 0;
  for (std::size_t p : factorize(n)) {
    if (p == 2) {
      twos++;
    } else {
      found.push_back(p);
    }
  }
  for (; twos >= 3 && twos != 4; twos -= 3) found.push_back(8);
  for (; twos >= 2; twos -= 2) found.push_back(4);
  if (twos == 1) found.push_back(2);
  return found;
}

template <class T>
FftColumns<T> columns_of(std::size_t n) {
  FftColumns<T> columns;
  columns.n = n;
  std::size_t rest = n, repeats = 1;
  for (std::size_t radix : radices(n)) {
    typename FftColumns<T>::Pass pass{radix, rest / radix, repeats, {}, {}};
    for (std::size_t p = 0; p < pass.groups; p++)
      for (std::size_t j = 1; j < radix; j++) push_root(pass.twiddles, p * j, rest);
    for (std::size_t k = 0; k < radix; k++) push_root(pass.roots, k, radix);
    columns.passes.push_back(std::move(pass));
    repeats *= radix;
    rest /= radix;
  }
  return columns;
}

// Lengths below are transformed as columns; from here on both sides of a square matrix fill vectors.
constexpr std::size_t kShortest = 256;
// Up to here a length has direct columns.
constexpr std::size_t kLongestDirect = 4096;

std::size_t nearest_divisor(std::size_t n) {
  std::size_t best = 1;
  for (std::size_t d = 1; d * d <= n; d++)
    if (n % d == 0) best = d;
  return best;
}

template <class T>
void plan_matrix(FftPlan<T>& plan) {
  const std::size_t rows = nearest_divisor(plan.n), columns = plan.n / rows;
  constexpr std::size_t kWhole = kFftColumns<T>;
  plan.first = columns_of<T>(rows);
  plan.second = columns_of<T>(columns);
  const std::size_t fitting = std::max(kWhole, kFftBlock / rows / kWhole * kWhole);
  plan.block = std::min(fitting, columns);
  for (std::size_t i = 0; i < rows; i++) {
    for (std::size_t k = 0; k < plan.block; k++) push_root(plan.twist, i * k, plan.n);
    for (std::size_t b = 0; b < plan.blocks(); b++) push_root(plan.bases, i * (b * plan.block % plan.n), plan.n);
  }
}

// The filter is computed in double, so that only the transforms of the numbers themselves round in T.
FftRoots<double> chirp_filter(std::size_t n, std::size_t longer, FftRoots<double>& chirp) {
  std::vector<double> re(longer), im(longer);
  FftRoots<double> filter{std::vector<double>(longer), std::vector<double>(longer)};
  // k^2 modulo 2n, by steps of 2k + 1.
  for (std::size_t k = 0, square = 0; k < n; square = (square + 2 * k + 1) % (2 * n), k++) {
    push_root(chirp, square, 2 * n);
    for (std::size_t at : {k, (longer - k) % longer}) {
      re[at] = chirp.re[k];
      im[at] = -chirp.im[k];
    }
  }
  const FftSource<double> from{nullptr, re.data(), im.data(), 0, false};
  const FftSink<double> to{nullptr, filter.re.data(), filter.im.data(), 0, false, 1};
  fft_rows<double>(active_kernels(), *fft_plan<double>(longer), from, to, 1);
  for (double& value : filter.re) value /= static_cast<double>(longer);
  for (double& value : filter.im) value /= static_cast<double>(longer);
  return filter;
}

template <class T>
void plan_chirp(FftPlan<T>& plan) {
  std::size_t longer = 1;
  while (longer < 2 * plan.n - 1) longer *= 2;
  FftRoots<double> chirp;
  const FftRoots<double> filter = chirp_filter(plan.n, longer, chirp);
  const auto rounded = [](const std::vector<double>& values) { return std::vector<T>(values.begin(), values.end()); };
  plan.smooth = fft_plan<T>(longer);
  plan.chirp = {rounded(chirp.re), rounded(chirp.im)};
  plan.filter = {rounded(filter.re), rounded(filter.im)};
}

template <class T>
std::shared_ptr<const FftPlan<T>> make_plan(std::size_t n) {
  auto plan = std::make_shared<FftPlan<T>>();
  plan->n = n;
  const std::vector<std::size_t> factors = factorize(n);
  if (!factors.empty() && factors.back() > kFftMaxRadix) {
    plan->kind = FftPlan<T>::Kind::kChirp;
    plan_chirp(*plan);
    return plan;
  }
  if (n <= kLongestDirect) plan->direct = columns_of<T>(n);
  if (n >= kShortest) {
    plan->kind = FftPlan<T>::Kind::kMatrix;
    plan_matrix(*plan);
  }
  return plan;
}

template <class T>
std::shared_ptr<const FftRoots<T>> make_fold(std::size_t half) {
  auto roots = std::make_shared<FftRoots<T>>();
  for (std::size_t k = 0; k < half; k++) push_root(*roots, k, 2 * half);
  return roots;
}

// The values that were asked for last, by length. Threads share it; a value that is dropped lives on with its users.
template <class Value>
class Cache {
 public:
  template <class Make>
  std::shared_ptr<const Value> get(std::size_t n, const Make& make) {
    if (std::shared_ptr<const Value> found = find(n)) return found;
    // Made outside of the lock, since making one may ask for another; of two that are made at once, both are right.
    std::shared_ptr<const Value> made = make(n);
    const std::lock_guard<std::mutex> lock(mutex_);
    entries_.push_front({n, made});
    if (entries_.size() > kEntries) entries_.pop_back();
    return made;
  }

 private:
  static constexpr std::size_t kEntries = 32;
  struct Entry {
    std::size_t n;
    std::shared_ptr<const Value> value;
  };

  std::shared_ptr<const Value> find(std::size_t n) {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->n != n) continue;
      entries_.splice(entries_.begin(), entries_, it);
      return it->value;
    }
    return nullptr;
  }

  std::mutex mutex_;
  std::list<Entry> entries_;
};

}  // namespace

template <class T>
std::shared_ptr<const FftPlan<T>> fft_plan(std::size_t n) {
  // Never destroyed: threads may still transform while the process ends.
  static auto& cache = *new Cache<FftPlan<T>>;
  return cache.get(n, make_plan<T>);
}

template <class T>
std::shared_ptr<const FftRoots<T>> fft_fold(std::size_t half) {
  static auto& cache = *new Cache<FftRoots<T>>;
  return cache.get(half, make_fold<T>);
}

template std::shared_ptr<const FftPlan<float>> fft_plan(std::size_t);
template std::shared_ptr<const FftPlan<double>> fft_plan(std::size_t);
template std::shared_ptr<const FftRoots<float>> fft_fold(std::size_t);
template std::shared_ptr<const FftRoots<double>> fft_fold(std::size_t);

}  // namespace myelin
