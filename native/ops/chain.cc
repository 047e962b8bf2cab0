#include "ops/chain.h"

#include <vector>

#include "core/command.h"
#include "core/pool.h"
#include "ops/support.h"

namespace myelin {

void Finish::block(const void* first, std::size_t rows, std::size_t cols, std::ptrdiff_t length) const {
  program_.run_block(place_of(first), rows, cols, static_cast<std::size_t>(length));
}

void Finish::run(const void* first, std::size_t count, bool shared) const {
  const std::size_t begin = place_of(first);
  const std::size_t chunks = shared ? chunks_for(count * program_.steps(), kGrain) : 1;
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(count, chunks, chunk, program_.grain());
    program_.run_block(begin + range.begin, 1, range.end - range.begin, 0);
  });
}

namespace {

// A product and element-wise ops behind it, as one command. Its inputs are those of the product, then those of the program
// (ops/fused.h) but for the product's result, which lies where an output of the command does: one that the program writes
// when it has read the result, or one of its own, the last.
struct Chain {
  const OpInfo& product;
  int inputs;   // of the product
  int place;    // of its result among the inputs of the program
  int outputs;  // of the program
  int home;     // the output of the command in whose memory the result lies
  View result;
  Attrs attrs;  // of the product
  Attrs program;
};

const OpInfo& read_op(Attrs& attrs) {
  const std::vector<OpInfo>& ops = all_ops();
  return ops[static_cast<std::size_t>(attrs.choice(static_cast<int>(ops.size())))];
}

View read_result(const View& home, Attrs& attrs) {
  View result = home;
  int count = 0;
  result.shape = attrs.integers(result.rank);
  result.strides = attrs.integers(count);
  require(count == result.rank, "chain: a result has not a stride for each axis");
  // Their product must not overflow.
  std::int64_t room = home.size();
  for (int i = 0; i < count; i++) {
    require(result.shape[i] > 0 && result.shape[i] <= room, "chain: a result is larger than its place");
    room /= result.shape[i];
  }
  require(home.contiguous() && result.size() == home.size() && result.dense(),
          "chain: a result is not where it belongs");
  return result;
}

Chain read_chain(const OpCall& call, Attrs attrs) {
  const OpInfo& product = read_op(attrs);
  const int inputs = attrs.choice(call.inputs + 1), place = attrs.choice(call.inputs - inputs + 1);
  require(product.inputs == inputs && product.outputs == 1, "chain: an op has another number of operands");
  const int outputs = attrs.choice(call.outputs + 1);
  const int home = attrs.choice(call.outputs);
  require(outputs > 0 && (outputs == call.outputs || (outputs + 1 == call.outputs && home == outputs)),
          "chain: an output belongs to nobody");
  const View result = read_result(call.out[home], attrs);
  const Attrs own = attrs.part(attrs.integer());
  return {product, inputs, place, outputs, home, result, own, attrs.part(attrs.integer())};
}

// The result as the program reads it: row by row, in the shape of the program.
View as_operand(const OpCall& call, const Chain& chain) {
  const View& shape = call.out[0];
  require(shape.size() == chain.result.size(), "chain: operands differ in size");
  return contiguous_view(chain.result.data, chain.result.dtype, shape.shape.data(), shape.rank);
}

void chain(OpCall& call) {
  Chain parts = read_chain(call, call.attrs.part(call.attrs.integer()));
  std::vector<View> operands(call.in + parts.inputs, call.in + call.inputs);
  operands.insert(operands.begin() + parts.place, as_operand(call, parts));
  const TileProgram program(operands.data(), static_cast<int>(operands.size()), call.out, parts.outputs, parts.program,
                            call.kernels);
  if (program.size() == 0) return;
  const Finish finish(program, parts.result.data, item_size(parts.result.dtype));
  OpCall product{call.in, parts.inputs, &parts.result, 1, parts.attrs, call.kernels, &finish};
  bool halves = is_half(parts.result.dtype);
  for (int i = 0; i < parts.inputs; i++) halves = halves || is_half(call.in[i].dtype);
  execute(parts.product, product, halves);
  if (!product.finished) finish.run(parts.result.data, program.size(), true);
}

}  // namespace

void register_chain(OpList& ops) { ops.push_back({"chain", kVariadic, kVariadic, chain, true}); }

}  // namespace myelin
