#pragma once
#include "ops/support.h"

namespace myelin {

// One axis of the loop over an input, or several neighbours that act as one.
struct Group {
  std::int64_t extent;
  std::int64_t stride;
  bool reduced;
};

// Outermost first, in order of the input's memory. One more than kMaxRank: see `groups_of`.
struct Groups {
  std::array<Group, kMaxRank + 1> at;
  int count = 0;

  void push(const Group& group) {
    Group* last = count > 0 ? &at[count - 1] : nullptr;
    if (last != nullptr && last->reduced == group.reduced && last->stride == group.stride * group.extent) {
      *last = {last->extent * group.extent, group.stride, group.reduced};
    } else {
      at[count++] = group;
    }
  }
  std::int64_t size() const {
    std::int64_t n = 1;
    for (int i = 0; i < count; i++) n *= at[i].extent;
    return n;
  }
  std::int64_t offset(std::int64_t index) const {
    if (count == 1) return index * at[0].stride;
    std::int64_t offset = 0;
    for (int i = count - 1; i >= 0; i--) {
      offset += index % at[i].extent * at[i].stride;
      index /= at[i].extent;
    }
    return offset;
  }
  int innermost_reduced() const {
    int i = count - 1;
    while (i >= 0 && !at[i].reduced) i--;
    return i;
  }
  Groups without(int removed) const {
    Groups rest;
    for (int i = 0; i < count; i++) {
      if (i != removed) rest.at[rest.count++] = at[i];
    }
    return rest;
  }
  // The same groups over memory without gaps, merged where that allows it.
  Groups dense() const {
    Groups result;
    std::int64_t stride = size();
    for (int i = 0; i < count; i++) {
      stride /= at[i].extent;
      result.push({at[i].extent, stride, at[i].reduced});
    }
    return result;
  }
};

// How a family of reductions treats rows (consecutive elements) and columns; the first pass goes from T to Acc, later
// ones stay in Acc.
template <class T, class Acc>
struct Reducer {
  Acc (*row)(const T* x, std::size_t n);
  void (*rows)(const T* x, std::ptrdiff_t stride, std::size_t count, Acc* acc, std::size_t n);
  Acc (*next_row)(const Acc* x, std::size_t n);
  void (*next_rows)(const Acc* x, std::ptrdiff_t stride, std::size_t count, Acc* acc, std::size_t n);
  Acc identity;

  Reducer<Acc, Acc> next() const { return {next_row, next_rows, next_row, next_rows, identity}; }
};

// Outer loops of at least this many steps are enough to keep all threads busy, so their bodies stay whole.
constexpr std::size_t kManyUnits = 16;

// The innermost group is reduced: out[m] = reduction of a row. Few long rows are cut in pieces.
template <class T, class Acc>
void reduce_rows(const Groups& groups, const T* x, Acc* out, const Reducer<T, Acc>& reducer) {
  const std::size_t n = static_cast<std::size_t>(groups.at[groups.count - 1].extent);
  const Groups outer = groups.without(groups.count - 1);
  const std::size_t count = static_cast<std::size_t>(outer.size());
  const std::size_t pieces = count >= kManyUnits ? 1 : chunks_for(n, kGrain);
  const Temporary partials(pieces > 1 ? count * pieces * sizeof(Acc) : 0);
  Acc* target = pieces > 1 ? partials.as<Acc>() : out;
  const std::size_t chunks = std::min(count * pieces, chunks_for(count * n, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range units = chunk_range(count * pieces, chunks, chunk);
    for (std::size_t unit = units.begin; unit < units.end; unit++) {
      const Range range = pieces == 1 ? Range{0, n} : chunk_range(n, pieces, unit % pieces, 64);
      const T* row = x + outer.offset(static_cast<std::int64_t>(pieces == 1 ? unit : unit / pieces));
      target[unit] = reducer.row(row + range.begin, range.end - range.begin);
    }
  });
  if (pieces == 1) return;
  for (std::size_t i = 0; i < count; i++) out[i] = reducer.next_row(target + i * pieces, pieces);
}

// The innermost group is kept: rows of columns are combined. Wide rows are cut in parts, many short ones in blocks.
template <class T, class Acc>
void reduce_columns(const Groups& groups, int reduced, const T* x, Acc* out, const Reducer<T, Acc>& reducer) {
  constexpr std::size_t kWide = 1024;
  const std::ptrdiff_t stride = groups.at[reduced].stride;
  const std::size_t rows = static_cast<std::size_t>(groups.at[reduced].extent);
  const std::size_t n = static_cast<std::size_t>(groups.at[groups.count - 1].extent);
  const Groups outer = groups.without(groups.count - 1).without(reduced);
  const std::size_t count = static_cast<std::size_t>(outer.size());
  const std::size_t split = count >= kManyUnits ? 1 : chunks_for(rows * n, kGrain);
  const std::size_t parts = n >= kWide ? std::min(split, n / 256) : 1;
  const std::size_t blocks = n >= kWide ? 1 : std::min(split, rows);
  const Temporary partials(blocks > 1 ? count * blocks * n * sizeof(Acc) : 0);
  Acc* target = blocks > 1 ? partials.as<Acc>() : out;
  std::fill(target, target + count * blocks * n, reducer.identity);
  const std::size_t units = count * parts * blocks;
  const std::size_t chunks = std::min(units, chunks_for(count * rows * n, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(units, chunks, chunk);
    for (std::size_t unit = range.begin; unit < range.end; unit++) {
      const std::size_t outer_index = unit / (parts * blocks);
      const Range columns = chunk_range(n, parts, unit / blocks % parts, 16);
      const Range block = chunk_range(rows, blocks, unit % blocks);
      const T* from = x + outer.offset(static_cast<std::int64_t>(outer_index)) +
                      static_cast<std::ptrdiff_t>(block.begin) * stride + columns.begin;
      Acc* to = target + (outer_index * blocks + unit % blocks) * n + columns.begin;
      reducer.rows(from, stride, block.end - block.begin, to, columns.end - columns.begin);
    }
  });
  if (blocks == 1) return;
  std::fill(out, out + count * n, reducer.identity);
  for (std::size_t i = 0; i < count; i++) {
    reducer.next_rows(target + i * blocks * n, static_cast<std::ptrdiff_t>(n), blocks, out + i * n, n);
  }
}

// Reduces one group after the other, innermost first, until none is left; every pass shrinks what the next one reads.
template <class T, class Acc>
void reduce_groups(const Groups& groups, const T* x, Acc* out, const Reducer<T, Acc>& reducer) {
  const int reduced = groups.innermost_reduced();
  const Groups rest = groups.without(reduced);
  const bool last = rest.innermost_reduced() < 0;
  const Temporary partial(last ? 0 : static_cast<std::size_t>(rest.size()) * sizeof(Acc));
  Acc* target = last ? out : partial.as<Acc>();
  if (reduced == groups.count - 1) {
    reduce_rows(groups, x, target, reducer);
  } else {
    reduce_columns(groups, reduced, x, target, reducer);
  }
  if (!last) reduce_groups(rest.dense(), static_cast<const Acc*>(target), out, reducer.next());
}

}  // namespace myelin
