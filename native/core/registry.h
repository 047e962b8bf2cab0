#pragma once
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/view.h"
#include "kernels/kernels.h"

namespace myelin {

class Finish;

// Attribute values of one command, read in the order in which the op's definition lists them.
class Attrs {
 public:
  Attrs(const double* values, std::size_t count) : next_(values), end_(values + count) {}
  double number();
  std::int64_t integer();  // refuses fractions and values beyond 2^53
  bool boolean() { return integer() != 0; }
  int choice(int options);                          // a string of a closed set, as its index; refuses others
  Dims integers(int& count, int limit = kMaxRank);  // a list, encoded as its length and its values
  Attrs part(std::int64_t count);                   // the next so many values by themselves

 private:
  const double* next_;
  const double* end_;
};

// What an op body gets: decoded views, attributes, and the kernels of the ISA in force.
struct OpCall {
  const View* in;
  int inputs;
  View* out;
  int outputs;
  Attrs attrs;
  const KernelTable& kernels;
  // What is to be done with each element of the result, which the op may do itself (ops/chain.h): `finished` tells that it has.
  const Finish* finish = nullptr;
  bool finished = false;
};

constexpr int kVariadic = -1;

// Op bodies trust views to lie inside their storages, and nothing else: they check every shape and dtype they rely on.
struct OpInfo {
  const char* name;
  int inputs;  // or kVariadic
  int outputs;
  void (*run)(OpCall& call);
  bool halves = false;  // takes float16 and bfloat16 as they are; other ops are given float32 instead
  // An element of the output depends on the elements at its own place, and is the same whatever else is computed with it:
  // so the op may be run piece by piece, and write onto an input (native/ops/fused.cc).
  bool elementwise = false;
};

// Runs an op that knows no halves (native/ops/halves.cc): it is given float32 copies of those among its inputs, and what it puts into float32
// stand-ins of its outputs is rounded into the halves asked for. An op without outputs has overwritten its inputs, so
// those are rounded back.
void run_in_float32(const OpInfo& op, const OpCall& call);

// All ops in order of registration; an op's index is its number in commands.
const std::vector<OpInfo>& all_ops();

// One function a family, called once by all_ops(); each is defined in the file of native/ops that bears its name.
using OpList = std::vector<OpInfo>;

template <class Ops>
void add_elementwise(OpList& list, const Ops& ops) {
  for (OpInfo op : ops) {
    op.elementwise = true;
    list.push_back(op);
  }
}

void register_elementwise(OpList& ops);
void register_special(OpList& ops);
void register_division(OpList& ops);
void register_bitwise(OpList& ops);
void register_cast(OpList& ops);
void register_reduce(OpList& ops);
void register_scan(OpList& ops);
void register_sort(OpList& ops);
void register_search(OpList& ops);
void register_histogram(OpList& ops);
void register_unique(OpList& ops);
void register_gemm(OpList& ops);
void register_gemm_integer(OpList& ops);
void register_triangular(OpList& ops);
void register_cholesky(OpList& ops);
void register_lu(OpList& ops);
void register_qr(OpList& ops);
void register_eigh(OpList& ops);
void register_svd(OpList& ops);
void register_conv(OpList& ops);
void register_pool2d(OpList& ops);
void register_batch_norm(OpList& ops);
void register_layer_norm(OpList& ops);
void register_group_norm(OpList& ops);
void register_resample(OpList& ops);
void register_embedding_bag(OpList& ops);
void register_softmax(OpList& ops);
void register_attention(OpList& ops);
void register_loss(OpList& ops);
void register_ctc(OpList& ops);
void register_ctc_beam(OpList& ops);
void register_index(OpList& ops);
void register_gather(OpList& ops);
void register_scatter(OpList& ops);
void register_masking(OpList& ops);
void register_windows(OpList& ops);
void register_advanced(OpList& ops);
void register_sampling(OpList& ops);
void register_move(OpList& ops);
void register_random(OpList& ops);
void register_optim(OpList& ops);
void register_adafactor(OpList& ops);
void register_lbfgs(OpList& ops);
void register_recurrent(OpList& ops);
void register_fft(OpList& ops);
void register_fused(OpList& ops);
void register_chain(OpList& ops);

}  // namespace myelin
