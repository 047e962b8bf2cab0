#include <cmath>
#include <vector>

#include "ops/draws.h"

namespace myelin {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Calls body(i) for every element, in parallel; each is expected to cost a few hundred instructions.
template <class F>
void for_each_element(std::size_t size, const F& body) {
  const std::size_t chunks = chunks_for(size, 512);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(size, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) body(i);
  });
}

[[noreturn]] void refuse_parameter(const char* name, double value, std::size_t position, const char* need) {
  fail("VALUE", std::string(name) + " is " + std::to_string(value) + " at position " + std::to_string(position) +
                    " (need " + need + ")");
}

void exponential(OpCall& call) {
  const View& out = call.out[0];
  require(out.contiguous(), "a random tensor is contiguous");
  const double rate = call.attrs.number();
  const Source source(call.attrs);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    for_each_tile(static_cast<std::size_t>(out.size()), [&](std::size_t first, std::size_t n) {
      Tile<double> values;
      uniforms(source, first, tag, values);
      for (std::size_t i = 0; i < n; i++) data[first + i] = static_cast<T>(-log_of(1 - values[i]) / rate);
    });
  });
}

// A standard normal number in [low, high], by rejection from whichever proposal wastes least.
// Source: Robert, "Simulation of truncated normal variables", 1995, sections 2.1 and 2.2.
class TruncatedNormal {
 public:
  TruncatedNormal(double low, double high) : mirrored_(high < 0), low_(low), high_(high) {
    if (mirrored_) {
      low_ = -high;
      high_ = -low;
    }
    if (low_ <= 0) {
      tries_ = high_ - low_ > 2.5066282746310002 ? &TruncatedNormal::plain : &TruncatedNormal::flat;
      return;
    }
    if (low_ > kFar) {
      tries_ = &TruncatedNormal::nearest;
      return;
    }
    const double root = std::sqrt(low_ * low_ + 4);
    rate_ = (low_ + root) / 2;
    const double width = 2 / (low_ + root) * exp_of((low_ * low_ - low_ * root) / 4 + 0.5);
    tries_ = high_ - low_ > width ? &TruncatedNormal::tail : &TruncatedNormal::flat;
  }

  double draw(ElementDraws& draws) const {
    double x = 0;
    while (!(this->*tries_)(draws, x)) {
    }
    return mirrored_ ? -x : x;
  }

 private:
  // Beyond this, what lies between a draw and the end that is nearest is less than a double can hold.
  static constexpr double kFar = 0x1p53;

  bool nearest(ElementDraws&, double& x) const {
    x = kFar;  // brought to the end of the interval by the caller: the end itself may be infinite here
    return true;
  }
  bool plain(ElementDraws& draws, double& x) const {
    x = draws.normal();
    return x >= low_ && x <= high_;
  }
  bool flat(ElementDraws& draws, double& x) const {
    x = low_ + (high_ - low_) * draws.unit();
    const double nearest = low_ > 0 ? low_ : 0;  // where the density is greatest
    return log_of(draws.positive_unit()) <= (nearest * nearest - x * x) / 2;
  }
  bool tail(ElementDraws& draws, double& x) const {
    x = low_ + draws.exponential() / rate_;
    return x <= high_ && log_of(draws.positive_unit()) <= -(x - rate_) * (x - rate_) / 2;
  }

  bool mirrored_;
  double low_, high_, rate_ = 0;
  bool (TruncatedNormal::*tries_)(ElementDraws&, double&) const;
};

void truncated_normal(OpCall& call) {
  const View& out = call.out[0];
  const double mean = call.attrs.number(), std = call.attrs.number();
  const double low = call.attrs.number(), high = call.attrs.number();
  const Source source(call.attrs);
  require(out.contiguous() && std > 0 && low < high && std::isfinite(mean) && std < kInfinity, "a wrong interval");
  const TruncatedNormal distribution((low - mean) / std, (high - mean) / std);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    T* data = out.as<T>();
    for_each_element(static_cast<std::size_t>(out.size()), [&](std::size_t i) {
      ElementDraws draws(source, i);
      const double value = mean + std * distribution.draw(draws);
      data[i] = static_cast<T>(std::min(std::max(value, low), high));
    });
  });
}

