// The gradients of attention: tile by tile the probabilities are computed again from the scores and their logarithm of
// sums, and give with their own gradients a share of each product (Dao and others 2022, algorithm 4).
#include <algorithm>

#include "core/registry.h"
#include "core/scratch.h"
#include "ops/attention.h"

namespace myelin {
namespace {

using namespace attention;

// Where the gradients of one head's keys and values are added up.
template <class T>
struct KeyGradients {
  Matrix<T> keys, values;
};

template <class T>
struct Backward {
  const KernelTable& table;
  const Setting& setting;
  const Heads<T> dout, q, k, v, out;
  const T* log_sums;
  const View &dq, &dk, &dv;
  const Tiles<T> tiles;

  Backward(const OpCall& call, const Setting& shared, const T* sums, const View* mask)
      : table(call.kernels),
        setting(shared),
        dout(call.in[0], table),
        q(call.in[1], table),
        k(call.in[2], table),
        v(call.in[3], table),
        out(call.in[4], table),
        log_sums(sums),
        dq(call.out[0]),
        dk(call.out[1]),
        dv(call.out[2]),
        tiles(table, setting, mask) {}
};

// The queries of a tile, and the tile's memory.
template <class T>
struct Block {
  alignas(64) T log_sums[kQueries], delta[kQueries];
  T *scores, *slopes, *turned_queries, *turned_dout;

