#include <limits>

#include "ops/attention.h"

namespace myelin::attention {

std::size_t chunks_of(std::size_t items, double operations) {
  constexpr double kLeastWork = 4e6;  // 20 microseconds at 200 GFLOP/s
  constexpr double kMaxChunks = 64;
  const double wanted = std::clamp(operations * static_cast<double>(items) / kLeastWork, 1.0, kMaxChunks);
  return std::min(items, static_cast<std::size_t>(wanted));
}

Setting check_inputs(const View& q, const View& k, const View& v, const View* mask, Attrs& attrs) {
  require(q.rank == 4 && k.rank == 4 && v.rank == 4, "attention: an input has not four axes");
  require(is_float(q.dtype) && k.dtype == q.dtype && v.dtype == q.dtype, "attention: dtypes differ or are not float");
  require(k.shape[0] == q.shape[0] && v.shape[0] == q.shape[0], "attention: batches differ");
  require(v.shape[1] == k.shape[1] && v.shape[2] == k.shape[2], "attention: keys and values differ in number");
  require(k.shape[3] == q.shape[3], "attention: queries and keys differ in width");
  require(k.shape[1] > 0 ? q.shape[1] % k.shape[1] == 0 : q.shape[1] == 0, "attention: heads share no keys");
  const auto extent = [](const View& view, int axis) { return static_cast<std::size_t>(view.shape[axis]); };
  Setting setting{extent(q, 0),
                  extent(q, 1),
                  extent(k, 1),
                  extent(q, 2),
                  extent(k, 2),
                  extent(q, 3),
                  extent(v, 3),
                  0,
                  false,
                  0,
                  0,
                  0};
  setting.scale = attrs.number();
  setting.causal = attrs.boolean();
  setting.dropout = attrs.number();
  require(setting.dropout >= 0 && setting.dropout <= 1, "attention: a probability lies outside [0, 1]");
  if (mask == nullptr) return setting;
  require(mask->rank == 4 && (mask->dtype == DType::kBool || mask->dtype == q.dtype), "attention: no such mask");
  require(mask->shape[0] == q.shape[0] && mask->shape[1] == q.shape[1] && mask->shape[2] == q.shape[2] &&
              mask->shape[3] == k.shape[2],
          "attention: the mask differs in shape from the scores");
  return setting;
}

template <class T>
void Tiles<T>::multiply(std::size_t rows, std::size_t cols, std::size_t k, Matrix<const T> a, Matrix<const T> b,
                        T alpha, bool accumulate, Matrix<T> c) const {
  const std::size_t width = panel_width(gemm_.blocking, cols);
  GemmPanel<T> panel{};
  panel.a = a.data;
  panel.a_row = a.row;
  panel.a_k = a.col;
  panel.segments = 1;
  panel.k = k;
  panel.b_k = b.row;
  panel.c_row = c.row;
  panel.rows = rows;
  panel.accumulate = accumulate;
  panel.alpha = alpha;
  for (std::size_t j = 0; j < cols; j += width) {
    panel.b = b.data + j;
    panel.c = c.data + j;
    panel.cols = std::min(width, cols - j);
    gemm_.panel(panel);
  }
}

template <class T>
void Tiles<T>::turn(Matrix<const T> rows, std::size_t count, std::size_t width, T* out) const {
  const std::size_t columns = padded(count), panel = panel_width(gemm_.blocking, columns);
  for (std::size_t j = 0; j < columns; j += panel) {
    const std::size_t mine = std::min(panel, columns - j), real = count > j ? std::min(mine, count - j) : 0;
    pack_panel(gemm_, Matrix<const T>{rows.at(j, 0), rows.col, rows.row}, width, real, out + j * width, mine);
  }
}

template <class T>
void Tiles<T>::multiply_turned(const Place& place, Matrix<const T> rows, const T* turned, std::size_t width, T alpha,
                               bool accumulate, T* tile) const {
  const std::size_t columns = padded(place.queries), panel = panel_width(gemm_.blocking, columns);
  for_key_steps(place, [&](std::size_t begin, std::size_t end) {
    const std::size_t first = place.diagonal ? place.first_query(begin) : 0;
    for (std::size_t j = first / panel * panel; j < columns; j += panel) {
      const std::size_t mine = std::min(panel, columns - j), skipped = first > j ? first - j : 0;
      const Matrix<const T> b{turned + j * width + skipped, static_cast<std::ptrdiff_t>(mine), 1};
      const Matrix<const T> a{rows.at(begin, 0), rows.row, rows.col};
      const Matrix<T> c{tile + begin * kQueries + j + skipped, kTileRow, 1};
      multiply(end - begin, mine - skipped, width, a, b, alpha, accumulate, c);
    }
  });
}

template <class T>
void Tiles<T>::scores(const Place& place, Matrix<const T> keys, const T* turned, T* tile) const {
  if (mask_ != nullptr) fill_with_mask(place, tile);
  const T alpha = static_cast<T>(setting_.scale * kLog2E);
  multiply_turned(place, keys, turned, setting_.width, alpha, mask_ != nullptr, tile);
  if (!place.diagonal) return;
  for (std::size_t j = 0; j < place.keys; j++) {
    const std::size_t key = place.key + j;
    if (key <= place.query) continue;
    T* row = tile + j * kQueries;
    std::fill(row, row + std::min(key - place.query, padded(place.queries)), -std::numeric_limits<T>::infinity());
  }
}

// What a mask adds to a score, in units of log 2; finite numbers stay finite.
template <class T>
T masked(T x) {
  const T added = x * static_cast<T>(kLog2E);
  return added < std::numeric_limits<T>::lowest() && x >= std::numeric_limits<T>::lowest()
             ? std::numeric_limits<T>::lowest()
             : added;
}

template <class T>
void Tiles<T>::fill_with_mask(const Place& place, T* tile) const {
  const Dims& strides = mask_->strides;
  const std::int64_t offset =
      static_cast<std::int64_t>(place.batch) * strides[0] + static_cast<std::int64_t>(place.head) * strides[1] +
      static_cast<std::int64_t>(place.query) * strides[2] + static_cast<std::int64_t>(place.key) * strides[3];
  const auto fill = [&](auto* mask, auto value) {
    mask += offset;
    for (std::size_t j = 0; j < place.keys; j++, mask += strides[3]) {
      T* row = tile + j * kQueries;
      if (strides[2] == 0) {  // one value for every query, as a mask of padding has
        std::fill(row, row + padded(place.queries), value(*mask));
        continue;
      }
      for (std::size_t i = 0; i < place.queries; i++) row[i] = value(mask[static_cast<std::int64_t>(i) * strides[2]]);
      std::fill(row + place.queries, row + padded(place.queries), T(0));
    }
  };
  if (mask_->dtype == DType::kBool) {
    fill(mask_->as<std::uint8_t>(),
         [](std::uint8_t visible) { return visible != 0 ? T(0) : -std::numeric_limits<T>::infinity(); });
  } else {
    fill(mask_->as<T>(), [](T added) { return masked(added); });
  }
}

template <class T>
void Tiles<T>::from_keys(const Place& place, const T* tile, Matrix<const T> values, std::size_t width, T alpha,
                         bool accumulate, Matrix<T> out) const {
  for_query_steps(place, [&](std::size_t begin, std::size_t end, std::size_t keys) {
    const Matrix<const T> a{tile + begin, 1, kTileRow};
    multiply(end - begin, width, keys, a, values, alpha, accumulate, {out.at(begin, 0), out.row, out.col});
  });
}

template <class T>
void Tiles<T>::from_queries(const Place& place, const T* tile, Matrix<const T> values, std::size_t width, T alpha,
                            bool accumulate, Matrix<T> out) const {
  for_key_steps(place, [&](std::size_t begin, std::size_t end) {
    const std::size_t first = place.diagonal ? place.first_query(begin) : 0;
    const Matrix<const T> a{tile + begin * kQueries + first, kTileRow, 1};
    const Matrix<const T> b{values.at(first, 0), values.row, values.col};
    multiply(end - begin, width, place.queries - first, a, b, alpha, accumulate, {out.at(begin, 0), out.row, out.col});
  });
}

// Element (b, h, i, j) of the scores is kept or not as `dropout` would keep it.
template <class T>
void Tiles<T>::drop(const Place& place, T* tile) const {
  if (setting_.dropout == 0) return;
  const T scale = setting_.dropout < 1 ? static_cast<T>(1 / (1 - setting_.dropout)) : T(0);
  const std::size_t head = place.batch * setting_.heads + place.head;
  for (std::size_t i = 0; i < place.queries; i++) {
    const std::size_t element = (head * setting_.queries + place.query + i) * setting_.keys + place.key;
    const std::size_t lead = element % 4;
    for (std::size_t j = 0; j < lead + place.keys; j += kTile) {
      Tile<float> unit;
      units(Source(setting_.key, setting_.counter), element - lead + j, unit);
      for (std::size_t n = j == 0 ? lead : 0; n < kTile && j + n < lead + place.keys; n++) {
        T& p = tile[(j + n - lead) * kQueries + i];
        p = unit[n] >= setting_.dropout ? p * scale : T(0);
      }
    }
  }
}

template class Tiles<float>;
template class Tiles<double>;

}  // namespace myelin::attention
