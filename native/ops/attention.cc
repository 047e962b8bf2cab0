#include "ops/attention.h"

#include <cmath>
#include <limits>

#include "core/registry.h"
#include "core/scratch.h"

namespace myelin {
namespace {

using namespace attention;

template <class T>
struct Forward {
  const KernelTable& table;
  const Setting& setting;
  const Heads<T> q, k, v;
  const View& out;
  T* log_sums;  // [B, H, T], in units of log 2
  const View* mask;
  const Tiles<T> tiles;

  Forward(const OpCall& call, const Setting& shared, const View* given_mask)
      : table(call.kernels),
        setting(shared),
        q(call.in[0], table),
        k(call.in[1], table),
        v(call.in[2], table),
        out(call.out[0]),
        log_sums(call.out[1].as<T>()),
        mask(given_mask),
        tiles(table, setting, mask) {}

  T* log_sums_of(std::size_t batch, std::size_t head) const {
    return log_sums + (batch * setting.heads + head) * setting.queries;
  }
};

// Statistics of the queries of a tile, and its memory.
template <class T>
struct Block {
  alignas(64) T greatest[kQueries], sum[kQueries], decay[kQueries];
  T *turned, *tile;

  explicit Block(const Setting& setting) {
    std::fill(greatest, greatest + kQueries, -std::numeric_limits<T>::infinity());
    std::fill(sum, sum + kQueries, T(0));
    tile = scratch<T>(Scratch::kTile, kTileSize + kQueries * setting.width);
    turned = tile + kTileSize;
  }
};

template <class T>
void scale_rows(const KernelTable& table, Matrix<T> rows, std::size_t count, std::size_t width, const T* factors) {
  BinaryFn<T>* const mul = pick<T>(table.f32_mul, table.f64_mul);
  for (std::size_t i = 0; i < count; i++) {
    if (factors[i] == 1) continue;
    T* row = rows.at(i, 0);
    mul(row, 1, factors + i, 0, row, width);
  }
}

// Sums of no power are 0, and so is what comes of them.
template <class T>
void finish_block(const Forward<T>& forward, const Block<T>& block, Matrix<T> out, std::size_t count, T* log_sums) {
  T inverse[kQueries];
  for (std::size_t i = 0; i < count; i++) {
    inverse[i] = block.sum[i] == 0 ? T(0) : 1 / block.sum[i];
    log_sums[i] = block.greatest[i] + std::log2(block.sum[i]);
  }
  scale_rows(forward.table, out, count, forward.setting.value_width, inverse);
}

template <class T>
void run_block(const Forward<T>& forward, std::size_t batch, std::size_t head, std::size_t query) {
  const Setting& setting = forward.setting;
  const Tiles<T>& tiles = forward.tiles;
  AttentionSoftmaxFn<T>* const softmax =
      pick<T>(forward.table.f32_attention_softmax, forward.table.f64_attention_softmax);
  const std::size_t count = std::min(kQueries, setting.queries - query), end = setting.keys_before(query + count);
  const std::size_t key_head = head / setting.group();
  const Matrix<T> out = output_rows<T>(forward.out, batch, head, query);
  Block<T> block(setting);
  tiles.turn(forward.q.rows(batch, head, query), count, setting.width, block.turned);
  for (std::size_t key = 0; key < end; key += kKeys) {
    const Place place = place_of(setting, batch, head, query, key);
    tiles.scores(place, forward.k.rows(batch, key_head, key), block.turned, block.tile);
    softmax({block.tile, kTileRow, place.keys, padded(count)}, block.greatest, block.sum, block.decay);
    tiles.drop(place, block.tile);
    if (key > 0) scale_rows(forward.table, out, count, setting.value_width, block.decay);
    tiles.from_keys(place, block.tile, forward.v.rows(batch, key_head, key), setting.value_width, T(1), key > 0, out);
  }
  if (end == 0) {
    for (std::size_t i = 0; i < count; i++) std::fill_n(out.at(i, 0), setting.value_width, T(0));
  }
  finish_block(forward, block, out, count, forward.log_sums_of(batch, head) + query);
}

template <class T>
void run_forward(const Forward<T>& forward) {
  const Setting& setting = forward.setting;
  const std::size_t blocks = ceil_div(setting.queries, kQueries), items = setting.batch * setting.heads * blocks;
  if (items == 0) return;
  const double operations = 2.0 * static_cast<double>(std::min(kQueries, setting.queries) * setting.keys) *
                            static_cast<double>(setting.width + setting.value_width) * (setting.causal ? 0.5 : 1);
  const std::size_t chunks = chunks_of(items, operations);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range mine = chunk_range(items, chunks, chunk);
    for (std::size_t item = mine.begin; item < mine.end; item++) {
      const std::size_t head = item / blocks;
      run_block(forward, head / setting.heads, head % setting.heads, item % blocks * kQueries);
    }
  });
}

void check_output(const View& view, DType dtype, std::initializer_list<std::size_t> shape) {
  require(view.dtype == dtype && view.rank == static_cast<int>(shape.size()),
          "attention: an output is of another kind");
  int axis = 0;
  for (const std::size_t extent : shape)
    require(view.shape[axis++] == static_cast<std::int64_t>(extent), "attention: an output differs in shape");
}

void run_attention(OpCall& call) {
  require(call.inputs == 3 || call.inputs == 4, "attention: there is one mask at most");
  const View *q = &call.in[0], *mask = call.inputs == 4 ? &call.in[3] : nullptr;
  Setting setting = check_inputs(call.in[0], call.in[1], call.in[2], mask, call.attrs);
  const Source source(call.attrs);
  setting.key = source.key;
  setting.counter = source.counter;
  const View& out = call.out[0];
  check_output(out, q->dtype, {setting.batch, setting.heads, setting.queries, setting.value_width});
  require(out.dense() && (out.strides[3] == 1 || out.shape[3] <= 1), "attention: rows of the output have gaps");
  check_output(call.out[1], q->dtype, {setting.batch, setting.heads, setting.queries});
  check_output(call.out[2], DType::kInt64, {2});
  require(call.out[1].contiguous() && call.out[2].contiguous(), "attention: an output is not contiguous");
  std::int64_t* const drawn = call.out[2].as<std::int64_t>();
  drawn[0] = static_cast<std::int64_t>(setting.key);
  drawn[1] = static_cast<std::int64_t>(setting.counter);
  visit_float(q->dtype, [&](auto tag) {
    using T = typename decltype(tag)::type;
    if (has_few_queries(setting)) {
      return attend_few<T>(call.kernels, setting, call.in, mask, out, call.out[1].as<T>());
    }
    run_forward(Forward<T>(call, setting, mask));
  });
}

}  // namespace

void register_attention(OpList& ops) {
  ops.push_back({"attention", kVariadic, 3, run_attention});
  ops.push_back({"attentionBackward", kVariadic, 3, run_attention_backward});
}

}  // namespace myelin