  explicit Block(const Setting& setting) {
    std::fill(log_sums, log_sums + kQueries, T(0));
    std::fill(delta, delta + kQueries, T(0));
    scores = scratch<T>(Scratch::kTile, 2 * kTileSize + kQueries * (setting.width + setting.value_width));
    slopes = scores + kTileSize;
    turned_queries = slopes + kTileSize;
    turned_dout = turned_queries + kQueries * setting.width;
  }
};

template <class T>
void zero_rows(Matrix<T> rows, std::size_t begin, std::size_t end, std::size_t width) {
  for (std::size_t i = begin; i < end; i++) std::fill_n(rows.at(i, 0), width, T(0));
}

// `first`: nothing has been added to the gradients of keys and values yet, which the tile then overwrites.
template <class T>
void run_tile(const Backward<T>& backward, const Place& place, const Block<T>& block, KeyGradients<T> sums,
              bool first) {
  const Setting& setting = backward.setting;
  const Tiles<T>& tiles = backward.tiles;
  const std::size_t key_head = place.head / setting.group();
  const auto rows = [&](const Heads<T>& heads) { return heads.rows(place.batch, place.head, place.query); };
  const auto key_rows = [&](const Heads<T>& heads) { return heads.rows(place.batch, key_head, place.key); };
  const auto from_key = [&](const Matrix<T>& all) { return Matrix<T>{all.at(place.key, 0), all.row, all.col}; };
  const T scale = static_cast<T>(setting.scale);
  tiles.scores(place, key_rows(backward.k), block.turned_queries, block.scores);
  tiles.multiply_turned(place, key_rows(backward.v), block.turned_dout, setting.value_width, T(1), false, block.slopes);
  tiles.drop(place, block.slopes);
  pick<T>(backward.table.f32_attention_gradient, backward.table.f64_attention_gradient)(
      {block.scores, kTileRow, place.keys, padded(place.queries)}, block.slopes, block.log_sums, block.delta);
  tiles.from_keys(place, block.slopes, key_rows(backward.k), setting.width, scale, place.key > 0,
                  output_rows<T>(backward.dq, place.batch, place.head, place.query));
  tiles.from_queries(place, block.slopes, rows(backward.q), setting.width, scale, !first, from_key(sums.keys));
  tiles.drop(place, block.scores);
  tiles.from_queries(place, block.scores, rows(backward.dout), setting.value_width, T(1), !first,
                     from_key(sums.values));
}

template <class T>
void run_block(const Backward<T>& backward, std::size_t batch, std::size_t head, std::size_t query,
               KeyGradients<T> sums, bool first) {
  const Setting& setting = backward.setting;
  const Tiles<T>& tiles = backward.tiles;
  const std::size_t count = std::min(kQueries, setting.queries - query), end = setting.keys_before(query + count);
  const Matrix<const T> dout = backward.dout.rows(batch, head, query), out = backward.out.rows(batch, head, query);
  Block<T> block(setting);
  std::copy_n(backward.log_sums + (batch * setting.heads + head) * setting.queries + query, count, block.log_sums);
  for (std::size_t i = 0; i < count; i++) {
    tiles.gemm().dots(out.at(i, 0), out.row, dout.at(i, 0), block.delta + i, 1, setting.value_width);
  }
  tiles.turn(backward.q.rows(batch, head, query), count, setting.width, block.turned_queries);
  tiles.turn(dout, count, setting.value_width, block.turned_dout);
  for (std::size_t key = 0; key < end; key += kKeys) {
    run_tile(backward, place_of(setting, batch, head, query, key), block, sums, first);
  }
  if (end == 0) zero_rows(output_rows<T>(backward.dq, batch, head, query), 0, count, setting.width);
  if (!first) return;
  zero_rows(sums.keys, end, setting.keys, setting.width);
  zero_rows(sums.values, end, setting.keys, setting.value_width);
}

// Blocks of queries [begin, end) among those of all heads that share keys; the last of a head first, since it looks at the
// most keys.
template <class T>
void run_part(const Backward<T>& backward, std::size_t batch, std::size_t key_head, Range part, KeyGradients<T> sums) {
  const Setting& setting = backward.setting;
  const std::size_t blocks = ceil_div(setting.queries, kQueries);
  if (part.begin == part.end) {
    zero_rows(sums.keys, 0, setting.keys, setting.width);
    zero_rows(sums.values, 0, setting.keys, setting.value_width);
  }
  for (std::size_t i = part.begin; i < part.end; i++) {
    const std::size_t head = key_head * setting.group() + i / blocks, block = blocks - 1 - i % blocks;
    run_block(backward, batch, head, block * kQueries, sums, i == part.begin);
  }
}

template <class T>
void add_rows(const KernelTable& table, Matrix<T> to, const T* from, std::size_t rows, std::size_t width) {
  BinaryFn<T>* const add = pick<T>(table.f32_add, table.f64_add);
  for (std::size_t i = 0; i < rows; i++) add(to.at(i, 0), 1, from + i * width, 1, to.at(i, 0), width);
}

// Few heads are cut in parts of their queries, each of which has sums of its own; the first has the outputs.
template <class T>
class Sums {
 public:
  Sums(const Backward<T>& backward, std::size_t parts)
      : backward_(backward),
        heads_(backward.setting.batch * backward.setting.key_heads),
        size_(backward.setting.keys * (backward.setting.width + backward.setting.value_width)),
        memory_((parts - 1) * heads_ * size_ * sizeof(T)) {}

  KeyGradients<T> of(std::size_t head, std::size_t part) const {
    const Setting& setting = backward_.setting;
    if (part == 0) {
      const std::size_t batch = head / setting.key_heads, key_head = head % setting.key_heads;
      return {output_rows<T>(backward_.dk, batch, key_head), output_rows<T>(backward_.dv, batch, key_head)};
    }
    T* data = memory_.template as<T>() + ((part - 1) * heads_ + head) * size_;
    const auto row = [](std::size_t width) { return static_cast<std::ptrdiff_t>(width); };
    return {{data, row(setting.width), 1}, {data + setting.keys * setting.width, row(setting.value_width), 1}};
  }

  void add(std::size_t head, std::size_t parts) const {
    const Setting& setting = backward_.setting;
    const KeyGradients<T> total = of(head, 0);
    for (std::size_t part = 1; part < parts; part++) {
      const KeyGradients<T> share = of(head, part);
      add_rows(backward_.table, total.keys, share.keys.data, setting.keys, setting.width);
      add_rows(backward_.table, total.values, share.values.data, setting.keys, setting.value_width);
    }
  }