// Source: Marsaglia, Tsang, "A simple method for generating gamma variables", 2000; a concentration below 1 by their
// section 6.
double gamma_draw(double concentration, ElementDraws& draws) {
  const double boosted = concentration < 1 ? concentration + 1 : concentration;
  const double d = boosted - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = draws.normal(), root = 1 + c * x;
    const double u = draws.positive_unit();
    if (root <= 0) continue;
    const double v = root * root * root;
    if (log_of(u) >= x * x / 2 + d - d * v + d * log_of(v)) continue;
    return concentration < 1 ? d * v * exp_of(log_of(draws.positive_unit()) / concentration) : d * v;
  }
}

// ln k! by Stirling's series, whose error is below 1e-14 from 10 on.
double log_factorial(double k) {
  double shift = 0, x = k + 1;
  for (; x < 10; x++) shift += log_of(x);
  const double z = 1 / (x * x);
  const double series = (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / x;
  return (x - 0.5) * log_of(x) - x + 0.91893853320467274 + series - shift;
}

// Below 10 by counting arrivals (Knuth, The Art of Computer Programming, volume 2, section 3.4.1), above by transformed
// rejection (Hormann, "The transformed rejection method for generating Poisson random variables", 1993, algorithm PTRS).
double poisson_draw(double rate, ElementDraws& draws) {
  if (rate < 10) {
    const double limit = exp_of(-rate);
    double product = draws.positive_unit(), count = 0;
    for (; product > limit; count++) product *= draws.positive_unit();
    return rate == 0 ? 0 : count;
  }
  const double b = 0.931 + 2.53 * std::sqrt(rate), a = -0.059 + 0.02483 * b, log_rate = log_of(rate);
  const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4), squeeze = 0.9277 - 3.6224 / (b - 2);
  for (;;) {
    const double u = draws.unit() - 0.5, v = draws.positive_unit(), us = 0.5 - std::abs(u);
    const double k = std::floor((2 * a / us + b) * u + rate + 0.43);
    if (us >= 0.07 && v <= squeeze) return k;
    if (!(k >= 0) || (us < 0.013 && v > us)) continue;
    const double accepted = log_of(v) + log_of(inverse_alpha) - log_of(a / (us * us) + b);
    if (accepted <= k * log_rate - rate - log_factorial(k)) return k;
  }
}

// A random tensor of one parameter for each element.
template <class F>
void each_with_parameter(OpCall& call, const char* name, const char* need, bool (*valid)(double), const F& draw) {
  const View& out = call.out[0];
  const Source source(call.attrs);
  require(out.same_shape(call.in[0]) && out.contiguous() && out.dtype == call.in[0].dtype,
          "the result has a wrong shape");
  const Contiguous parameter(call.in[0], call.kernels);
  visit_float(out.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* x = parameter.as<T>();
    T* data = out.as<T>();
    const std::size_t size = static_cast<std::size_t>(out.size());
    for (std::size_t i = 0; i < size; i++) {
      if (!valid(static_cast<double>(x[i]))) refuse_parameter(name, static_cast<double>(x[i]), i, need);
    }
    for_each_element(size, [&](std::size_t i) {
      ElementDraws draws(source, i);
      const double value = static_cast<double>(x[i]);
      data[i] = valid(value) ? static_cast<T>(draw(value, draws)) : T{0};
    });
  });
}

void gamma(OpCall& call) {
  const auto valid = [](double x) { return x > 0 && x <= 0x1p52; };
  each_with_parameter(call, "concentration", "0 < concentration <= 2^52", valid, gamma_draw);
}

void poisson(OpCall& call) {
  const auto valid = [](double x) { return x >= 0 && x <= 0x1p52; };
  each_with_parameter(call, "rate", "0 <= rate <= 2^52", valid, poisson_draw);
}

void bernoulli_each(OpCall& call) {
  const auto valid = [](double x) { return x >= 0 && x <= 1; };
  const auto draw = [](double p, ElementDraws& draws) { return draws.unit() < p ? 1.0 : 0.0; };
  each_with_parameter(call, "p", "0 <= p <= 1", valid, draw);
}

