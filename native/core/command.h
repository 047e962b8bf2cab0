#pragma once
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/registry.h"
#include "core/storage.h"

namespace myelin {

// A command is a row of doubles:
//   op, inputs, outputs, attributes,
//   then for every input and output: handle, dtype, offset, rank, shape[rank], strides[rank],
//   then the attributes.
// Offset and strides count elements. An output whose handle is kNewStorage gets a fresh storage that its view fills
// exactly; its handle is written back into the row, so the caller finds it where it asked for it.
constexpr double kNewStorage = -1;

// Reads a row from its beginning to its end and refuses whatever does not make sense, so that rows may be forged.
class CommandReader {
 public:
  CommandReader(const double* row, std::size_t length);

  const OpInfo& op() const { return *op_; }
  int inputs() const { return inputs_; }
  int outputs() const { return outputs_; }

  struct Reading {
    View view;  // without memory yet
    double handle;
    std::int64_t offset;
    std::size_t handle_at;  // place of the handle in the row
  };
  Reading view();
  // What is left of the row once all views are read.
  std::size_t attributes_at();
  std::size_t attributes() const { return attributes_; }

 private:
  const double* row_;
  std::size_t length_;
  std::size_t at_;
  const OpInfo* op_;
  int inputs_;
  int outputs_;
  std::size_t attributes_;
};

// The place, in bytes, of a view's first element in a block of memory; refuses one that reaches outside.
std::int64_t place_in(const View& view, std::int64_t offset, std::size_t bytes);

// Borrowed bytes may begin anywhere, but compilers count on whole elements.
void require_aligned(const void* data, std::size_t item);

// An op may read back what it has written as one output, such as places within a window, and must not find another there.
void require_apart(const View* outputs, int count);

// Runs an op on views that lie inside their blocks. `halves` tells whether any is float16 or bfloat16.
void execute(const OpInfo& op, OpCall& call, bool halves);

class Command {
 public:
  // Decodes, checks and runs row[0..length). Fresh storages are made in `storages`; when anything throws, none survives.
  void run(double* row, std::size_t length, StorageTable& storages);

  // Handles of the storages that the last run made, in order of outputs.
  const std::vector<double>& created() const { return created_; }

 private:
  View decode_view(double* row, CommandReader& reader, StorageTable& storages, bool output);
  void decode_and_execute(double* row, std::size_t length, StorageTable& storages);

  std::vector<View> views_;
  bool halves_ = false;
  std::vector<double> created_;
};

}  // namespace myelin
