#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {
namespace {

constexpr std::int64_t kNowhere = -1;

// Adds weight(i) to out[slot(i)] for i below n, leaving out those that go nowhere. Chunks are cut by the number of
// elements and slots, have their own sums, and are added up in order.
template <class Acc, class Slot, class Weight>
void tally(std::size_t n, std::size_t slots, Acc* out, const Slot& slot, const Weight& weight) {
  const std::size_t chunks = chunks_for(n, std::max(kGrain, 4 * slots));
  const Temporary partials(chunks * slots * sizeof(Acc));
  Acc* const sums = partials.as<Acc>();
  parallel_for(chunks, [&](std::size_t chunk) {
    Acc* const own = sums + chunk * slots;
    std::fill(own, own + slots, Acc{0});
    const Range range = chunk_range(n, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) {
      const std::int64_t at = slot(i);
      if (at != kNowhere) own[at] += weight(i);
    }
  });
  std::fill(out, out + slots, Acc{0});
  for (std::size_t chunk = 0; chunk < chunks; chunk++) {
    for (std::size_t i = 0; i < slots; i++) out[i] += sums[chunk * slots + i];
  }
}

const auto one = [](std::size_t) -> std::int64_t { return 1; };

// Counts, or sums of weights, which are added up in double.
template <class Slot>
void count(const View& out, std::size_t n, const Slot& slot) {
  require(out.dtype == DType::kInt64, "counts are int64");
  tally(n, static_cast<std::size_t>(out.size()), out.as<std::int64_t>(), slot, one);
}

template <class Slot>
void add_weights(const View& out, const View& weights, std::size_t n, const Slot& slot, const KernelTable& kernels) {
  require(out.dtype == weights.dtype && weights.size() == static_cast<std::int64_t>(n), "the weights do not fit");
  const Contiguous dense(weights, kernels);
  const std::size_t slots = static_cast<std::size_t>(out.size());
  const Temporary sums(slots * sizeof(double));
  visit_float(weights.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const weight = dense.template as<T>();
    tally(n, slots, sums.as<double>(), slot, [&](std::size_t i) { return static_cast<double>(weight[i]); });
    std::transform(sums.as<double>(), sums.as<double>() + slots, out.as<T>(),
                   [](double sum) { return static_cast<T>(sum); });
  });
}

// Calls body(slot) with the function that finds the slot of element i: the element itself.
template <class Body>
void with_whole_slots(const OpCall& call, std::int64_t slots, const Body& body) {
  const View& x = call.in[0];
  require(!is_float(x.dtype) && call.out[0].rank == 1 && call.out[0].shape[0] == slots && call.out[0].contiguous(),
          "the result has a wrong shape");
  const Contiguous dense(x, call.kernels);
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if constexpr (std::is_integral_v<T>) {
      const T* const values = dense.template as<T>();
      body([=](std::size_t i) {
        const std::int64_t at = static_cast<std::int64_t>(values[i]);
        return at >= 0 && at < slots ? at : kNowhere;
      });
    }
  });
}

void bin_counts(OpCall& call) {
  const std::size_t n = static_cast<std::size_t>(call.in[0].size());
  with_whole_slots(call, call.attrs.integer(), [&](const auto& slot) { count(call.out[0], n, slot); });
}

void bin_sums(OpCall& call) {
  const std::size_t n = static_cast<std::size_t>(call.in[0].size());
  with_whole_slots(call, call.attrs.integer(),
                   [&](const auto& slot) { add_weights(call.out[0], call.in[1], n, slot, call.kernels); });
}

// The bin of a value among ascending edges, each of which belongs to the bin above it, the last one to the bin below.
// Where bins are equally wide the first guess is right or next to right; elsewhere halving finds it.
template <class T>
std::int64_t bin_of(T value, const T* edges, std::int64_t bins, double scale) {
  if (!(value >= edges[0] && value <= edges[bins])) return kNowhere;
  if (value == edges[bins]) return bins - 1;
  const double guess = (static_cast<double>(value) - static_cast<double>(edges[0])) * scale;
  const std::int64_t near = guess < static_cast<double>(bins) ? static_cast<std::int64_t>(guess) : bins - 1;
  for (std::int64_t bin = std::max<std::int64_t>(near - 1, 0); bin < std::min(near + 2, bins); bin++) {
    if (value >= edges[bin] && value < edges[bin + 1]) return bin;
  }
  return std::upper_bound(edges, edges + bins, value) - edges - 1;
}

template <class Body>
void with_bins(const OpCall& call, const Body& body) {
  const View &x = call.in[0], &edges = call.in[1], &out = call.out[0];
  require(edges.dtype == x.dtype && edges.rank == 1 && edges.shape[0] >= 2 && out.rank == 1 &&
              out.shape[0] == edges.shape[0] - 1 && out.contiguous(),
          "the result has a wrong shape");
  const Contiguous dense(x, call.kernels);
  const Snapshot ascending(edges, call.kernels);
  const std::int64_t bins = out.shape[0];
  visit_float(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const T* const values = dense.template as<T>();
    const T* const bounds = ascending.template as<T>();
    // A guess need not be good, but must be an index: forged edges give any scale.
    const double width = static_cast<double>(bounds[bins]) - static_cast<double>(bounds[0]);
    const double scale = width > 0 && width < 1e300 ? static_cast<double>(bins) / width : 0;
    body([=](std::size_t i) { return bin_of(values[i], bounds, bins, scale); });
  });
}

void histogram_counts(OpCall& call) {
  const std::size_t n = static_cast<std::size_t>(call.in[0].size());
  with_bins(call, [&](const auto& bin) { count(call.out[0], n, bin); });
}

void histogram_sums(OpCall& call) {
  const std::size_t n = static_cast<std::size_t>(call.in[0].size());
  with_bins(call, [&](const auto& bin) { add_weights(call.out[0], call.in[2], n, bin, call.kernels); });
}

}  // namespace

void register_histogram(OpList& ops) {
  ops.push_back({"binCounts", 1, 1, bin_counts});
  ops.push_back({"binSums", 2, 1, bin_sums});
  ops.push_back({"histogramCounts", 2, 1, histogram_counts});
  ops.push_back({"histogramSums", 3, 1, histogram_sums});
}

}  // namespace myelin
