#include <algorithm>
#include <vector>

#include "ops/places.h"

namespace myelin {
namespace {

// The order is that of the definition's `mode`.
enum class Mode { kSum, kMean };

// Which rows of the table each bag holds, in order and without those that are padding.
struct Bags {
  std::vector<std::int64_t> rows;
  std::vector<std::int64_t> positions;  // of the entries among the indices; empty where nothing has been left out
  std::vector<std::size_t> starts;

  std::size_t count() const { return starts.size() - 1; }
  std::size_t size(std::size_t bag) const { return starts[bag + 1] - starts[bag]; }
  std::int64_t position(std::size_t entry) const {
    return positions.empty() ? static_cast<std::int64_t>(entry) : positions[entry];
  }
  void leave_out(std::int64_t padding) {
    std::size_t kept = 0, entry = 0;
    positions.resize(rows.size());
    for (std::size_t bag = 0; bag < count(); bag++) {
      for (; entry < starts[bag + 1]; entry++) {
        if (rows[entry] == padding) continue;
        rows[kept] = rows[entry];
        positions[kept++] = static_cast<std::int64_t>(entry);
      }
      starts[bag + 1] = kept;
    }
    rows.resize(kept);
    positions.resize(kept);
  }
};

std::vector<std::int64_t> read_integers(const View& view, const KernelTable& kernels) {
  require(view.rank == 1, "indices and offsets are vectors");
  const Contiguous dense(view, kernels);
  std::vector<std::int64_t> values(static_cast<std::size_t>(view.size()));
  visit_index(view.dtype, [&](auto tag) {
    using I = typename decltype(tag)::type;
    std::copy_n(dense.as<I>(), values.size(), values.begin());
  });
  return values;
}

[[noreturn]] void refuse_offset(std::int64_t offset, std::size_t bag) {
  fail("VALUE", "offset " + std::to_string(offset) + " of bag " + std::to_string(bag) +
                    " is not between the one before and the number of indices (the first is 0)");
}

Bags read_bags(const View& index, const View& offset, std::int64_t table, std::int64_t padding,
               const KernelTable& kernels) {
  Bags bags;
  bags.rows = read_integers(index, kernels);
  const std::vector<std::int64_t> offsets = read_integers(offset, kernels);
  const std::int64_t total = static_cast<std::int64_t>(bags.rows.size());
  for (std::int64_t i = 0; i < total; i++) {
    const std::int64_t row = bags.rows[static_cast<std::size_t>(i)];
    if (row < 0 || row >= table) refuse_index(row, i, table);
  }
  bags.starts.reserve(offsets.size() + 1);
  bags.starts.push_back(0);
  for (std::size_t bag = 0; bag < offsets.size(); bag++) {
    const std::int64_t begin = offsets[bag], end = bag + 1 < offsets.size() ? offsets[bag + 1] : total;
    if (begin < 0 || begin > total || (bag == 0 && begin != 0)) refuse_offset(begin, bag);
    if (end < begin || end > total) refuse_offset(end, bag + 1);
    bags.starts.push_back(static_cast<std::size_t>(end));
  }
  require(!offsets.empty() || total == 0, "indices belong to no bag");
  if (std::find(bags.rows.begin(), bags.rows.end(), padding) != bags.rows.end()) bags.leave_out(padding);
  return bags;
}

void require_matrix(const View& view, std::int64_t rows, std::int64_t columns, DType dtype) {
  require(view.rank == 2 && view.shape[0] == rows && view.shape[1] == columns && view.dtype == dtype,
          "a matrix has another shape than its bags give");
}

void require_scales(const View& scales, const View& index, DType dtype) {
  require(scales.rank == 1 && scales.dtype == dtype && (scales.shape[0] == 0 || scales.shape[0] == index.shape[0]),
          "there is one scale for each index, or none");
}

// What each entry counts: its scale, or its share of the mean.
template <class T>
std::vector<T> weights_of(const Bags& bags, const View& scales, Mode mode, const KernelTable& kernels) {
  std::vector<T> weights(bags.rows.size(), T{1});
  if (scales.shape[0] > 0) {
    const Contiguous dense(scales, kernels);
    for (std::size_t i = 0; i < weights.size(); i++) weights[i] = dense.as<T>()[bags.position(i)];
  }
  if (mode == Mode::kSum) return weights;
  for (std::size_t bag = 0; bag < bags.count(); bag++) {
    const T share = T{1} / static_cast<T>(std::max<std::size_t>(1, bags.size(bag)));
    for (std::size_t i = bags.starts[bag]; i < bags.starts[bag + 1]; i++) weights[i] *= share;
  }
  return weights;
}

// out[r] = sum of weights[t] times the row of x at offsets[t], for starts[r] <= t < starts[r + 1].
template <class T>
void add_rows(const KernelTable& kernels, const T* x, const std::vector<std::size_t>& starts,
              const std::vector<std::ptrdiff_t>& offsets, const std::vector<T>& weights, T* out, std::size_t n) {
  static constexpr std::ptrdiff_t kHere = 0;
  static constexpr T kOnce = 1;
  const auto kernel = pick<T>(kernels.f32_weighted_rows, kernels.f64_weighted_rows);
  const std::size_t rows = starts.size() - 1, chunks = std::min(rows, chunks_for((offsets.size() + rows) * n, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(rows, chunks, chunk);
    kernel({x, &kHere, &kOnce, 1, starts.data() + range.begin, offsets.data(), weights.data(), out + range.begin * n,
            static_cast<std::ptrdiff_t>(n), range.end - range.begin, n});
  });
}

// out[bag] = sum of weight[row] * scale over the entries of the bag.
void embedding_bag(OpCall& call) {
  const View &table = call.in[0], &index = call.in[1], &offset = call.in[2], &scales = call.in[3], &out = call.out[0];
  const Mode mode = static_cast<Mode>(call.attrs.choice(2));
  const std::int64_t padding = call.attrs.integer();
  require(table.rank == 2 && out.contiguous(), "a table of embeddings is a matrix");
  const Bags bags = read_bags(index, offset, table.shape[0], padding, call.kernels);
  require_matrix(out, static_cast<std::int64_t>(bags.count()), table.shape[1], table.dtype);
  require_scales(scales, index, table.dtype);
  if (out.size() == 0) return;
  visit_float(table.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Contiguous rows(table, call.kernels);
    std::vector<std::ptrdiff_t> offsets(bags.rows.size());
    for (std::size_t i = 0; i < offsets.size(); i++)
      offsets[i] = static_cast<std::ptrdiff_t>(bags.rows[i]) * table.shape[1];
    add_rows(call.kernels, rows.as<T>(), bags.starts, offsets, weights_of<T>(bags, scales, mode, call.kernels),
             out.as<T>(), static_cast<std::size_t>(table.shape[1]));
  });
}

// Entries by the row they belong to, in order: those of row r are entries[starts[r]] to entries[starts[r + 1] - 1], and
// bags[i] is the bag that entries[i] is in.
struct ByRow {
  std::vector<std::size_t> starts, entries, bags;

