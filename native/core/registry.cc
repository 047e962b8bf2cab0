#include "core/registry.h"

namespace myelin {

double Attrs::number() {
  require(next_ < end_, "too few attributes");
  return *next_++;
}

std::int64_t Attrs::integer() {
  const double value = number();
  require(value >= -9007199254740992.0 && value <= 9007199254740992.0, "an attribute is out of range");
  const std::int64_t integer = static_cast<std::int64_t>(value);
  require(static_cast<double>(integer) == value, "an attribute is no integer");
  return integer;
}

int Attrs::choice(int options) {
  const std::int64_t value = integer();
  require(value >= 0 && value < options, "an attribute is not one of its options");
  return static_cast<int>(value);
}

Dims Attrs::integers(int& count, int limit) {
  const std::int64_t length = integer();
  require(length >= 0 && length <= limit && length <= kMaxRank, "an attribute list has another length than expected");
  count = static_cast<int>(length);
  Dims values{};
  for (int i = 0; i < count; i++) values[i] = integer();
  return values;
}

Attrs Attrs::part(std::int64_t count) {
  require(count >= 0 && count <= end_ - next_, "too few attributes");
  const double* const begin = next_;
  next_ += count;
  return Attrs(begin, static_cast<std::size_t>(count));
}

const std::vector<OpInfo>& all_ops() {
  static const OpList ops = [] {
    OpList list;
    register_elementwise(list);
    register_special(list);
    register_division(list);
    register_bitwise(list);
    register_cast(list);
    register_reduce(list);
    register_scan(list);
    register_sort(list);
    register_search(list);
    register_histogram(list);
    register_unique(list);
    register_gemm(list);
    register_gemm_integer(list);
    register_triangular(list);
    register_cholesky(list);
    register_lu(list);
    register_qr(list);
    register_eigh(list);
    register_svd(list);
    register_conv(list);
    register_pool2d(list);
    register_batch_norm(list);
    register_layer_norm(list);
    register_group_norm(list);
    register_resample(list);
    register_embedding_bag(list);
    register_softmax(list);
    register_attention(list);
    register_loss(list);
    register_ctc(list);
    register_ctc_beam(list);
    register_index(list);
    register_gather(list);
    register_scatter(list);
    register_masking(list);
    register_windows(list);
    register_advanced(list);
    register_sampling(list);
    register_move(list);
    register_random(list);
    register_optim(list);
    register_adafactor(list);
    register_lbfgs(list);
    register_recurrent(list);
    register_fft(list);
    register_fused(list);
    register_chain(list);
    return list;
  }();
  return ops;
}

}  // namespace myelin
