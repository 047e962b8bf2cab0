#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "core/registry.h"
#include "ops/rows.h"
#include "ops/support.h"

// Decoding of connectionist temporal classification: the likeliest labels, found by a search through their beginnings, of
// which the best are kept at every step. Graves 2012, «Sequence Transduction with Recurrent Neural Networks», section 2.6;
// Hannun et al. 2014, «First-Pass Large Vocabulary Continuous Speech Recognition using Bi-Directional Recurrent DNNs»,
// algorithm 1, without its language model.

namespace myelin {
namespace {

constexpr double kNever = -std::numeric_limits<double>::infinity();

double log_add(double a, double b) {
  const double most = std::max(a, b);
  return most == kNever ? kNever : most + std::log1p(std::exp(std::min(a, b) - most));
}

// Beginnings of labels as a tree: each is another one and a class more. Node 0 is the empty one.
class Prefixes {
 public:
  static constexpr std::int64_t kNone = -1;

  explicit Prefixes(std::int64_t classes) : classes_(classes), nodes_{{kNone, kNone}} {}

  std::int64_t parent_of(std::int64_t node) const { return nodes_[static_cast<std::size_t>(node)].parent; }
  std::int64_t class_of(std::int64_t node) const { return nodes_[static_cast<std::size_t>(node)].label; }

  // The same prefix is the same node, whatever became of it in between.
  std::int64_t longer(std::int64_t node, std::int64_t label) {
    const auto [found, is_new] = children_.try_emplace(node * classes_ + label, nodes_.size());
    if (is_new) nodes_.push_back({node, label});
    return static_cast<std::int64_t>(found->second);
  }

 private:
  struct Node {
    std::int64_t parent, label;
  };

  std::int64_t classes_;
  std::vector<Node> nodes_;
  std::unordered_map<std::int64_t, std::size_t> children_;
};

// A prefix, and logarithms of the probabilities that it has been spelled so far, ending in a blank or in its last class.
struct Beam {
  std::int64_t node;
  double blank, label, total;
  Beam(std::int64_t prefix, double ends_blank, double ends_label)
      : node(prefix), blank(ends_blank), label(ends_label), total(log_add(ends_blank, ends_label)) {}
};

// What may be kept after a step: a beam as it is (no class), or with a class more. `at` orders what is equally likely.
struct Candidate {
  double total;
  std::size_t at;
  std::size_t beam;
  std::int64_t label;
  bool operator<(const Candidate& other) const { return total != other.total ? total > other.total : at < other.at; }
};

// The search through the labels of one sequence.
class Search {
 public:
  Search(std::int64_t classes, std::int64_t blank, std::size_t width)
      : prefixes_(classes), blank_(blank), width_(width), beams_{{0, 0.0, kNever}} {}

  // `score(c)` is the logarithm of the probability of a class at this step.
  template <class Score>
  void step(std::int64_t classes, const Score& score) {
    std::vector<Beam> same;
    for (const Beam& beam : beams_) same.push_back(stayed(beam, score));
    join_longer(same, score);
    candidates_.clear();
    for (std::size_t b = 0; b < same.size(); b++) offer(same[b].total, b, Prefixes::kNone);
    for (std::size_t b = 0; b < beams_.size(); b++) {
      for (std::int64_t c = 0; c < classes; c++) {
        if (c != blank_ && !is_joined(b, c)) offer(extended(beams_[b], c, score), b, c);
      }
    }
    keep(same);
  }

  const std::vector<Beam>& beams() const { return beams_; }

  // The classes of a beam, from the last to the first.
  template <class Visit>
  void spell(const Beam& beam, const Visit& visit) const {
    for (std::int64_t node = beam.node; node != 0; node = prefixes_.parent_of(node)) visit(prefixes_.class_of(node));
  }

 private:
  // A beam that gets no longer: by a blank, or by its last class again.
  template <class Score>
  Beam stayed(const Beam& beam, const Score& score) const {
    const double label = beam.node == 0 ? kNever : beam.label + score(prefixes_.class_of(beam.node));
    return {beam.node, beam.total + score(blank_), label};
  }

  // A class that is the last already counts as another one only behind a blank.
  template <class Score>
  double extended(const Beam& beam, std::int64_t c, const Score& score) const {
    return (prefixes_.class_of(beam.node) == c ? beam.blank : beam.total) + score(c);
  }

  // Beams that are others with a class more are reached from those as well.
  template <class Score>
  void join_longer(std::vector<Beam>& same, const Score& score) {
    std::unordered_map<std::int64_t, std::size_t> beam_of;
    for (std::size_t b = 0; b < beams_.size(); b++) beam_of.emplace(beams_[b].node, b);
    joined_.clear();
    for (Beam& beam : same) {
      const auto shorter = beam_of.find(prefixes_.parent_of(beam.node));
      if (shorter == beam_of.end()) continue;
      const std::int64_t c = prefixes_.class_of(beam.node);
      beam = {beam.node, beam.blank, log_add(beam.label, extended(beams_[shorter->second], c, score))};
      joined_.push_back({shorter->second, c});
    }
    std::sort(joined_.begin(), joined_.end());
  }

