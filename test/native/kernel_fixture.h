#pragma once
// What the kernel tests share: arrays with canaries, sample values, tolerances and the report of a failure.
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace kernel_test {

// One check is one kernel on one ISA; only its first failure is printed.
struct Report {
  const char* isa = "";
  const char* kernel = "";
  bool failing = false;
  int passed = 0, failed = 0;

  void begin(const char* isa_name, const char* kernel_name) {
    isa = isa_name;
    kernel = kernel_name;
    failing = false;
  }
  void end() { (failing ? failed : passed)++; }
  // The kernel's name without its dtype.
  std::string verb() const {
    const char* bar = std::strchr(kernel, '_');
    return bar != nullptr && bar - kernel <= 3 ? bar + 1 : kernel;
  }
};

inline Report report;

inline void fail(const std::string& where) {
  if (!report.failing) std::printf("FAILED %s on %s: %s\n", report.kernel, report.isa, where.c_str());
  report.failing = true;
}

template <class T>
void fail(const std::string& where, std::size_t index, T want, T got, double ulp) {
  char line[200];
  std::snprintf(line, sizeof(line), ", index %zu: expected %.17g, got %.17g (%.3g ulp)", index,
                static_cast<double>(want), static_cast<double>(got), ulp);
  fail(where + line);
}

constexpr std::size_t kFence = 128;
constexpr unsigned char kCanary = 0xA5;

// n elements, `misalign` elements behind a 64-byte boundary. Memory ends with the last element, so that an address
// sanitizer sees the first byte read too far.
template <class T>
class Array {
 public:
  explicit Array(std::size_t n, std::size_t misalign = 0, std::size_t fence = 0)
      : first_(misalign * sizeof(T)), end_(first_ + n * sizeof(T)), bytes_(end_ + fence) {
    void* memory = nullptr;
    if (posix_memalign(&memory, 64, bytes_ == 0 ? 1 : bytes_) != 0) std::abort();
    memory_ = static_cast<unsigned char*>(memory);
    std::memset(memory_, kCanary, bytes_);
  }
  explicit Array(const std::vector<T>& values, std::size_t misalign = 0) : Array(values.size(), misalign) {
    for (std::size_t i = 0; i < values.size(); i++) data()[i] = values[i];
  }
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { std::free(memory_); }

  T* data() { return reinterpret_cast<T*>(memory_ + first_); }
  T& operator[](std::size_t i) { return data()[i]; }
  std::size_t size() const { return (end_ - first_) / sizeof(T); }
  bool intact() const {
    for (std::size_t i = 0; i < bytes_; i++)
      if ((i < first_ || i >= end_) && memory_[i] != kCanary) return false;
    return true;
  }

 private:
  std::size_t first_, end_, bytes_;
  unsigned char* memory_;
};

// An array whose surroundings must stay as they are.
template <class T>
struct Output : Array<T> {
  explicit Output(std::size_t n, std::size_t misalign = 0) : Array<T>(n, misalign, kFence) {}
  explicit Output(const std::vector<T>& values, std::size_t misalign = 0) : Output(values.size(), misalign) {
    for (std::size_t i = 0; i < values.size(); i++) (*this)[i] = values[i];
  }
};

using Random = std::mt19937_64;

inline double uniform(Random& random, double low, double high) {
  return std::uniform_real_distribution<double>(low, high)(random);
}

// Zeros, denormals, the ends of the range, infinities, NaN, and the borders at which functions change their method.
template <class T>
T special(std::uint64_t index) {
  using Limits = std::numeric_limits<T>;
  if constexpr (Limits::is_integer) {
    const T values[] = {0, 1, Limits::max(), Limits::min(), static_cast<T>(-1), 2};
    return values[index % 6];
  } else {
    const T values[] = {T(0),
                        Limits::denorm_min(),
                        Limits::min() / 2,
                        Limits::min(),
                        Limits::epsilon(),
                        T(0.5),
                        T(1),
                        T(1) + Limits::epsilon(),
                        T(1.5),
                        T(2.5),
                        T(3),
                        T(20),
                        T(88.5),
                        T(104),
                        T(1e6),
                        T(0x1p23),
                        T(0x1p52),
                        Limits::max(),
                        Limits::infinity(),
                        Limits::quiet_NaN()};
    const T value = values[index / 2 % 20];
    return index % 2 == 0 ? value : -value;
  }
}

// Specials, values of all magnitudes and values of everyday size, in turn.
template <class T>
T any_value(Random& random) {
  const std::uint64_t bits = random();
  if (bits % 5 == 0) return special<T>(bits / 5);
  if constexpr (std::numeric_limits<T>::is_integer) {
    return static_cast<T>(bits % 5 < 3 ? bits >> 8 : bits % 100);
  } else {
    if (bits % 5 < 3) return static_cast<T>(uniform(random, -6, 6));
    return static_cast<T>(std::ldexp(uniform(random, -1, 1), static_cast<int>(bits / 5 % 80) - 40));
  }
}

// Finite values of everyday size.
template <class T>
T plain_value(Random& random) {
  if constexpr (std::numeric_limits<T>::is_integer) return static_cast<T>(random() % 100);
  return static_cast<T>(uniform(random, -3, 3));
}

template <class T>
std::vector<T> plain_values(Random& random, std::size_t n) {
  std::vector<T> values(n);
  for (T& v : values) v = plain_value<T>(random);
  return values;
}

// How far from the reference a result may be: so many ulp of the greater of the result and `floor`.
struct Tolerance {
  double ulp = 0;
  double floor = 0;
};

template <class T>
bool same_bits(T a, T b) {
  return std::memcmp(&a, &b, sizeof(T)) == 0;
}

// The distance in ulp; infinity when one is NaN or infinite and the other is not.
template <class T>
double ulp_distance(T want, T got, double floor) {
  if (want == got) return 0;
  if constexpr (std::numeric_limits<T>::is_integer) {
    return std::numeric_limits<double>::infinity();
  } else {
    if (want != want && got != got) return 0;
    const double limit = std::numeric_limits<T>::max();
    // One ulp beyond the greatest float lies infinity.
    const double finite_want = std::fmin(std::fmax(want, -limit), limit);
    const double finite_got = std::fmin(std::fmax(got, -limit), limit);
    if (want != want || got != got) return std::numeric_limits<double>::infinity();
    const double least = std::numeric_limits<T>::min();
    const double size = std::fmax(std::fmax(std::fabs(finite_want), floor), least);
    const double ulp = std::ldexp(1.0, std::ilogb(size) - std::numeric_limits<T>::digits + 1);
    const double apart = std::fabs(finite_want - finite_got) / ulp;
    return std::isinf(want) != std::isinf(got) ? apart + 1 : apart;
  }
}

template <class T>
bool expect_near(const std::string& where, std::size_t index, T want, T got, Tolerance tolerance) {
  const double ulp = ulp_distance(want, got, tolerance.floor);
  if (ulp <= tolerance.ulp) return true;
  fail(where, index, want, got, ulp);
  return false;
}

template <class T>
void expect_near(const std::string& where, Array<T>& want, Array<T>& got, Tolerance tolerance) {
  for (std::size_t i = 0; i < want.size(); i++)
    if (!expect_near(where, i, want[i], got[i], tolerance)) return;
}

template <class T>
void expect_intact(const std::string& where, const Output<T>& output) {
  if (!output.intact()) fail(where + ", wrote outside its output");
}

}  // namespace kernel_test
