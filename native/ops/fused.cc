#include "ops/fused.h"

#include <algorithm>
#include <cstring>

#include "core/command.h"
#include "core/pool.h"
#include "core/scratch.h"
#include "ops/support.h"

namespace myelin {
namespace {

// Of a tile: a few fit into the first-level cache, and handing out the ops costs little beside their work.
constexpr std::size_t kTileBytes = 16 << 10;

bool same_place(const View& view, const View& target) {
  for (int i = 0; i < target.rank; i++) {
    if (target.shape[i] != 1 && view.strides[i] != target.strides[i]) return false;
  }
  return true;
}

bool only_last_axis_moves(const View& view) {
  for (int i = 0; i + 1 < view.rank; i++) {
    if (view.shape[i] != 1 && view.strides[i] != 0) return false;
  }
  return true;
}

bool nothing_moves(const View& view) {
  return only_last_axis_moves(view) && (view.rank == 0 || view.strides[view.rank - 1] == 0);
}

template <class T>
void copy_run(const char* from, std::int64_t stride, char* to, std::size_t n) {
  const T* source = reinterpret_cast<const T*>(from);
  T* target = reinterpret_cast<T*>(to);
  for (std::size_t i = 0; i < n; i++) target[i] = source[static_cast<std::int64_t>(i) * stride];
}

void copy_run(const char* from, std::int64_t stride, char* to, std::size_t n, std::size_t item) {
  if (stride == 1) {
    std::memcpy(to, from, n * item);
  } else if (item == 1) {
    copy_run<std::uint8_t>(from, stride, to, n);
  } else if (item == 2) {
    copy_run<std::uint16_t>(from, stride, to, n);
  } else if (item == 4) {
    copy_run<std::uint32_t>(from, stride, to, n);
  } else {
    copy_run<std::uint64_t>(from, stride, to, n);
  }
}

}  // namespace

// The registers as they are for one tile.
struct TileProgram::Tile {
  std::array<char*, kMaxRegisters> data;
  std::array<std::int64_t, kMaxRegisters> stride;
  bool repeated = false;  // tiles that are all alike have been filled
};

TileProgram::TileProgram(const View* in, int inputs, View* out, int outputs, Attrs attrs, const KernelTable& kernels)
    : kernels_(kernels), inputs_(inputs), outputs_(outputs) {
  require(outputs > 0 && inputs + outputs <= kMaxRegisters, "fused: too many operands");
  shape_ = out[0];
  size_ = static_cast<std::size_t>(shape_.size());
  inner_ = size_ == 0 || shape_.rank == 0 ? 1 : static_cast<std::size_t>(shape_.shape[shape_.rank - 1]);
  std::size_t widest = 1;
  for (int i = 0; i < inputs + outputs; i++) {
    const View& view = i < inputs ? in[i] : out[i - inputs];
    require(view.same_shape(shape_), "fused: operands differ in shape");
    require(i < inputs || view.contiguous(), "fused: an output is not row-major");
    widest = std::max(widest, item_size(view.dtype));
  }
  tile_ = kTileBytes / std::max(widest, sizeof(float));
  long_runs_ = shape_.rank < 2 || inner_ >= tile_ / 4;
  if (!long_runs_) tile_ = tile_ / inner_ * inner_;
  for (int i = 0; i < inputs; i++) read_view(in[i], true);
  for (int i = 0; i < outputs; i++) read_view(out[i], false);
  read_tiles(attrs);
  read_steps(attrs);
  for (int i = 0; i < registers_; i++) require(register_[i].known, "fused: an output is not made");
}

void TileProgram::read_view(const View& view, bool known) {
  Register& added = register_[registers_++];
  const bool flat = same_place(view, shape_);
  added = {Source::kInPlace, view.dtype, &view, 0, flat, known};
  if (flat || long_runs_ || nothing_moves(view)) return;
  added.source = only_last_axis_moves(view) ? Source::kRepeated : Source::kGathered;
  added.memory = memory_;
  memory_ += (tile_ * item_size(view.dtype) + kAlign - 1) / kAlign * kAlign;
}

void TileProgram::read_tiles(Attrs& attrs) {
  const int count = attrs.choice(kMaxRegisters - registers_ + 1);
  for (int i = 0; i < count; i++) {
    const DType dtype = static_cast<DType>(attrs.choice(256));
    const std::size_t item = item_size(dtype);
    require(item > 0, "fused: a tile has an unknown dtype");
    register_[registers_++] = {Source::kTile, dtype, nullptr, memory_, true, false};
    memory_ += (tile_ * item + kAlign - 1) / kAlign * kAlign;
  }
}

void TileProgram::read_steps(Attrs& attrs) {
  steps_ = attrs.choice(kMaxSteps + 1);
  for (int i = 0; i < steps_; i++) step_[i] = read_step(attrs);
}

int TileProgram::read_register(Attrs& attrs) const { return attrs.choice(registers_); }

TileProgram::Step TileProgram::read_step(Attrs& attrs) {
  const std::vector<OpInfo>& ops = all_ops();
  Step step;
  step.op = &ops[static_cast<std::size_t>(attrs.choice(static_cast<int>(ops.size())))];
  require(step.op->elementwise, "fused: an op is not element-wise");
  step.arity = attrs.choice(kMaxArity + 1);
  require(step.op->inputs == step.arity, "fused: an op has the wrong number of inputs");
  step.halves = false;
  for (int i = 0; i <= step.arity; i++) {
    const int index = read_register(attrs);
    Register& operand = register_[index];
    step.registers[i] = index;
    step.halves = step.halves || is_half(operand.dtype);
    if (i < step.arity) require(operand.known, "fused: an op reads what has not been made");
    if (i == step.arity) require(index >= inputs_, "fused: an op overwrites an input");
  }
  register_[step.registers[step.arity]].known = true;
  step.attrs = attrs.part(attrs.integer());
  return step;
}

char* TileProgram::element(const View& view, std::size_t index) const {
  std::int64_t rest = static_cast<std::int64_t>(index), offset = 0;
  for (int axis = shape_.rank - 1; axis >= 0 && rest > 0; axis--) {
    offset += rest % shape_.shape[axis] * view.strides[axis];
    rest /= shape_.shape[axis];
  }
  return view.data + offset * static_cast<std::int64_t>(item_size(view.dtype));
}

void TileProgram::gather(const View& view, std::size_t begin, std::size_t n, char* to) const {
  const std::size_t item = item_size(view.dtype);
  const int last = shape_.rank - 1;
  const std::int64_t step = view.strides[last - 1] * static_cast<std::int64_t>(item);
  const std::size_t extent = static_cast<std::size_t>(shape_.shape[last - 1]);
  for (std::size_t row = begin / inner_, end = (begin + n) / inner_; row < end;) {
    // Neighbouring runs mostly differ in the next axis alone, which needs no division.
    const char* from = element(view, row * inner_);
    const std::size_t stop = std::min(end, row - row % extent + extent);
    for (; row < stop; row++, from += step, to += inner_ * item) copy_run(from, view.strides[last], to, inner_, item);
  }
}

std::size_t TileProgram::tile_end(std::size_t begin, std::size_t end) const {
  const std::size_t most = std::min(end, begin + tile_);
  return long_runs_ ? std::min(most, begin - begin % inner_ + inner_) : most;
}

// Finds or makes the tiles that the program reads.
void TileProgram::fill(Tile& tile, std::size_t begin, std::size_t n) const {
  for (int i = 0; i < registers_; i++) {
    const Register& operand = register_[i];
    if (operand.source == Source::kInPlace) {
      tile.data[i] =
          operand.flat ? operand.view->data + begin * item_size(operand.dtype) : element(*operand.view, begin);
    } else if (operand.source == Source::kGathered || (operand.source == Source::kRepeated && !tile.repeated)) {
      gather(*operand.view, begin, n, tile.data[i]);
    }
  }
  tile.repeated = true;
}

void TileProgram::run_steps(const Tile& tile, std::size_t n) const {
  std::array<View, kMaxArity + 1> views;
  for (View& view : views) view.rank = 1;
  for (int s = 0; s < steps_; s++) {
    const Step& step = step_[s];
    for (int i = 0; i <= step.arity; i++) {
      const int index = step.registers[i];
      views[i].data = tile.data[index];
      views[i].dtype = register_[index].dtype;
      views[i].shape[0] = static_cast<std::int64_t>(n);
      views[i].strides[0] = tile.stride[index];
    }
    OpCall call{views.data(), step.arity, views.data() + step.arity, 1, step.attrs, kernels_};
    execute(*step.op, call, step.halves);
  }
}

void TileProgram::run(std::size_t begin, std::size_t end) const {
  char* const memory = static_cast<char*>(scratch_bytes(Scratch::kTile, std::max<std::size_t>(memory_, 1)));
  Tile tile;
  for (int i = 0; i < registers_; i++) {
    const Register& operand = register_[i];
    const bool runs = operand.source == Source::kInPlace && !operand.flat && shape_.rank > 0;
    tile.data[i] = memory + operand.memory;
    tile.stride[i] = runs ? operand.view->strides[shape_.rank - 1] : 1;
  }
  while (begin < end) {
    const std::size_t stop = tile_end(begin, end);
    fill(tile, begin, stop - begin);
    run_steps(tile, stop - begin);
    begin = stop;
  }
}

void TileProgram::run_block(std::size_t first, std::size_t rows, std::size_t cols, std::size_t length) const {
  const auto whole = [&](std::size_t begin, std::size_t n) {
    return long_runs_ || (begin % inner_ == 0 && n % inner_ == 0);
  };
  if (rows == 1 || cols == length) {
    if (whole(first, rows * cols)) return run(first, first + rows * cols);
  } else if (long_runs_ && cols >= tile_ / 4) {
    for (std::size_t row = 0; row < rows; row++) run(first + row * length, first + row * length + cols);
    return;
  }
  const std::size_t width = std::min(cols, tile_), height = tile_ / width;
  for (std::size_t col = 0; col < cols; col += width) {
    for (std::size_t row = 0; row < rows; row += height) {
      run_copies(first + row * length + col, std::min(height, rows - row), std::min(width, cols - col), length);
    }
  }
}

// What a block holds in memory, between which other elements lie, is copied to tiles and back.
void TileProgram::run_copies(std::size_t first, std::size_t rows, std::size_t cols, std::size_t length) const {
  Tile tile;
  std::size_t bytes = 0;
  std::array<std::size_t, kMaxRegisters> places;
  for (int i = 0; i < registers_; i++) {
    places[i] = bytes;
    bytes += (rows * cols * item_size(register_[i].dtype) + kAlign - 1) / kAlign * kAlign;
    tile.stride[i] = 1;
  }
  char* const memory = static_cast<char*>(scratch_bytes(Scratch::kTile, bytes));
  for (int i = 0; i < registers_; i++) {
    tile.data[i] = memory + places[i];
    const std::size_t step = cols * item_size(register_[i].dtype);
    for (std::size_t row = 0; i < inputs_ && row < rows; row++) {
      copy_in(register_[i], first + row * length, cols, tile.data[i] + row * step);
    }
  }
  run_steps(tile, rows * cols);
  for (int i = inputs_; i < inputs_ + outputs_; i++) {
    const std::size_t item = item_size(register_[i].dtype);
    for (std::size_t row = 0; row < rows; row++) {
      std::memcpy(register_[i].view->data + (first + row * length) * item, tile.data[i] + row * cols * item,
                  cols * item);
    }
  }
}

void TileProgram::copy_in(const Register& from, std::size_t begin, std::size_t n, char* to) const {
  const std::size_t item = item_size(from.dtype);
  if (from.flat) {
    std::memcpy(to, from.view->data + begin * item, n * item);
    return;
  }
  const std::int64_t stride = from.view->strides[shape_.rank - 1];
  for (const std::size_t end = begin + n; begin < end;) {
    const std::size_t run = std::min(end - begin, inner_ - begin % inner_);
    copy_run(element(*from.view, begin), stride, to, run, item);
    begin += run;
    to += run * item;
  }
}

namespace {

void fused(OpCall& call) {
  const std::int64_t length = call.attrs.integer();
  const TileProgram program(call.in, call.inputs, call.out, call.outputs, call.attrs.part(length), call.kernels);
  if (program.size() == 0) return;
  const std::size_t chunks = chunks_for(program.work(), kGrain);
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(program.size(), chunks, chunk, program.grain());
    program.run(range.begin, range.end);
  });
}

}  // namespace

void register_fused(OpList& ops) { ops.push_back({"fused", kVariadic, kVariadic, fused, true}); }

}  // namespace myelin