 private:
  const Backward<T>& backward_;
  std::size_t heads_, size_;
  Temporary memory_;
};

std::size_t parts_of(const Setting& setting) {
  constexpr std::size_t kManyItems = 16, kLeastBlocks = 4;
  const std::size_t heads = std::max<std::size_t>(1, setting.batch * setting.key_heads);
  const std::size_t blocks = ceil_div(setting.queries, kQueries) * setting.group();
  return std::max<std::size_t>(1, std::min(ceil_div(kManyItems, heads), blocks / kLeastBlocks));
}

template <class T>
void run_backward(const Backward<T>& backward) {
  const Setting& setting = backward.setting;
  const std::size_t heads = setting.batch * setting.key_heads, parts = parts_of(setting), items = heads * parts;
  if (items == 0) return;
  const std::size_t blocks = ceil_div(setting.queries, kQueries) * setting.group();
  const double operations = static_cast<double>(2 * setting.queries * setting.keys * setting.group()) *
                            static_cast<double>(3 * setting.width + 2 * setting.value_width) *
                            (setting.causal ? 0.5 : 1) / static_cast<double>(parts);
  const Sums<T> sums(backward, parts);
  const std::size_t chunks = chunks_of(items, operations);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(items, chunks, chunk);
    for (std::size_t item = mine.begin; item < mine.end; item++) {
      const std::size_t head = item / parts, part = item % parts;
      run_part(backward, head / setting.key_heads, head % setting.key_heads, chunk_range(blocks, parts, part),
               sums.of(head, part));
    }
  });
  for (std::size_t head = 0; parts > 1 && head < heads; head++) sums.add(head, parts);
}

void check_gradient(const View& gradient, const View& of) {
  require(gradient.same_shape(of) && gradient.dtype == of.dtype, "attention: a gradient differs from its tensor");
  require(gradient.dense() && (gradient.strides[3] == 1 || gradient.shape[3] <= 1),
          "attention: rows of a gradient have gaps");
}

}  // namespace

// Inputs: dout, q, k, v, out, logSum, drawn and perhaps a mask.
void run_attention_backward(OpCall& call) {
  require(call.inputs == 7 || call.inputs == 8, "attention: there is one mask at most");
  const View &dout = call.in[0], &q = call.in[1], &out = call.in[4], &log_sum = call.in[5], &drawn = call.in[6];
  const View* mask = call.inputs == 8 ? &call.in[7] : nullptr;
  Setting setting = check_inputs(q, call.in[2], call.in[3], mask, call.attrs);
  require(out.rank == 4 && out.dtype == q.dtype && dout.same_shape(out) && dout.dtype == q.dtype,
          "attention: dout differs from the output");
  for (int axis = 0; axis < 4; axis++)
    require(out.shape[axis] == (axis == 3 ? call.in[3] : q).shape[axis], "attention: the output differs in shape");
  require(log_sum.dtype == q.dtype && log_sum.rank == 3 && drawn.rank == 1 && drawn.shape[0] == 2 &&
              drawn.dtype == DType::kInt64,
          "attention: statistics are of another kind");
  for (int axis = 0; axis < 3; axis++)
    require(log_sum.shape[axis] == q.shape[axis], "attention: statistics differ in shape");
  setting.key = static_cast<std::uint64_t>(drawn.as<std::int64_t>()[0]);
  setting.counter = static_cast<std::uint64_t>(drawn.as<std::int64_t>()[drawn.strides[0]]);
  for (int i = 0; i < 3; i++) check_gradient(call.out[i], call.in[1 + i]);
  const Contiguous sums(log_sum, call.kernels);
  visit_float(q.dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    run_backward(Backward<T>(call, setting, sums.as<T>(), mask));
  });
}

}  // namespace myelin