// Places `count` numbers in [0, weights) by their weights: each from the running sums.
template <class T>
void draw_with_replacement(const T* weights, std::vector<double>& sums, const Source& source, std::size_t first,
                           std::int64_t* out, std::size_t count) {
  double total = 0;
  std::size_t last = 0;
  for (std::size_t i = 0; i < sums.size(); i++) {
    total += static_cast<double>(weights[i]);
    sums[i] = total;
    if (weights[i] > 0) last = i;
  }
  for (std::size_t j = 0; j < count; j++) {
    const double target = ElementDraws(source, first + j).unit() * total;
    const std::size_t found =
        static_cast<std::size_t>(std::upper_bound(sums.begin(), sums.end(), target) - sums.begin());
    out[j] = static_cast<std::int64_t>(std::min(found, last));
  }
}

// Exponential numbers divided by the weights: the order of the smallest is that of drawing without replacement.
// Source: Efraimidis, Spirakis, "Weighted random sampling with a reservoir", 2006.
template <class T>
void draw_without_replacement(const T* weights, std::vector<double>& keys, const Source& source, std::size_t first,
                              std::int64_t* out, std::size_t count) {
  std::vector<std::int64_t> order;
  for (std::size_t i = 0; i < keys.size(); i++) {
    if (!(weights[i] > 0)) continue;
    keys[i] = ElementDraws(source, first + i).exponential() / static_cast<double>(weights[i]);
    order.push_back(static_cast<std::int64_t>(i));
  }
  const auto before = [&](std::int64_t a, std::int64_t b) {
    return keys[a] < keys[b] || (keys[a] == keys[b] && a < b);
  };
  const std::size_t filled = std::min(count, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(filled), order.end(), before);
  std::copy_n(order.begin(), filled, out);
}

template <class T>
void check_weights(const T* weights, std::size_t rows, std::size_t classes, std::size_t needed) {
  for (std::size_t row = 0; row < rows; row++) {
    std::size_t positive = 0;
    for (std::size_t i = 0; i < classes; i++) {
      const double weight = static_cast<double>(weights[row * classes + i]);
      if (!(weight >= 0 && weight < kInfinity))
        refuse_parameter("weight", weight, row * classes + i, "finite weights >= 0");
      positive += weight > 0;
    }
    if (positive < needed) {
      fail("VALUE", "row " + std::to_string(row) + " has " + std::to_string(positive) + " positive weights (need " +
                        std::to_string(needed) + ")");
    }
  }
}

void multinomial(OpCall& call) {
  const View &out = call.out[0], &in = call.in[0];
  const std::int64_t count = call.attrs.integer();
  const bool replacement = call.attrs.boolean();
  const Source source(call.attrs);
  require(in.rank >= 1 && out.rank == in.rank && out.contiguous() && out.shape[out.rank - 1] == count &&
              std::equal(in.shape.begin(), in.shape.begin() + in.rank - 1, out.shape.begin()),
          "the result has a wrong shape");
  // Weights are checked before they are used.
  const Snapshot copy(in, call.kernels);
  const std::size_t classes = static_cast<std::size_t>(in.shape[in.rank - 1]), drawn = static_cast<std::size_t>(count);
  std::size_t rows = 1;
  for (int i = 0; i + 1 < in.rank; i++) rows *= static_cast<std::size_t>(in.shape[i]);
  std::int64_t* places = out.as<std::int64_t>();
  visit_float(in.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* weights = copy.template as<T>();
    if (out.size() == 0) return;
    check_weights(weights, rows, classes, replacement ? 1 : drawn);
    const std::size_t chunks = std::min(rows, chunks_for(rows * (classes + drawn), 512));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(rows, chunks, chunk);
      std::vector<double> numbers(classes);
      for (std::size_t row = range.begin; row < range.end; row++) {
        const auto draw = replacement ? draw_with_replacement<T> : draw_without_replacement<T>;
        draw(weights + row * classes, numbers, source, row * (replacement ? drawn : classes), places + row * drawn,
             drawn);
      }
    });
  });
}

}  // namespace

void register_sampling(OpList& ops) {
  ops.push_back({"exponential", 0, 1, exponential});
  ops.push_back({"truncatedNormal", 0, 1, truncated_normal});
  ops.push_back({"standardGamma", 1, 1, gamma});
  ops.push_back({"poisson", 1, 1, poisson});
  ops.push_back({"bernoulliEach", 1, 1, bernoulli_each});
  ops.push_back({"multinomial", 1, 1, multinomial});
}

}  // namespace myelin
