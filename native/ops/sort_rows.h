#pragma once
#include <array>
#include <cstring>
#include <utility>

#include "ops/rows.h"
#include "ops/support.h"

namespace myelin {

// Sorting by keys: unsigned integers in the order of the elements, with NaN above everything and both zeros equal.
// Entries pair a key with its position in the row, so no two are equal and every algorithm gives the one stable order.
template <class T>
struct SortKey {
  using Bits = std::conditional_t<sizeof(T) == 1, std::uint8_t,
                                  std::conditional_t<sizeof(T) == 2, std::uint16_t,
                                                     std::conditional_t<sizeof(T) == 4, std::uint32_t, std::uint64_t>>>;
  static constexpr Bits kSign = static_cast<Bits>(Bits{1} << (8 * sizeof(T) - 1));
  static constexpr Bits kNaN = static_cast<Bits>(~Bits{0});

  static Bits of(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      if (value != value) return kNaN;
      value += T{0};  // −0 becomes 0
      Bits bits;
      std::memcpy(&bits, &value, sizeof bits);
      return bits & kSign ? static_cast<Bits>(~bits) : static_cast<Bits>(bits | kSign);
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<Bits>(static_cast<Bits>(value) ^ kSign);
    } else {
      return value;
    }
  }

  // Whether only the row itself knows which element had this key.
  static constexpr bool ambiguous(Bits key) { return std::is_floating_point_v<T> && (key == kSign || key == kNaN); }

  static T value(Bits key) {
    if constexpr (std::is_floating_point_v<T>) {
      key = key & kSign ? static_cast<Bits>(key ^ kSign) : static_cast<Bits>(~key);
      T value;
      std::memcpy(&value, &key, sizeof value);
      return value;
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<T>(static_cast<Bits>(key ^ kSign));
    } else {
      return key;
    }
  }
};

// A key of at most 32 bits and a position below 2^32 in one integer.
struct NarrowEntry {
  std::uint64_t bits;

  static NarrowEntry make(std::uint64_t key, std::size_t index) { return {key << 32 | index}; }
  std::uint64_t key() const { return bits >> 32; }
  std::size_t index() const { return static_cast<std::uint32_t>(bits); }
  bool operator<(const NarrowEntry& other) const { return bits < other.bits; }
};

struct WideEntry {
  std::uint64_t bits;
  std::uint64_t position;

  static WideEntry make(std::uint64_t key, std::size_t index) { return {key, index}; }
  std::uint64_t key() const { return bits; }
  std::size_t index() const { return static_cast<std::size_t>(position); }
  bool operator<(const WideEntry& other) const {
    return bits != other.bits ? bits < other.bits : position < other.position;
  }
};

// A row to be sorted: `flip` turns the order of keys round for descending orders.
template <class T, class E>
struct SortRow {
  using Entry = E;
  using Key = SortKey<T>;
  const T* data;
  std::int64_t stride;
  std::size_t n;
  bool descending;

  typename Key::Bits flip(typename Key::Bits key) const {
    return descending ? static_cast<typename Key::Bits>(~key) : key;
  }
  const T& at(std::size_t i) const { return data[static_cast<std::int64_t>(i) * stride]; }
  Entry entry(std::size_t i) const { return Entry::make(flip(Key::of(at(i))), i); }
  T value(const Entry& entry) const {
    const typename Key::Bits key = flip(static_cast<typename Key::Bits>(entry.key()));
    return Key::ambiguous(key) ? at(entry.index()) : Key::value(key);
  }
};

// Entries of work that make a chunk worth handing to another thread.
constexpr std::size_t kSortGrain = 1 << 16;