  ByRow(const Bags& given, std::size_t count) : starts(count + 1), entries(given.rows.size()), bags(given.rows.size()) {
    for (const std::int64_t row : given.rows) starts[static_cast<std::size_t>(row) + 1]++;
    for (std::size_t r = 0; r < count; r++) starts[r + 1] += starts[r];
    std::vector<std::size_t> next(starts.begin(), starts.end() - 1);
    for (std::size_t bag = 0; bag < given.count(); bag++) {
      for (std::size_t i = given.starts[bag]; i < given.starts[bag + 1]; i++) {
        const std::size_t place = next[static_cast<std::size_t>(given.rows[i])]++;
        entries[place] = i;
        bags[place] = bag;
      }
    }
  }
};

// dweight[row] = sum of gradient[bag] * scale over the entries that are this row.
void embedding_bag_d_weight(OpCall& call) {
  const View &gradient = call.in[0], &index = call.in[1], &offset = call.in[2], &scales = call.in[3];
  const View& out = call.out[0];
  const Mode mode = static_cast<Mode>(call.attrs.choice(2));
  const std::int64_t padding = call.attrs.integer(), rows = call.attrs.integer();
  require(gradient.rank == 2 && out.contiguous(), "the gradient of bags is a matrix");
  require_matrix(out, rows, gradient.shape[1], gradient.dtype);
  const Bags bags = read_bags(index, offset, rows, padding, call.kernels);
  require_matrix(gradient, static_cast<std::int64_t>(bags.count()), gradient.shape[1], gradient.dtype);
  require_scales(scales, index, gradient.dtype);
  if (out.size() == 0) return;
  visit_float(gradient.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Contiguous dout(gradient, call.kernels);
    const std::vector<T> weights = weights_of<T>(bags, scales, mode, call.kernels);
    const std::size_t n = static_cast<std::size_t>(gradient.shape[1]);
    const ByRow by_row(bags, static_cast<std::size_t>(rows));
    std::vector<std::ptrdiff_t> offsets(bags.rows.size());
    std::vector<T> ordered(bags.rows.size());
    for (std::size_t i = 0; i < offsets.size(); i++) {
      offsets[i] = static_cast<std::ptrdiff_t>(by_row.bags[i] * n);
      ordered[i] = weights[by_row.entries[i]];
    }
    add_rows(call.kernels, dout.as<T>(), by_row.starts, offsets, ordered, out.as<T>(), n);
  });
}

