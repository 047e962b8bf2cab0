#pragma once
// The loop of a contender in C++: reads requests and writes replies, a line of JSON each (bench/suite/protocol.ts).
// Requests are flat objects of numbers and plain strings, so reading them takes no library.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <limits>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace contender {

// Why this contender does not take part in a case.
struct Refusal {
  std::string reason;
};

class Request {
 public:
  explicit Request(const std::string& line) {
    for (std::size_t at = line.find('"'); at != std::string::npos; at = line.find('"', at)) {
      const std::size_t name_end = line.find('"', at + 1);
      const std::string name = line.substr(at + 1, name_end - at - 1);
      const std::size_t value = name_end + 2;  // after the colon
      const bool quoted = line[value] == '"';
      const std::size_t end = quoted ? line.find('"', value + 1) : line.find_first_of(",}", value);
      values_[name] = quoted ? line.substr(value + 1, end - value - 1) : line.substr(value, end - value);
      at = end + 1;
    }
  }

  std::string text(const std::string& name) const {
    const auto found = values_.find(name);
    return found == values_.end() ? "" : found->second;
  }
  double number(const std::string& name) const { return std::atof(text(name).c_str()); }
  long integer(const std::string& name) const { return std::atol(text(name).c_str()); }

 private:
  std::map<std::string, std::string> values_;
};

// Number `index` of the pattern that every contender fills its inputs with, in [-0.5, 0.5].
inline float pattern_at(std::uint32_t index, std::uint32_t seed) {
  std::uint32_t bits = index + seed * 0x9e3779b9u;
  bits = (bits ^ (bits >> 16)) * 0x85ebca6bu;
  bits = (bits ^ (bits >> 13)) * 0xc2b2ae35u;
  bits ^= bits >> 16;
  return static_cast<float>(bits / 4294967296.0 - 0.5);
}

inline void fill(float* values, std::size_t count, std::uint32_t seed) {
  for (std::size_t i = 0; i < count; i++) values[i] = pattern_at(static_cast<std::uint32_t>(i), seed);
}

using Values = std::vector<float>;

// One way to run a case. What the closures need they hold themselves.
struct Way {
  std::function<void()> run;
  std::function<std::vector<Values>()> outputs;
  std::string setting;
};

using Prepare = std::function<Way(const Request&)>;

inline double now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of one call, on average over at least so many seconds; the first call is not counted.
inline double time_for(double seconds, const std::function<void()>& run) {
  run();
  const double started = now();
  double elapsed = 0;
  long calls = 0;
  for (long batch = 1; elapsed < seconds || calls == 0;) {
    for (long i = 0; i < batch; i++) run();
    calls += batch;
    elapsed = now() - started;
    if (elapsed < seconds / 16) batch *= 2;
  }
  return elapsed / static_cast<double>(calls);
}

inline void print_digest(const Values& values) {
  std::printf("{\"size\": %zu, \"samples\": [", values.size());
  const std::size_t count = values.size() < 64 ? values.size() : 64;
  for (std::size_t i = 0; i < count; i++) {
    std::printf("%s%.9g", i == 0 ? "" : ",", static_cast<double>(values[(i * 7919 + 13) % values.size()]));
  }
  std::printf("]}");
}

inline void print_prepared(const Way& way) {
  std::printf("{\"setting\": \"%s\", \"outputs\": [", way.setting.c_str());
  bool first = true;
  for (const Values& values : way.outputs()) {
    std::printf("%s", first ? "" : ",");
    print_digest(values);
    first = false;
  }
  std::printf("]}\n");
}

struct Introduction {
  std::string name, version, configuration;
};

// Answers requests until there are no more.
inline int serve(const Introduction& self, const std::map<std::string, Prepare>& workloads,
                 const std::function<void(int)>& set_threads) {
  std::printf("{\"name\": \"%s\", \"version\": \"%s\", \"configuration\": \"%s\"}\n", self.name.c_str(),
              self.version.c_str(), self.configuration.c_str());
  std::fflush(stdout);
  Way way;
  for (std::string line; std::getline(std::cin, line);) {
    const Request request(line);
    const std::string what = request.text("do");
    if (what == "prepare") {
      way = Way{};
      try {
        const auto found = workloads.find(request.text("kind"));
        if (found == workloads.end()) throw Refusal{"not implemented"};
        set_threads(static_cast<int>(request.integer("threads")));
        way = found->second(request);
        way.run();
        print_prepared(way);
      } catch (const Refusal& refusal) {
        std::printf("{\"unsupported\": \"%s\"}\n", refusal.reason.c_str());
      }
    } else if (what == "time") {
      std::printf("{\"seconds\": %.9g}\n", time_for(request.number("seconds"), way.run));
    } else {
      way = Way{};
      std::printf("{}\n");
    }
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace contender
