#include "core/command.h"

#include <cmath>
#include <cstdint>

#include "core/cpu.h"

namespace myelin {
namespace {

constexpr int kHeader = 4;
constexpr int kMaxViews = 1 << 16;
constexpr double kMaxElements = 0x1p46;

std::int64_t whole(double value, double low, double high) {
  // Written so that NaN fails as well.
  require(value >= low && value <= high, "a command holds a number out of range");
  const std::int64_t integer = static_cast<std::int64_t>(value);
  require(static_cast<double>(integer) == value, "a command holds a fraction where it needs an integer");
  return integer;
}

struct Extent {
  std::int64_t low = 0;   // smallest element offset a view reaches, relative to its own offset
  std::int64_t high = 0;  // largest
};

// Doubles hold these products exactly enough to be compared with a limit far below 2^53, without costly divisions.
Extent extent_of(const View& view) {
  Extent extent;
  for (int i = 0; i < view.rank; i++) {
    const std::int64_t stride = view.strides[i], steps = view.shape[i] - 1;
    require(std::abs(static_cast<double>(stride) * static_cast<double>(steps)) <= kMaxElements, "a view is too large");
    (stride < 0 ? extent.low : extent.high) += stride * steps;
  }
  return extent;
}

std::int64_t item_bytes(const View& view) { return static_cast<std::int64_t>(item_size(view.dtype)); }

bool overlap(const View& a, const View& b) {
  if (a.size() == 0 || b.size() == 0) return false;
  const auto first = [](const View& view) { return view.data + extent_of(view).low * item_bytes(view); };
  const auto end = [](const View& view) { return view.data + (extent_of(view).high + 1) * item_bytes(view); };
  return first(a) < end(b) && first(b) < end(a);
}

bool known_dtype(std::int64_t code) { return item_size(static_cast<DType>(code)) != 0; }

}  // namespace

void require_apart(const View* outputs, int count) {
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < i; j++) require(!overlap(outputs[i], outputs[j]), "two outputs share memory");
  }
}

void require_aligned(const void* data, std::size_t item) {
  require(reinterpret_cast<std::uintptr_t>(data) % item == 0, "a view is not aligned to its elements");
}

std::int64_t place_in(const View& view, std::int64_t offset, std::size_t bytes) {
  if (view.size() == 0) return 0;
  const Extent extent = extent_of(view);
  const std::int64_t item = item_bytes(view);
  require(offset + extent.low >= 0 && (offset + extent.high + 1) * item <= static_cast<std::int64_t>(bytes),
          "a view reaches outside its storage");
  return offset * item;
}

CommandReader::CommandReader(const double* row, std::size_t length) : row_(row), length_(length), at_(kHeader) {
  require(length >= kHeader, "a command is cut short");
  const std::vector<OpInfo>& ops = all_ops();
  op_ = &ops[whole(row[0], 0, static_cast<double>(ops.size()) - 1)];
  inputs_ = static_cast<int>(whole(row[1], 0, kMaxViews));
  outputs_ = static_cast<int>(whole(row[2], 0, kMaxViews));
  attributes_ = static_cast<std::size_t>(whole(row[3], 0, kMaxViews));
  require(op_->inputs == kVariadic || op_->inputs == inputs_, "a command has the wrong number of inputs");
  require(op_->outputs == kVariadic || op_->outputs == outputs_, "a command has the wrong number of outputs");
}

CommandReader::Reading CommandReader::view() {
  require(at_ + 4 <= length_, "a command is cut short");
  Reading reading{View(), row_[at_], 0, at_};
  View& view = reading.view;
  const std::int64_t dtype = whole(row_[at_ + 1], 0, 255);
  require(known_dtype(dtype), "a command names an unknown dtype");
  reading.offset = whole(row_[at_ + 2], 0, kMaxElements);
  view.dtype = static_cast<DType>(dtype);
  view.rank = static_cast<int>(whole(row_[at_ + 3], 0, kMaxRank));
  at_ += 4;
  require(at_ + 2 * static_cast<std::size_t>(view.rank) <= length_, "a command is cut short");
  double elements = 1;
  for (int i = 0; i < view.rank; i++) {
    view.shape[i] = whole(row_[at_ + i], 0, kMaxElements);
    view.strides[i] = whole(row_[at_ + view.rank + i], -kMaxElements, kMaxElements);
    elements *= static_cast<double>(view.shape[i]);
    require(elements <= kMaxElements, "a view is too large");
  }
  at_ += 2 * view.rank;
  return reading;
}

std::size_t CommandReader::attributes_at() {
  require(at_ + attributes_ == length_, "a command has the wrong length");
  return at_;
}

void execute(const OpInfo& op, OpCall& call, bool halves) {
  if (halves && !op.halves) return run_in_float32(op, call);
  op.run(call);
}

View Command::decode_view(double* row, CommandReader& reader, StorageTable& storages, bool output) {
  CommandReader::Reading reading = reader.view();
  View& view = reading.view;
  halves_ = halves_ || is_half(view.dtype);
  if (reading.handle == kNewStorage) {
    const std::int64_t size = view.size();
    require(output && reading.offset == 0 && (size == 0 || view.dense()), "only a dense output can get a new storage");
    const double handle = storages.allocate(static_cast<std::size_t>(size * item_bytes(view)));
    row[reading.handle_at] = handle;
    created_.push_back(handle);
    view.data = storages.at(handle).data;
    return view;
  }
  const StorageTable::Slot& slot = storages.at(reading.handle);
  require_aligned(slot.data, item_size(view.dtype));
  view.data = slot.data + place_in(view, reading.offset, slot.bytes);
  return view;
}

void Command::decode_and_execute(double* row, std::size_t length, StorageTable& storages) {
  CommandReader reader(row, length);
  const int inputs = reader.inputs(), outputs = reader.outputs();
  for (int i = 0; i < inputs; i++) views_.push_back(decode_view(row, reader, storages, false));
  for (int i = 0; i < outputs; i++) views_.push_back(decode_view(row, reader, storages, true));
  require_apart(views_.data() + inputs, outputs);
  OpCall call{views_.data(),
              inputs,
              views_.data() + inputs,
              outputs,
              Attrs(row + reader.attributes_at(), reader.attributes()),
              active_kernels()};
  execute(reader.op(), call, halves_);
}

void Command::run(double* row, std::size_t length, StorageTable& storages) {
  views_.clear();
  halves_ = false;
  created_.clear();
  try {
    decode_and_execute(row, length, storages);
  } catch (...) {
    for (const double handle : created_) storages.release(handle);
    created_.clear();
    throw;
  }
}

}  // namespace myelin