// dscale[position] = gradient[bag] . weight[row]; 0 for padding.
void embedding_bag_d_scale(OpCall& call) {
  const View &gradient = call.in[0], &table = call.in[1], &index = call.in[2], &offset = call.in[3];
  const View& out = call.out[0];
  const std::int64_t padding = call.attrs.integer();
  require(
      table.rank == 2 && out.rank == 1 && out.contiguous() && out.dtype == table.dtype && out.size() == index.size(),
      "there is one scale for each index");
  const Bags bags = read_bags(index, offset, table.shape[0], padding, call.kernels);
  require_matrix(gradient, static_cast<std::int64_t>(bags.count()), table.shape[1], table.dtype);
  fill_view(out, 0);
  visit_float(table.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const auto dot = pick<T>(call.kernels.f32_gemv_dots, call.kernels.f64_gemv_dots);
    const Contiguous rows(table, call.kernels), dout(gradient, call.kernels);
    const std::size_t n = static_cast<std::size_t>(table.shape[1]);
    const std::size_t chunks =
        std::min(std::max<std::size_t>(1, bags.count()), chunks_for(bags.rows.size() * n, kGrain));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(bags.count(), chunks, chunk);
      for (std::size_t bag = range.begin; bag < range.end; bag++) {
        for (std::size_t i = bags.starts[bag]; i < bags.starts[bag + 1]; i++) {
          dot(rows.as<T>() + bags.rows[i] * table.shape[1], 0, dout.as<T>() + bag * n, out.as<T>() + bags.position(i),
              1, n);
        }
      }
    });
  });
}

// NaN wins, as in max.
template <class T>
T larger(T a, T b) {
  return b > a || b != b ? b : a;
}

// The largest of the rows of a bag, element by element; 0 where there are none.
template <class T>
void largest_of(const Bags& bags, std::size_t bag, const T* table, T* found, std::size_t n) {
  if (bags.size(bag) == 0) std::fill_n(found, n, T{0});
  for (std::size_t i = bags.starts[bag]; i < bags.starts[bag + 1]; i++) {
    const T* const row = table + static_cast<std::size_t>(bags.rows[i]) * n;
    if (i == bags.starts[bag]) {
      std::copy_n(row, n, found);
    } else {
      for (std::size_t j = 0; j < n; j++) found[j] = larger(found[j], row[j]);
    }
  }
}

// Calls body(bag) for all of them, several at a time.
template <class Body>
void for_bags(const Bags& bags, std::size_t n, const Body& body) {
  const std::size_t chunks = std::min(bags.count(), chunks_for((bags.rows.size() + bags.count()) * n, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(bags.count(), chunks, chunk);
    for (std::size_t bag = range.begin; bag < range.end; bag++) body(bag);
  });
}

