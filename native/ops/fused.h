#pragma once
#include <array>
#include <cstddef>
#include <cstdint>

#include "core/registry.h"

namespace myelin {

// Element-wise ops that pass over their operands together, a tile at a time, so that what one hands to the next stays in the
// first-level cache. Every op runs as it would alone, on views of a tile: the results are the same bits.
//
// Operands are registers, numbered: the inputs, the outputs, then tiles that only the program sees. As attributes it is the
// dtypes of those tiles behind their number, then the ops behind theirs, each as: number of the op, how many inputs it has,
// their registers, the register that it makes, and its attributes behind their number.
class TileProgram {
 public:
  // All views have one shape; outputs are row-major.
  TileProgram(const View* in, int inputs, View* out, int outputs, Attrs attrs, const KernelTable& kernels);

  std::size_t size() const { return size_; }
  // Ranges must begin at a multiple of this.
  std::size_t grain() const { return long_runs_ ? kAlign : inner_; }
  std::size_t steps() const { return static_cast<std::size_t>(steps_); }
  // How many elements are passed over, each op counted by itself.
  std::size_t work() const { return size_ * steps(); }
  // Elements [begin, end) in the order of memory of the outputs, on the calling thread.
  void run(std::size_t begin, std::size_t end) const;
  // `rows` times `cols` elements, rows `length` apart, from element `first` on, which may be any.
  void run_block(std::size_t first, std::size_t rows, std::size_t cols, std::size_t length) const;

 private:
  static constexpr int kMaxRegisters = 48;
  static constexpr int kMaxSteps = 32;
  static constexpr int kMaxArity = 3;
  static constexpr std::size_t kAlign = 64;  // of tiles in bytes, and of ranges

  enum class Source {
    kInPlace,   // a tile is a piece of memory, or one element again and again
    kGathered,  // a tile is put together from several runs
    kRepeated,  // so it is, and all tiles are alike
    kTile,      // made by the program
  };
  struct Register {
    Source source;
    DType dtype;
    const View* view;    // unless a tile
    std::size_t memory;  // place of the tile in scratch memory
    bool flat;           // lies as the outputs do
    bool known;          // may be read
  };
  struct Step {
    const OpInfo* op;
    int arity;
    std::array<int, kMaxArity + 1> registers;  // the last one is made
    bool halves;
    Attrs attrs{nullptr, 0};
  };
  struct Tile;  // where a thread is

  void read_view(const View& view, bool known);
  void read_tiles(Attrs& attrs);
  void read_steps(Attrs& attrs);
  Step read_step(Attrs& attrs);
  int read_register(Attrs& attrs) const;
  std::size_t tile_end(std::size_t begin, std::size_t end) const;
  void fill(Tile& tile, std::size_t begin, std::size_t n) const;
  void run_steps(const Tile& tile, std::size_t n) const;
  void run_copies(std::size_t first, std::size_t rows, std::size_t cols, std::size_t length) const;
  void copy_in(const Register& from, std::size_t begin, std::size_t n, char* to) const;
  void gather(const View& view, std::size_t begin, std::size_t n, char* to) const;
  char* element(const View& view, std::size_t index) const;

  const KernelTable& kernels_;
  View shape_;
  std::size_t size_, inner_;
  bool long_runs_ = true;   // runs of the last axis are so long that tiles are pieces of them
  std::size_t tile_ = 0;    // elements of a tile at most
  std::size_t memory_ = 0;  // bytes of scratch memory
  int registers_ = 0, inputs_, outputs_, steps_ = 0;
  std::array<Register, kMaxRegisters> register_{};
  std::array<Step, kMaxSteps> step_;
};

}  // namespace myelin
