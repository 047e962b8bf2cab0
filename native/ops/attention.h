#pragma once
#include <vector>

#include "ops/draws.h"
#include "ops/gemm.h"
#include "ops/support.h"

namespace myelin {

// Attention without a matrix of all scores: they are formed tile by tile and used at once (Dao and others,
// "FlashAttention: fast and memory-efficient exact attention with IO-awareness", 2022). A tile has keys as rows and
// queries as columns, so that K and V are read where they lie and only the few queries of a tile are transposed.
namespace attention {

// A tile of float32 scores is as large as the first-level cache; with these queries the widest tile of AVX-512 fills.
constexpr std::size_t kQueries = 64, kKeys = 128;
// Tiles on the diagonal of causal attention are cut in steps of so many keys or queries, to leave out what is masked.
constexpr std::size_t kStep = 16;

constexpr double kLog2E = 1.44269504088896340736;

inline std::size_t padded(std::size_t n) { return ceil_div(n, kStep) * kStep; }

// What all of a call's tiles have in common.
struct Setting {
  std::size_t batch, heads, key_heads;
  std::size_t queries, keys, width, value_width;
  double scale;
  bool causal;
  double dropout;
  std::uint64_t key, counter;  // of the random numbers

  std::size_t group() const { return heads / key_heads; }
  // How many keys the queries below `end` look at.
  std::size_t keys_before(std::size_t end) const { return causal ? std::min(keys, end) : keys; }
};

// A tensor [B, H, T, D] whose rows are consecutive in memory: a view itself, or a copy.
template <class T>
class Heads {
 public:
  Heads(const View& view, const KernelTable& kernels)
      : copy_(rows_consecutive(view) ? 0 : static_cast<std::size_t>(view.size()) * sizeof(T)), view_(view) {
    if (rows_consecutive(view)) return;
    view_ = contiguous_view(copy_.template as<char>(), view.dtype, view.shape.data(), view.rank);
    copy_view(view, view_, kernels);
  }

  // The rows of one head, from one of them on.
  Matrix<const T> rows(std::size_t b, std::size_t h, std::size_t first = 0) const {
    return {view_.as<T>() + static_cast<std::int64_t>(b) * view_.strides[0] +
                static_cast<std::int64_t>(h) * view_.strides[1] + static_cast<std::int64_t>(first) * view_.strides[2],
            static_cast<std::ptrdiff_t>(view_.strides[2]), 1};
  }

 private:
  static bool rows_consecutive(const View& view) { return view.strides[3] == 1 || view.shape[3] <= 1; }

  Temporary copy_;
  View view_;
};

// The same of an output, which is never a copy.
template <class T>
Matrix<T> output_rows(const View& view, std::size_t b, std::size_t h, std::size_t first = 0) {
  return {view.as<T>() + static_cast<std::int64_t>(b) * view.strides[0] +
              static_cast<std::int64_t>(h) * view.strides[1] + static_cast<std::int64_t>(first) * view.strides[2],
          static_cast<std::ptrdiff_t>(view.strides[2]), 1};
}

// One tile's place: queries [query, query + queries) of a head and keys [key, key + keys).
struct Place {
  std::size_t batch, head;
  std::size_t query, queries;
  std::size_t key, keys;
  bool diagonal;  // whether causal attention masks a part of it

