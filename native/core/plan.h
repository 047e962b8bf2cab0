#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/command.h"
#include "core/registry.h"
#include "core/storage.h"

namespace myelin {

// Where the memory behind a slot of a plan comes from.
enum class SlotKind { kArena = 0, kBound = 1, kGiven = 2 };

// Whether a run is to end before its time: where nothing outside has been written yet, or anywhere, since nobody will see it.
enum class Stop { kNever, kBeforeCommit, kAtOnce };

// Commands whose views name slots instead of storages, decoded once and run many times.
//
// A plan is a list of numbers: for every slot its kind, its bytes, and its place (in the arena an offset in bytes, bound the
// handle of a storage, given 0), then rows as in core/command.h, each behind its length.
class Plan {
 public:
  struct Layout {
    std::size_t slots;
    std::size_t arena;    // bytes
    std::size_t commit;   // first command that writes into a bound slot: a run that has come so far is not stopped
    std::size_t lasting;  // how many commands come first whose results a run may find as an earlier one has left them
  };

  // `patches` are places in `numbers` that hold attributes, which every run may set anew.
  Plan(std::vector<double> numbers, const Layout& layout, std::vector<std::size_t> patches);
  Plan(const Plan&) = delete;
  Plan& operator=(const Plan&) = delete;
  ~Plan();

  // Numbers that a run takes: handle and offset in bytes of every given slot, in order, then a value for each patch, then
  // whether what the lasting commands read is still as it was when a run was last given 0.
  std::size_t arguments() const { return 2 * given_.size() + patches_.size() + 1; }
  // Finds the memory of a run, on the thread that owns `storages`. A run must end before the next is prepared.
  void prepare(const double* arguments, const StorageTable& storages);
  // Runs what was prepared, on any thread; one run at a time. False when `stop` came in time. `times`, unless null, gets the
  // milliseconds on a steady clock before every command and after the last.
  bool run(const std::atomic<Stop>& stop, double* times = nullptr);
  std::size_t commands() const { return steps_.size(); }
  // The command that the last run was at.
  std::size_t position() const { return position_; }

 private:
  struct Slot {
    SlotKind kind;
    std::size_t bytes;
    double place;
    std::size_t align = 1;  // item size of the widest view
    char* data = nullptr;
  };
  struct PlacedView {
    std::size_t slot;
    std::int64_t offset;  // bytes
  };
  struct Step {
    const OpInfo* op;
    int inputs;
    int outputs;
    bool halves;
    std::size_t first;  // of its views
    std::size_t attributes_at;
    std::size_t attributes;
  };

  void read_slots(const Layout& layout);
  void read_commands(std::size_t at, std::vector<bool>& patchable);
  void read_command(const double* row, std::size_t length, std::size_t at);
  void allocate_arena();
  char* memory_of(const Slot& slot, double handle, double offset, const StorageTable& storages) const;

  std::vector<double> numbers_;
  std::vector<std::size_t> patches_;
  std::vector<Slot> slots_;
  std::vector<std::size_t> given_;  // slots
  std::vector<PlacedView> places_;
  std::vector<View> views_;
  std::vector<Step> steps_;
  std::size_t commit_;
  std::size_t lasting_;
  const KernelTable* lasts_for_ =
      nullptr;         // by which the lasting commands have run to their end; each packs its own way
  bool skip_ = false;  // the run that was prepared last need not repeat them
  std::size_t position_ = 0;
  std::size_t arena_bytes_;
  char* arena_ = nullptr;
};

}  // namespace myelin