// Sorts by the digit of `bits` bits at `shift` of the key, stably, from one buffer to the other. False when all entries
// have the same digit and nothing was moved.
template <class Entry>
bool radix_pass(const Entry* from, Entry* to, std::size_t n, int shift, int bits) {
  const std::size_t buckets = std::size_t{1} << bits, chunks = chunks_for(n, kSortGrain);
  const auto digit = [&](const Entry& entry) { return entry.key() >> shift & (buckets - 1); };
  const Temporary counters(chunks * buckets * sizeof(std::size_t));
  std::size_t* const counts = counters.as<std::size_t>();
  parallel_for(chunks, [&](std::size_t chunk) {
    std::size_t* const own = counts + chunk * buckets;
    std::fill(own, own + buckets, 0);
    const Range range = chunk_range(n, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) own[digit(from[i])]++;
  });
  std::size_t next = 0, largest = 0;
  for (std::size_t bucket = 0; bucket < buckets; bucket++) {
    const std::size_t before = next;
    for (std::size_t chunk = 0; chunk < chunks; chunk++) next += std::exchange(counts[chunk * buckets + bucket], next);
    largest = std::max(largest, next - before);
  }
  if (largest == n) return false;
  parallel_for(chunks, [&](std::size_t chunk) {
    std::size_t* const own = counts + chunk * buckets;
    const Range range = chunk_range(n, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) to[own[digit(from[i])]++] = from[i];
  });
  return true;
}

// Sorts entries whose positions ascend, with `spare` for as many; tells which of the two buffers holds the result.
template <class Entry>
Entry* sort_entries(Entry* entries, Entry* spare, std::size_t n, int key_bits) {
  constexpr std::size_t kFew = 192, kLarge = 1 << 17;
  if (n <= kFew) {
    std::sort(entries, entries + n);
    return entries;
  }
  const int digit = n < kLarge ? 8 : 11;
  for (int shift = 0; shift < key_bits; shift += digit) {
    if (radix_pass(entries, spare, n, shift, std::min(digit, key_bits - shift))) std::swap(entries, spare);
  }
  return entries;
}

// Sorts a row with room for 2 n entries; the result lies somewhere in it.
template <class Row>
typename Row::Entry* sort_row(const Row& row, typename Row::Entry* room) {
  const std::size_t chunks = chunks_for(row.n, kSortGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(row.n, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) room[i] = row.entry(i);
  });
  return sort_entries(room, room + row.n, row.n, 8 * static_cast<int>(sizeof(typename Row::Key::Bits)));
}

// Calls body(row, pointers, room) for every row of x along an axis; pointers are to the rows of `first` and `second`,
// and `room` holds `entries` entries. Few long rows are left to one another, so that each can use all threads.
template <class T, class Entry, class Body>
void for_sort_rows(const View& x, const std::array<const View*, 2>& outs, int axis, bool descending,
                   std::size_t entries, const Body& body) {
  constexpr std::size_t kManyRows = 8;
  const View first = without_axis(*outs[0], axis), second = without_axis(*outs[1], axis),
             source = without_axis(x, axis);
  const RowNest<3> nest({&first, &second, &source});
  const std::size_t count = static_cast<std::size_t>(nest.size()), n = static_cast<std::size_t>(x.shape[axis]);
  const std::size_t chunks =
      count < kManyRows && n >= kSortGrain ? 1 : std::min(count, chunks_for(count * n, kRowGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Temporary room(entries * sizeof(Entry));
    const Range range = chunk_range(count, chunks, chunk);
    for (std::size_t i = range.begin; i < range.end; i++) {
      const std::array<char*, 3> at = nest.at(static_cast<std::int64_t>(i));
      const SortRow<T, Entry> row{reinterpret_cast<const T*>(at[2]), x.strides[axis], n, descending};
      body(row, at, room.template as<Entry>());
    }
  });
}

// The same for whatever dtype x has, with the smallest entries that can hold it.
template <class Body>
void visit_sort_rows(const View& x, const std::array<const View*, 2>& outs, int axis, bool descending,
                     std::size_t entries, const Body& body) {
  visit_dtype(x.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (sizeof(T) <= 4 && static_cast<std::uint64_t>(x.shape[axis]) >> 32 == 0) {
      for_sort_rows<T, NarrowEntry>(x, outs, axis, descending, entries, body);
    } else {
      for_sort_rows<T, WideEntry>(x, outs, axis, descending, entries, body);
    }
  });
}

}  // namespace myelin