// out[bag] = the largest of weight[row] over the entries of the bag.
void embedding_bag_max(OpCall& call) {
  const View &table = call.in[0], &index = call.in[1], &offset = call.in[2], &out = call.out[0];
  const std::int64_t padding = call.attrs.integer();
  require(table.rank == 2 && out.contiguous(), "a table of embeddings is a matrix");
  const Bags bags = read_bags(index, offset, table.shape[0], padding, call.kernels);
  require_matrix(out, static_cast<std::int64_t>(bags.count()), table.shape[1], table.dtype);
  if (out.size() == 0) return;
  visit_float(table.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Contiguous rows(table, call.kernels);
    const std::size_t n = static_cast<std::size_t>(table.shape[1]);
    for_bags(bags, n, [&](std::size_t bag) { largest_of(bags, bag, rows.as<T>(), out.as<T>() + bag * n, n); });
  });
}

// What each entry that is the largest of its bag gets of the bag's gradient: equal ones share it.
template <class T>
void share_gradient(const Bags& bags, std::size_t bag, const T* table, const T* found, const T* gradient, T* shares,
                    std::size_t n) {
  std::fill_n(shares, n, T{0});
  for (std::size_t i = bags.starts[bag]; i < bags.starts[bag + 1]; i++) {
    const T* const row = table + static_cast<std::size_t>(bags.rows[i]) * n;
    for (std::size_t j = 0; j < n; j++) shares[j] += row[j] == found[j] ? T{1} : T{0};
  }
  for (std::size_t j = 0; j < n; j++) shares[j] = gradient[j] / shares[j];
}

// dweight[row] = sum of the shares of the bags in which the row is largest, element by element.
void embedding_bag_max_d_weight(OpCall& call) {
  const View &gradient = call.in[0], &table = call.in[1], &index = call.in[2], &offset = call.in[3];
  const View& out = call.out[0];
  const std::int64_t padding = call.attrs.integer();
  require(table.rank == 2 && out.contiguous(), "a table of embeddings is a matrix");
  require_matrix(out, table.shape[0], table.shape[1], table.dtype);
  const Bags bags = read_bags(index, offset, table.shape[0], padding, call.kernels);
  require_matrix(gradient, static_cast<std::int64_t>(bags.count()), table.shape[1], table.dtype);
  if (out.size() == 0) return;
  visit_float(table.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    const Contiguous weight(table, call.kernels), dout(gradient, call.kernels);
    const std::size_t n = static_cast<std::size_t>(table.shape[1]), count = static_cast<std::size_t>(table.shape[0]);
    const std::size_t work = (bags.rows.size() + count) * n;
    const Temporary memory(2 * bags.count() * n * sizeof(T));
    T *const found = memory.as<T>(), *const shares = found + bags.count() * n;
    for_bags(bags, n, [&](std::size_t bag) {
      T* const best = found + bag * n;
      largest_of(bags, bag, weight.as<T>(), best, n);
      share_gradient(bags, bag, weight.as<T>(), best, dout.as<T>() + bag * n, shares + bag * n, n);
    });
    const ByRow by_row(bags, count);
    const std::size_t row_chunks = std::min(count, chunks_for(work, kGrain));
    parallel_for(row_chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(count, row_chunks, chunk);
      for (std::size_t row = range.begin; row < range.end; row++) {
        const T* const mine = weight.as<T>() + row * n;
        T* const sum = out.as<T>() + row * n;
        std::fill_n(sum, n, T{0});
        for (std::size_t k = by_row.starts[row]; k < by_row.starts[row + 1]; k++) {
          const std::size_t first = by_row.bags[k] * n;
          const T *const best = found + first, *const share = shares + first;
          for (std::size_t j = 0; j < n; j++) sum[j] += mine[j] == best[j] ? share[j] : T{0};
        }
      }
    });
  });
}

}  // namespace

void register_embedding_bag(OpList& ops) {
  ops.push_back({"embeddingBag", 4, 1, embedding_bag});
  ops.push_back({"embeddingBagDWeight", 4, 1, embedding_bag_d_weight});
  ops.push_back({"embeddingBagDScale", 4, 1, embedding_bag_d_scale});
  ops.push_back({"embeddingBagMax", 3, 1, embedding_bag_max});
  ops.push_back({"embeddingBagMaxDWeight", 4, 1, embedding_bag_max_d_weight});
}

}  // namespace myelin
