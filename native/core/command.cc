#include "core/command.h"

#include <cmath>
#include <cstdint>

#include "core/cpu.h"
#include "ops/halves.h"

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

// An op may read back what it has written as one output, such as places within a window, and must not find another there.
void require_apart(const View* outputs, int count) {
  for (int i = 0; i < count; i++) {
    for (int j = 0; j < i; j++) require(!overlap(outputs[i], outputs[j]), "two outputs share memory");
  }
}

bool known_dtype(std::int64_t code) { return item_size(static_cast<DType>(code)) != 0; }

}  // namespace

View Command::decode_view(double* row, std::size_t length, std::size_t& at, StorageTable& storages, bool output) {
  require(at + 4 <= length, "a command is cut short");
  double& handle = row[at];
  const std::int64_t dtype = whole(row[at + 1], 0, 255);
  require(known_dtype(dtype), "a command names an unknown dtype");
  const std::int64_t offset = whole(row[at + 2], 0, kMaxElements);
  View view;
  view.dtype = static_cast<DType>(dtype);
  halves_ = halves_ || is_half(view.dtype);
  view.rank = static_cast<int>(whole(row[at + 3], 0, kMaxRank));
  at += 4;
  require(at + 2 * static_cast<std::size_t>(view.rank) <= length, "a command is cut short");
  double elements = 1;
  for (int i = 0; i < view.rank; i++) {
    view.shape[i] = whole(row[at + i], 0, kMaxElements);
    view.strides[i] = whole(row[at + view.rank + i], -kMaxElements, kMaxElements);
    elements *= static_cast<double>(view.shape[i]);
    require(elements <= kMaxElements, "a view is too large");
  }
  at += 2 * view.rank;
  const std::int64_t size = static_cast<std::int64_t>(elements);

  const std::int64_t item = item_bytes(view);
  if (handle == kNewStorage) {
    require(output && offset == 0 && (size == 0 || view.dense()), "only a dense output can get a new storage");
    handle = storages.allocate(static_cast<std::size_t>(size * item));
    created_.push_back(handle);
    view.data = storages.at(handle).data;
    return view;
  }
  const StorageTable::Slot& slot = storages.at(handle);
  // Borrowed bytes may begin anywhere, but compilers count on whole elements.
  require(reinterpret_cast<std::uintptr_t>(slot.data) % static_cast<std::uintptr_t>(item) == 0,
          "a view is not aligned to its elements");
  view.data = slot.data + offset * item;
  if (size == 0) {
    view.data = slot.data;
    return view;
  }
  const Extent extent = extent_of(view);
  require(offset + extent.low >= 0 && (offset + extent.high + 1) * item <= static_cast<std::int64_t>(slot.bytes),
          "a view reaches outside its storage");
  return view;
}

void Command::execute(double* row, std::size_t length, StorageTable& storages) {
  require(length >= kHeader, "a command is cut short");
  const std::vector<OpInfo>& ops = all_ops();
  const OpInfo& op = ops[whole(row[0], 0, static_cast<double>(ops.size()) - 1)];
  const int inputs = static_cast<int>(whole(row[1], 0, kMaxViews));
  const int outputs = static_cast<int>(whole(row[2], 0, kMaxViews));
  const std::int64_t attributes = whole(row[3], 0, kMaxViews);
  require(op.inputs == kVariadic || op.inputs == inputs, "a command has the wrong number of inputs");
  require(op.outputs == kVariadic || op.outputs == outputs, "a command has the wrong number of outputs");
  std::size_t at = kHeader;
  for (int i = 0; i < inputs; i++) views_.push_back(decode_view(row, length, at, storages, false));
  for (int i = 0; i < outputs; i++) views_.push_back(decode_view(row, length, at, storages, true));
  require_apart(views_.data() + inputs, outputs);
  require(at + static_cast<std::size_t>(attributes) == length, "a command has the wrong length");
  OpCall call{
      views_.data(),   inputs, views_.data() + inputs, outputs, Attrs(row + at, static_cast<std::size_t>(attributes)),
      active_kernels()};
  if (halves_ && !op.halves) return run_in_float32(op, call);
  op.run(call);
}

void Command::run(double* row, std::size_t length, StorageTable& storages) {
  views_.clear();
  halves_ = false;
  created_.clear();
  try {
    execute(row, length, storages);
  } catch (...) {
    for (const double handle : created_) storages.release(handle);
    created_.clear();
    throw;
  }
}

}  // namespace myelin
