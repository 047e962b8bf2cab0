#include "ops/sort_rows.h"

namespace myelin {
namespace {

// Whether `out` is x with `extent` places along its axis.
bool resized(const View& out, const View& x, int axis, std::int64_t extent) {
  View expected = x;
  expected.shape[axis] = extent;
  return out.same_shape(expected);
}

void check_outputs(const OpCall& call, int axis, std::int64_t extent) {
  const View &x = call.in[0], &values = call.out[0], &indices = call.out[1];
  require(values.dtype == x.dtype && indices.dtype == DType::kInt64 && resized(values, x, axis, extent) &&
              resized(indices, x, axis, extent),
          "the result has a wrong shape");
}

// Where a row's values and their positions go.
template <class T>
struct Sorted {
  T* values;
  std::int64_t* indices;
  std::int64_t value_stride, index_stride;

  Sorted(const std::array<char*, 3>& at, const OpCall& call, int axis)
      : values(reinterpret_cast<T*>(at[0])),
        indices(reinterpret_cast<std::int64_t*>(at[1])),
        value_stride(call.out[0].strides[axis]),
        index_stride(call.out[1].strides[axis]) {}

  template <class Row, class Entry>
  void put(const Row& row, const Entry* entries, Range range) const {
    for (std::size_t i = range.begin; i < range.end; i++) {
      const std::int64_t at = static_cast<std::int64_t>(i);
      values[at * value_stride] = row.value(entries[i]);
      indices[at * index_stride] = static_cast<std::int64_t>(entries[i].index());
    }
  }
};

template <class Row>
using ElementOf = std::decay_t<decltype(*std::declval<Row>().data)>;

void sort(OpCall& call) {
  const View& x = call.in[0];
  const int axis = axis_of(call.attrs, x);
  const bool descending = call.attrs.boolean();
  check_outputs(call, axis, x.shape[axis]);
  if (x.size() == 0) return;
  const std::size_t room = 2 * static_cast<std::size_t>(x.shape[axis]);
  visit_sort_rows(x, {&call.out[0], &call.out[1]}, axis, descending, room,
                  [&](const auto& row, const std::array<char*, 3>& at, auto* entries) {
                    const auto* sorted = sort_row(row, entries);
                    const Sorted<ElementOf<decltype(row)>> out(at, call, axis);
                    const std::size_t chunks = chunks_for(row.n, kSortGrain);
                    parallel_for(chunks,
                                 [&](std::size_t chunk) { out.put(row, sorted, chunk_range(row.n, chunks, chunk)); });
                  });
}

// Moves the k smallest entries of [begin, end) of a row to the front of `kept`, which has room for `capacity`; returns
// how many there are. Only entries below the k-th so far are looked at twice.
template <class Row, class Entry>
std::size_t keep_smallest(const Row& row, Range range, std::size_t k, Entry* kept, std::size_t capacity) {
  std::size_t count = 0;
  bool full = false;
  const auto shrink = [&] {
    if (count <= k) return;
    std::nth_element(kept, kept + (k - 1), kept + count);
    count = k;
    full = true;
  };
  for (std::size_t i = range.begin; i < range.end; i++) {
    const Entry entry = row.entry(i);
    if (full && !(entry < kept[k - 1])) continue;
    kept[count++] = entry;
    if (count == capacity) shrink();
  }
  shrink();
  return count;
}

// Room in which k of n are found: the whole row, or far more than k so that it is rarely shrunk.
std::size_t room_for(std::size_t n, std::size_t k) { return std::min(n, std::max<std::size_t>(4 * k, 64)); }

void topk(OpCall& call) {
  const View& x = call.in[0];
  const std::int64_t wanted = call.attrs.integer();
  const int axis = axis_of(call.attrs, x);
  const bool largest = call.attrs.boolean(), sorted = call.attrs.boolean();
  require(wanted >= 0 && wanted <= x.shape[axis], "k lies outside the axis");
  check_outputs(call, axis, wanted);
  if (call.out[0].size() == 0) return;
  const std::size_t n = static_cast<std::size_t>(x.shape[axis]), k = static_cast<std::size_t>(wanted);
  // Pieces of a long row keep their own k, of which the best are taken in the end.
  const std::size_t pieces = k * 64 < n ? chunks_for(n, kSortGrain) : 1;
  const std::size_t room = room_for(chunk_range(n, pieces, 0).end + 1, k);
  visit_sort_rows(x, {&call.out[0], &call.out[1]}, axis, largest, pieces * room,
                  [&](const auto& row, const std::array<char*, 3>& at, auto* entries) {
                    parallel_for(pieces, [&](std::size_t piece) {
                      keep_smallest(row, chunk_range(n, pieces, piece), k, entries + piece * room, room);
                    });
                    for (std::size_t piece = 1; piece < pieces; piece++) {
                      std::copy_n(entries + piece * room, k, entries + piece * k);
                    }
                    if (pieces > 1) std::nth_element(entries, entries + (k - 1), entries + pieces * k);
                    if (sorted) {
                      std::sort(entries, entries + k);
                    } else {
                      std::sort(entries, entries + k,
                                [](const auto& a, const auto& b) { return a.index() < b.index(); });
                    }
                    Sorted<ElementOf<decltype(row)>>(at, call, axis).put(row, entries, {0, k});
                  });
}

enum Statistic { kKth, kMedian, kNanMedian };

// Which place of the sorted row is asked for: NaNs stand last, and a median without `nan` in its name is NaN if any is.
template <class Row>
std::size_t place_of(const Row& row, Statistic statistic, std::size_t k) {
  if (statistic == kKth) return k;
  std::size_t numbers = 0;
  for (std::size_t i = 0; i < row.n; i++) numbers += row.at(i) == row.at(i);
  if (statistic == kMedian && numbers < row.n) return numbers;
  return numbers == 0 ? 0 : (numbers - 1) / 2;
}

// The entry at a place of the sorted row, with room for n. Of a long row only those are looked at closely whose keys
// begin as its key does.
template <class Row, class Entry>
const Entry* entry_at(const Row& row, std::size_t place, Entry* room) {
  constexpr int kKeyBits = 8 * static_cast<int>(sizeof(typename Row::Key::Bits)), kDigit = std::min(kKeyBits, 11);
  constexpr std::size_t kLong = 1 << 14, kBuckets = std::size_t{1} << kDigit;
  const auto digit = [](const Entry& entry) { return entry.key() >> (kKeyBits - kDigit); };
  std::size_t count = 0;
  if (row.n < kLong) {
    for (; count < row.n; count++) room[count] = row.entry(count);
  } else {
    std::array<std::size_t, kBuckets> counts{};
    for (std::size_t i = 0; i < row.n; i++) counts[digit(row.entry(i))]++;
    std::size_t bucket = 0;
    for (; place >= counts[bucket]; bucket++) place -= counts[bucket];
    for (std::size_t i = 0; i < row.n; i++) {
      const Entry entry = row.entry(i);
      if (digit(entry) == bucket) room[count++] = entry;
    }
    // Another thread may have changed the row meanwhile.
    if (count == 0) room[count++] = row.entry(0);
    place = std::min(place, count - 1);
  }
  std::nth_element(room, room + place, room + count);
  return room + place;
}

void order_statistic(OpCall& call) {
  const View& x = call.in[0];
  const int axis = axis_of(call.attrs, x);
  const Statistic statistic = static_cast<Statistic>(call.attrs.choice(3));
  const std::int64_t k = call.attrs.integer();
  check_outputs(call, axis, 1);
  if (call.out[0].size() == 0) return;
  require(x.shape[axis] > 0 && k >= 0 && k < x.shape[axis], "k lies outside the axis");
  visit_sort_rows(x, {&call.out[0], &call.out[1]}, axis, false, static_cast<std::size_t>(x.shape[axis]),
                  [&](const auto& row, const std::array<char*, 3>& at, auto* entries) {
                    const std::size_t place = place_of(row, statistic, static_cast<std::size_t>(k));
                    const auto* found = entry_at(row, place, entries);
                    Sorted<ElementOf<decltype(row)>>(at, call, axis).put(row, found, {0, 1});
                  });
}

// The last entry of the longest run of equal keys, of the smallest key if several are as long.
template <class Entry>
const Entry* most_frequent(const Entry* sorted, std::size_t n) {
  const Entry* best = sorted;
  std::size_t most = 0, length = 0;
  for (std::size_t i = 0; i < n; i++) {
    length = i > 0 && sorted[i].key() == sorted[i - 1].key() ? length + 1 : 1;
    if (i + 1 < n && sorted[i + 1].key() == sorted[i].key()) continue;
    if (length > most) {
      most = length;
      best = sorted + i;
    }
  }
  return best;
}

void mode(OpCall& call) {
  const View& x = call.in[0];
  const int axis = axis_of(call.attrs, x);
  check_outputs(call, axis, 1);
  if (call.out[0].size() == 0) return;
  require(x.shape[axis] > 0, "the axis is empty");
  const std::size_t room = 2 * static_cast<std::size_t>(x.shape[axis]);
  visit_sort_rows(x, {&call.out[0], &call.out[1]}, axis, false, room,
                  [&](const auto& row, const std::array<char*, 3>& at, auto* entries) {
                    const auto* best = most_frequent(sort_row(row, entries), row.n);
                    Sorted<ElementOf<decltype(row)>>(at, call, axis).put(row, best, {0, 1});
                  });
}

}  // namespace

void register_sort(OpList& ops) {
  ops.push_back({"sort", 1, 2, sort});
  ops.push_back({"topk", 1, 2, topk});
  ops.push_back({"orderStatistic", 1, 2, order_statistic});
  ops.push_back({"mode", 1, 2, mode});
}

}  // namespace myelin