  bool is_joined(std::size_t beam, std::int64_t c) const {
    return std::binary_search(joined_.begin(), joined_.end(), std::pair{beam, c});
  }

  // What is impossible, or no number, is no candidate.
  void offer(double total, std::size_t beam, std::int64_t c) {
    if (total > kNever) candidates_.push_back({total, candidates_.size(), beam, c});
  }

  void keep(const std::vector<Beam>& same) {
    const std::size_t kept = std::min(width_, candidates_.size());
    const auto end = candidates_.begin() + static_cast<std::ptrdiff_t>(kept);
    std::partial_sort(candidates_.begin(), end, candidates_.end());
    std::vector<Beam> next;
    for (auto candidate = candidates_.begin(); candidate != end; ++candidate) {
      if (candidate->label == Prefixes::kNone) {
        next.push_back(same[candidate->beam]);
      } else {
        next.push_back({prefixes_.longer(beams_[candidate->beam].node, candidate->label), kNever, candidate->total});
      }
    }
    beams_ = std::move(next);
  }

  Prefixes prefixes_;
  std::int64_t blank_;
  std::size_t width_;
  std::vector<Beam> beams_;
  std::vector<Candidate> candidates_;
  std::vector<std::pair<std::size_t, std::int64_t>> joined_;
};

// Where the labels of one sequence go.
template <class T>
struct Paths {
  std::int64_t* labels;
  std::int64_t* lengths;
  T* scores;
  std::int64_t count, steps;

  void write(const Search& search) const {
    std::fill_n(labels, count * steps, Prefixes::kNone);
    std::fill_n(lengths, count, 0);
    std::fill_n(scores, count, static_cast<T>(kNever));
    const std::vector<Beam>& beams = search.beams();
    for (std::int64_t p = 0; p < std::min(count, static_cast<std::int64_t>(beams.size())); p++) {
      const Beam& beam = beams[static_cast<std::size_t>(p)];
      std::int64_t* const row = labels + p * steps;
      search.spell(beam, [&](std::int64_t c) { row[lengths[p]++] = c; });
      std::reverse(row, row + lengths[p]);
      scores[p] = static_cast<T>(beam.total);
    }
  }
};

template <class T>
void decode(const OpCall& call, const Snapshot& lengths, std::int64_t blank, std::size_t width) {
  const View& x = call.in[0];
  const std::int64_t steps = x.shape[0], items = x.shape[1], classes = x.shape[2], count = call.out[0].shape[1];
  require(call.out[2].dtype == x.dtype, "scores of labels have the dtype of those of classes");
  const std::size_t work = static_cast<std::size_t>(x.size()) * std::min<std::size_t>(width, 64);
  for_units(static_cast<std::size_t>(items), work, [&](std::size_t unit) {
    const std::int64_t n = static_cast<std::int64_t>(unit);
    Search search(classes, blank, width);
    for (std::int64_t t = 0; t < lengths.as<std::int64_t>()[n]; t++) {
      const T* const row = x.as<T>() + t * x.strides[0] + n * x.strides[1];
      search.step(classes, [&](std::int64_t c) { return static_cast<double>(row[c * x.strides[2]]); });
    }
    Paths<T>{call.out[0].as<std::int64_t>() + n * count * steps, call.out[1].as<std::int64_t>() + n * count,
             call.out[2].as<T>() + n * count, count, steps}
        .write(search);
  });
}

bool has_shape(const View& view, std::initializer_list<std::int64_t> shape) {
  return view.contiguous() && view.rank == static_cast<int>(shape.size()) &&
         std::equal(shape.begin(), shape.end(), view.shape.begin());
}

void ctc_beam(OpCall& call) {
  const std::int64_t blank = call.attrs.integer(), width = call.attrs.integer(), count = call.attrs.integer();
  const View &x = call.in[0], &given = call.in[1];
  require(x.rank == 3, "CTC needs scores of [T, N, C]");
  const std::int64_t steps = x.shape[0], items = x.shape[1];
  require(blank >= 0 && blank < x.shape[2], "the blank of CTC is no class");
  require(count >= 1 && count <= width, "a beam has room for fewer labels");
  require(given.rank == 1 && given.shape[0] == items, "CTC needs one input length an item");
  given.as<std::int64_t>();
  const Snapshot lengths(given, call.kernels);
  for (std::int64_t n = 0; n < items; n++) {
    const std::int64_t length = lengths.as<std::int64_t>()[n];
    if (length >= 0 && length <= steps) continue;
    fail("INDEX", "inputLengths " + std::to_string(n) + " is " + std::to_string(length) + " (need 0 to " +
                      std::to_string(steps) + ")");
  }
  require(has_shape(call.out[0], {items, count, steps}) && has_shape(call.out[1], {items, count}) &&
              has_shape(call.out[2], {items, count}),
          "CTC gives so many labels an item");
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    decode<T>(call, lengths, blank, static_cast<std::size_t>(width));
  });
}

}  // namespace

void register_ctc_beam(OpList& ops) { ops.push_back({"ctcBeam", 2, 3, ctc_beam}); }

}  // namespace myelin
