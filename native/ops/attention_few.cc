#include <cmath>
#include <limits>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/attention.h"

namespace myelin::attention {
namespace {

// Rows of scores that are made at a time: those of all heads that share a head of keys.
constexpr std::size_t kMostRows = 16;
// Each thread should read so many bytes of keys and values.
constexpr std::size_t kBytesPerChunk = 256 << 10;

template <class T>
class Few {
 public:
  Few(const KernelTable& table, const Setting& setting, const View* inputs, const View* mask, const View& out,
      T* log_sums)
      : table_(table),
        panel_(table),
        setting_(setting),
        q_(inputs[0], table),
        k_(inputs[1], table),
        v_(inputs[2], table),
        mask_(mask),
        out_(out),
        log_sums_(log_sums) {}

  void run() const {
    const std::size_t items = setting_.batch * setting_.key_heads;
    if (items == 0 || setting_.queries == 0) return;
    const std::size_t bytes = items * setting_.keys * (setting_.width + setting_.value_width) * sizeof(T);
    const std::size_t chunks = std::min(items, chunks_for(bytes, kBytesPerChunk));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range mine = chunk_range(items, chunks, chunk);
      for (std::size_t item = mine.begin; item < mine.end; item++) {
        attend(item / setting_.key_heads, item % setting_.key_heads);
      }
    });
  }

 private:
  // Row r is a query of one of the heads that share these keys.
  std::size_t rows() const { return setting_.group() * setting_.queries; }
  std::size_t head_of(std::size_t key_head, std::size_t r) const {
    return key_head * setting_.group() + r / setting_.queries;
  }

  void attend(std::size_t batch, std::size_t key_head) const {
    const std::size_t count = rows(), keys = setting_.keys, width = setting_.width, columns = setting_.value_width;
    T* scores = scratch<T>(Scratch::kTile, count * (keys + width + columns));
    T *queries = scores + count * keys, *results = queries + count * width;
    for (std::size_t r = 0; r < count; r++) {
      const T* query = q_.rows(batch, head_of(key_head, r), r % setting_.queries).data;
      for (std::size_t i = 0; i < width; i++) queries[r * width + i] = query[i] * static_cast<T>(setting_.scale);
    }
    score(batch, key_head, queries, scores);
    T sums[kMostRows];
    for (std::size_t r = 0; r < count; r++) {
      const std::size_t head = head_of(key_head, r), query = r % setting_.queries;
      add_mask(batch, head, query, scores + r * keys);
      sums[r] = exponentiate(scores + r * keys, log_sums_ + (batch * setting_.heads + head) * setting_.queries + query);
    }
    mix(batch, key_head, scores, results);
    for (std::size_t r = 0; r < count; r++) {
      T* out = output_rows<T>(out_, batch, head_of(key_head, r), r % setting_.queries).data;
      for (std::size_t i = 0; i < columns; i++) out[i] = sums[r] == 0 ? T(0) : results[r * columns + i] / sums[r];
    }
  }

  // So few keys at a time that the rows beyond the kernel's tile find them in the cache.
  void score(std::size_t batch, std::size_t key_head, const T* queries, T* scores) const {
    GemmDotsFn<T>* const dots = pick<T>(table_.f32_gemm_dots, table_.f64_gemm_dots);
    const std::ptrdiff_t width = static_cast<std::ptrdiff_t>(setting_.width);
    for (std::size_t key = 0; key < setting_.keys; key += kKeys) {
      const Matrix<const T> keys = k_.rows(batch, key_head, key);
      dots({queries, width, rows(), keys.data, keys.row, std::min(kKeys, setting_.keys - key), setting_.width,
            scores + key, static_cast<std::ptrdiff_t>(setting_.keys)});
    }
  }

  void add_mask(std::size_t batch, std::size_t head, std::size_t query, T* scores) const {
    if (mask_ == nullptr) return;
    const Dims& strides = mask_->strides;
    const std::int64_t offset = static_cast<std::int64_t>(batch) * strides[0] +
                                static_cast<std::int64_t>(head) * strides[1] +
                                static_cast<std::int64_t>(query) * strides[2];
    const auto apply = [&](const auto* mask, auto combine) {
      for (std::size_t i = 0; i < setting_.keys; i++) {
        scores[i] = combine(scores[i], mask[offset + static_cast<std::int64_t>(i) * strides[3]]);
      }
    };
    if (mask_->dtype == DType::kBool) {
      apply(mask_->as<std::uint8_t>(),
            [](T score, std::uint8_t visible) { return visible != 0 ? score : -std::numeric_limits<T>::infinity(); });
    } else {
      apply(mask_->as<T>(), [](T score, T added) { return score + added; });
    }
  }

  // Scores become their powers. Gives their sum, 0 where every score is -infinity, and its logarithm.
  T exponentiate(T* scores, T* log_sum) const {
    const std::size_t keys = setting_.keys;
    const T lowest = -std::numeric_limits<T>::infinity();
    const T greatest = keys == 0 ? lowest : pick<T>(table_.f32_max, table_.f64_max)(scores, keys);
    if (greatest == lowest) {
      std::fill(scores, scores + keys, T(0));
      *log_sum = lowest;
      return 0;
    }
    pick<T>(table_.f32_scale_shift, table_.f64_scale_shift)(scores, 1, T(1), -greatest, scores, keys);
    pick<T>(table_.f32_exp, table_.f64_exp)(scores, 1, scores, keys);
    const T sum = pick<T>(table_.f32_sum, table_.f64_sum)(scores, keys);
    *log_sum = static_cast<T>(kLog2E) * greatest + std::log2(sum);
    return sum;
  }

  void mix(std::size_t batch, std::size_t key_head, const T* scores, T* results) const {
    const std::size_t columns = setting_.value_width, width = panel_width(panel_.blocking, columns);
    const Matrix<const T> values = v_.rows(batch, key_head);
    GemmPanel<T> panel{};
    panel.a = scores;
    panel.a_row = static_cast<std::ptrdiff_t>(setting_.keys);
    panel.a_k = 1;
    panel.segments = 1;
    panel.k = setting_.keys;
    panel.b_k = values.row;
    panel.c_row = static_cast<std::ptrdiff_t>(columns);
    panel.rows = rows();
    panel.alpha = 1;
    for (std::size_t j = 0; j < columns; j += width) {
      panel.b = values.data + j;
      panel.c = results + j;
      panel.cols = std::min(width, columns - j);
      panel_.panel(panel);
    }
  }

  const KernelTable& table_;
  const GemmKernels<T> panel_;
  const Setting& setting_;
  const Heads<T> q_, k_, v_;
  const View* mask_;
  const View& out_;
  T* log_sums_;
};

}  // namespace

bool has_few_queries(const Setting& setting) {
  constexpr std::size_t kMostQueries = 4, kMostScores = std::size_t{1} << 20;
  if (setting.causal || setting.dropout != 0 || setting.queries > kMostQueries || setting.key_heads == 0) return false;
  const std::size_t rows = setting.queries * setting.group();
  return rows <= kMostRows && rows * setting.keys <= kMostScores;
}

template <class T>
void attend_few(const KernelTable& table, const Setting& setting, const View* inputs, const View* mask, const View& out,
                T* log_sums) {
  Few<T>(table, setting, inputs, mask, out, log_sums).run();
}

template void attend_few<float>(const KernelTable&, const Setting&, const View*, const View*, const View&, float*);
template void attend_few<double>(const KernelTable&, const Setting&, const View*, const View*, const View&, double*);

}  // namespace myelin::attention
