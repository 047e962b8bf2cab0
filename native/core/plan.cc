#include "core/plan.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/cpu.h"

namespace myelin {
namespace {

constexpr std::size_t kSlotWidth = 3;
constexpr std::size_t kArenaAlign = 64;
constexpr double kMaxBytes = 0x1p48;

std::size_t size_in(double value, double limit) {
  // Written so that NaN fails as well.
  require(value >= 0 && value <= limit, "a plan holds a number out of range");
  const std::size_t size = static_cast<std::size_t>(value);
  require(static_cast<double>(size) == value, "a plan holds a fraction where it needs an integer");
  return size;
}

double milliseconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(now).count();
}

}  // namespace

Plan::Plan(std::vector<double> numbers, const Layout& layout, std::vector<std::size_t> patches)
    : numbers_(std::move(numbers)),
      patches_(std::move(patches)),
      commit_(layout.commit),
      lasting_(layout.lasting),
      arena_bytes_(layout.arena) {
  read_slots(layout);
  std::vector<bool> patchable(numbers_.size(), false);
  read_commands(kSlotWidth * layout.slots, patchable);
  require(lasting_ <= steps_.size(), "a plan has fewer commands than are to last");
  for (const std::size_t patch : patches_) {
    require(patch < patchable.size() && patchable[patch], "a plan patches what is no attribute");
  }
  allocate_arena();
}

Plan::~Plan() {
  if (arena_ != nullptr) memory::release_alone(arena_, arena_bytes_);
}

void Plan::allocate_arena() {
  if (arena_bytes_ > 0) arena_ = static_cast<char*>(memory::allocate_alone(arena_bytes_));
  for (Slot& slot : slots_) {
    if (slot.kind != SlotKind::kArena) continue;
    slot.data = slot.bytes == 0 ? static_cast<char*>(memory::nothing()) : arena_ + static_cast<std::size_t>(slot.place);
  }
}

void Plan::read_slots(const Layout& layout) {
  require(layout.slots <= numbers_.size() / kSlotWidth, "a plan is cut short");
  slots_.reserve(layout.slots);
  for (std::size_t i = 0; i < layout.slots; i++) {
    const double* row = &numbers_[kSlotWidth * i];
    Slot slot{static_cast<SlotKind>(size_in(row[0], 2)), size_in(row[1], kMaxBytes), row[2]};
    if (slot.kind == SlotKind::kArena) {
      const std::size_t offset = size_in(slot.place, kMaxBytes);
      require(offset % kArenaAlign == 0 && offset + slot.bytes <= layout.arena, "a slot reaches outside its arena");
    }
    if (slot.kind == SlotKind::kGiven) given_.push_back(i);
    slots_.push_back(slot);
  }
}

void Plan::read_commands(std::size_t at, std::vector<bool>& patchable) {
  while (at < numbers_.size()) {
    const std::size_t length = size_in(numbers_[at], static_cast<double>(numbers_.size()));
    at++;
    require(length <= numbers_.size() - at, "a plan is cut short");
    read_command(&numbers_[at], length, at);
    const Step& step = steps_.back();
    std::fill_n(patchable.begin() + static_cast<std::ptrdiff_t>(step.attributes_at), step.attributes, true);
    at += length;
  }
}

void Plan::read_command(const double* row, std::size_t length, std::size_t at) {
  CommandReader reader(row, length);
  Step step{&reader.op(), reader.inputs(), reader.outputs(), false, views_.size(), 0, reader.attributes()};
  for (int i = 0; i < step.inputs + step.outputs; i++) {
    const CommandReader::Reading reading = reader.view();
    const std::size_t slot = size_in(reading.handle, static_cast<double>(slots_.size()) - 1);
    slots_[slot].align = std::max(slots_[slot].align, item_size(reading.view.dtype));
    step.halves = step.halves || is_half(reading.view.dtype);
    views_.push_back(reading.view);
    places_.push_back({slot, place_in(reading.view, reading.offset, slots_[slot].bytes)});
  }
  step.attributes_at = at + reader.attributes_at();
  steps_.push_back(step);
}

char* Plan::memory_of(const Slot& slot, double handle, double offset, const StorageTable& storages) const {
  const StorageTable::Slot& storage = storages.at(handle);
  const std::size_t begin = size_in(offset, kMaxBytes);
  require(begin + slot.bytes <= storage.bytes, "a plan needs more memory than it was given");
  require_aligned(storage.data + begin, slot.align);
  return storage.data + begin;
}

void Plan::prepare(const double* arguments, const StorageTable& storages) {
  for (Slot& slot : slots_) {
    if (slot.kind == SlotKind::kBound) slot.data = memory_of(slot, slot.place, 0, storages);
  }
  for (const std::size_t slot : given_) {
    slots_[slot].data = memory_of(slots_[slot], arguments[0], arguments[1], storages);
    arguments += 2;
  }
  for (const std::size_t patch : patches_) numbers_[patch] = *arguments++;
  skip_ = *arguments == 1;
  for (std::size_t i = 0; i < views_.size(); i++) views_[i].data = slots_[places_[i].slot].data + places_[i].offset;
  for (const Step& step : steps_) require_apart(&views_[step.first] + step.inputs, step.outputs);
}

bool Plan::run(const std::atomic<Stop>& stop, double* times) {
  const KernelTable& kernels = active_kernels();
  const std::size_t first = skip_ && lasts_for_ == &kernels ? lasting_ : 0;
  lasts_for_ = first > 0 ? &kernels : nullptr;
  if (times != nullptr) std::fill_n(times, first, milliseconds());
  for (position_ = first; position_ < steps_.size(); position_++) {
    const Stop wish = stop.load(std::memory_order_relaxed);
    if (wish == Stop::kAtOnce || (wish == Stop::kBeforeCommit && position_ <= commit_)) return false;
    const Step& step = steps_[position_];
    if (times != nullptr) times[position_] = milliseconds();
    View* views = views_.data() + step.first;
    OpCall call{views,
                step.inputs,
                views + step.inputs,
                step.outputs,
                Attrs(numbers_.data() + step.attributes_at, step.attributes),
                kernels};
    execute(*step.op, call, step.halves);
    if (position_ + 1 == lasting_) lasts_for_ = &kernels;
  }
  if (times != nullptr) times[position_] = milliseconds();
  return true;
}

}  // namespace myelin
