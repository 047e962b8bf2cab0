#pragma once
#include <cstddef>
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

class Command {
 public:
  // Decodes and checks row[0..length): afterwards every view lies inside a live storage. Fresh storages are made in
  // `storages`; when anything throws, none of them survives.
  void run(double* row, std::size_t length, StorageTable& storages);

  // Handles of the storages that the last run made, in order of outputs.
  const std::vector<double>& created() const { return created_; }

 private:
  View decode_view(double* row, std::size_t length, std::size_t& at, StorageTable& storages, bool output);
  void execute(double* row, std::size_t length, StorageTable& storages);

  std::vector<View> views_;
  bool halves_ = false;  // whether any of them is float16 or bfloat16
  std::vector<double> created_;
};

}  // namespace myelin