  std::size_t query_end() const { return query + queries; }
  // The first query, counted from the tile's, that looks at a key, counted likewise; a multiple of kStep.
  std::size_t first_query(std::size_t row) const { return key + row > query ? (key + row - query) / kStep * kStep : 0; }
};

inline Place place_of(const Setting& setting, std::size_t batch, std::size_t head, std::size_t query, std::size_t key) {
  const std::size_t queries = std::min(kQueries, setting.queries - query);
  const std::size_t end = setting.keys_before(query + queries), keys = std::min(kKeys, end - key);
  return {batch, head, query, queries, key, keys, setting.causal && key + keys > query + 1};
}

// Calls body(begin, end) for the rows of a tile that are alike: all, or on the diagonal those before it and then steps.
template <class F>
void for_key_steps(const Place& place, const F& body) {
  if (!place.diagonal) return body(std::size_t{0}, place.keys);
  std::size_t begin = place.query > place.key ? std::min(place.keys, place.query - place.key) : 0;
  if (begin > 0) body(std::size_t{0}, begin);
  for (; begin < place.keys; begin += kStep) body(begin, std::min(place.keys, begin + kStep));
}

// Calls body(begin, end, keys) for queries of a tile of which none looks beyond its first `keys` keys.
template <class F>
void for_query_steps(const Place& place, const F& body) {
  if (!place.diagonal) return body(std::size_t{0}, place.queries, place.keys);
  for (std::size_t begin = 0; begin < place.queries; begin += kStep) {
    const std::size_t end = std::min(place.queries, begin + kStep);
    body(begin, end, std::min(place.keys, place.query + end - place.key));
  }
}

// The scores or their gradients, [kKeys][kQueries].
constexpr std::ptrdiff_t kTileRow = kQueries;
constexpr std::size_t kTileSize = kKeys * kQueries;

// Works on tiles, in the calling thread.
template <class T>
class Tiles {
 public:
  Tiles(const KernelTable& table, const Setting& setting, const View* mask)
      : table_(table), gemm_(table), setting_(setting), mask_(mask) {}

  // Queries as columns, padded with zeros to a multiple of kStep: D x queries, in panels as the kernel reads them.
  void turn(Matrix<const T> rows, std::size_t count, std::size_t width, T* out) const;
  // tile = alpha rows turned^T [+ tile], where `turned` is what turn made.
  void multiply_turned(const Place& place, Matrix<const T> rows, const T* turned, std::size_t width, T alpha,
                       bool accumulate, T* tile) const;
  // The scores in units of log 2, masked.
  void scores(const Place& place, Matrix<const T> keys, const T* turned, T* tile) const;
  // out[rows of queries] = alpha tile^T values [+ out].
  void from_keys(const Place& place, const T* tile, Matrix<const T> values, std::size_t width, T alpha, bool accumulate,
                 Matrix<T> out) const;
  // out[rows of keys] = alpha tile values [+ out].
  void from_queries(const Place& place, const T* tile, Matrix<const T> values, std::size_t width, T alpha,
                    bool accumulate, Matrix<T> out) const;
  // Drops and scales elements of the tile.
  void drop(const Place& place, T* tile) const;

  const GemmKernels<T>& gemm() const { return gemm_; }

 private:
  void fill_with_mask(const Place& place, T* tile) const;
  void multiply(std::size_t rows, std::size_t cols, std::size_t k, Matrix<const T> a, Matrix<const T> b, T alpha,
                bool accumulate, Matrix<T> c) const;

  const KernelTable& table_;
  const GemmKernels<T> gemm_;
  const Setting& setting_;
  const View* mask_;
};

extern template class Tiles<float>;
extern template class Tiles<double>;

// Checks the inputs that both directions have, and reads the attributes.
Setting check_inputs(const View& q, const View& k, const View& v, const View* mask, Attrs& attrs);

// Whether a call has so few queries, as a decoder's next token, that reading keys and values is what it costs; then
// attend_few reads each of them once, for all queries that share them, and keeps all scores of those.
bool has_few_queries(const Setting& setting);
template <class T>
void attend_few(const KernelTable& table, const Setting& setting, const View* inputs, const View* mask, const View& out,
                T* log_sums);
extern template void attend_few<float>(const KernelTable&, const Setting&, const View*, const View*, const View&,
                                       float*);
extern template void attend_few<double>(const KernelTable&, const Setting&, const View*, const View*, const View&,
                                        double*);

// How many chunks `items` pieces of work make, each of so many operations.
std::size_t chunks_of(std::size_t items, double operations);

}  // namespace attention

void run_attention_backward(OpCall& call);

}  // namespace myelin
