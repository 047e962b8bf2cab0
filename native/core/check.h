#pragma once
#include <stdexcept>
#include <string>

namespace myelin {

// The only exception of the native side. `code` is one of the codes of MyelinError (lib/tensor/errors.ts).
class Error : public std::runtime_error {
 public:
  Error(const char* code, const std::string& message) : std::runtime_error(message), code_(code) {}
  const char* code() const { return code_; }

 private:
  const char* code_;
};

[[noreturn]] inline void fail(const char* code, const std::string& message) { throw Error(code, message); }

// For what TypeScript has already checked with a better message: it fails only when a command row is forged.
inline void require(bool condition, const char* message) {
  if (!condition) fail("COMMAND", message);
}

}  // namespace myelin
