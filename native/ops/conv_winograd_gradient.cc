// The gradient of the weights by Winograd's algorithm: in each of 36 planes a product of x, turned, and dout, summed over
// all tiles; what comes out is turned to 3 x 3 kernels at the end.
#include <algorithm>

#include "core/pool.h"
#include "ops/conv_winograd.h"
#include "ops/partial_sums.h"
#include "ops/workspaces.h"

namespace myelin {
namespace winograd {
namespace {

// Tiles whose products are summed in registers before they are added to what is in memory.
constexpr std::size_t kTogether = 96;
// With that many tiles for each part, turning the sums of all parts costs little; sums of at most so many elements are kept.
constexpr std::size_t kParts = 8, kPartTiles = 512, kPartialElements = 1 << 20;

class Gradient {
 public:
  Gradient(const KernelTable& table, const ConvShape& shape, const Images<const float>& x,
           const Images<const float>& dout, std::ptrdiff_t top, std::ptrdiff_t left, float* gradient)
      : table_(table),
        kernels_(table),
        shape_(shape),
        x_(x),
        dout_(dout),
        top_(top),
        left_(left),
        tiles_(dout.count, dout.height, dout.width),
        channels_(shape.group_channels()),
        width_(panel_width(kernels_.blocking, shape.group_out_channels())),
        panels_(ceil_div(shape.group_out_channels(), width_)),
        elements_(9 * channels_ * shape.out_channels),
        parts_(tiles_.count >= kParts * kPartTiles && kParts * elements_ <= kPartialElements ? kParts : 1),
        part_tiles_(ceil_div(tiles_.count, parts_)),
        blocks_(ceil_div(part_tiles_, kTogether)),
        block_tiles_(ceil_div(part_tiles_, blocks_)),
        gradient_(gradient) {}

  // Each part turns and multiplies its own tiles; the loops inside are shared among threads when there is but one part.
  void run() const {
    const PartialSums<float> parts(table_, parts_, elements_, gradient_);
    const std::size_t sizes = x_size() + panels_ * (dout_panel() + sums_panel());
    Workspaces workspaces(parts_, sizes * sizeof(float));
    parallel_for(parts_, [&](std::size_t part) {
      const Workspaces::Lease workspace(workspaces);
      for (std::size_t group = 0; group < shape_.groups; group++) {
        add_tiles(group, chunk_range(tiles_.count, parts_, part), workspace.as<float>(), parts.part(part));
      }
    });
    parts.add();
  }

 private:
  std::size_t x_row() const { return channels_ + kPlaneGap; }
  std::size_t x_plane() const { return block_tiles_ * x_row(); }
  std::size_t x_size() const { return kPlanes * x_plane(); }
  std::size_t dout_plane() const { return block_tiles_ * width_ + kPlaneGap; }
  std::size_t dout_panel() const { return kPlanes * dout_plane(); }
  std::size_t sums_plane() const { return channels_ * width_ + kPlaneGap; }
  std::size_t sums_panel() const { return kPlanes * sums_plane(); }
  std::size_t panel_columns(std::size_t panel) const {
    return std::min(width_, shape_.group_out_channels() - panel * width_);
  }

  void add_tiles(std::size_t group, Range tiles, float* memory, float* gradient) const {
    const Planes x{memory, static_cast<std::ptrdiff_t>(x_plane()), static_cast<std::ptrdiff_t>(x_row())};
    float* const dout = memory + x_size();
    float* const sums = dout + panels_ * dout_panel();
    for (std::size_t block = 0; block < blocks_; block++) {
      const Range part = chunk_range(tiles.end - tiles.begin, blocks_, block);
      const Range mine{tiles.begin + part.begin, tiles.begin + part.end};
      turn(group, mine, x, dout);
      parallel_for(panels_ * kPlanes, [&](std::size_t chunk) {
        const std::size_t panel = chunk / kPlanes, plane = chunk % kPlanes;
        multiply(x, dout + panel * dout_panel(), mine, plane, panel, block > 0, sums + panel * sums_panel());
      });
    }
    parallel_for(panels_, [&](std::size_t panel) { turn_back(group, panel, sums + panel * sums_panel(), gradient); });
  }

  void turn(std::size_t group, Range tiles, const Planes& x, float* dout) const {
    constexpr std::size_t kStep = 12;
    const InputTiles input{x_, tiles_, top_, left_, group * channels_, channels_};
    const std::size_t count = tiles.end - tiles.begin, steps = ceil_div(count, kStep);
    parallel_for(steps, [&](std::size_t step) {
      const Range part = chunk_range(count, steps, step);
      const Range mine{tiles.begin + part.begin, tiles.begin + part.end};
      input.turn(table_, mine, {x.at(0, part.begin), x.plane, x.row});
      for (std::size_t panel = 0; panel < panels_; panel++) {
        turn_dout(group, panel, mine, dout + panel * dout_panel() + part.begin * width_);
      }
    });
  }

  void turn_dout(std::size_t group, std::size_t panel, Range tiles, float* to) const {
    const auto plane = static_cast<std::ptrdiff_t>(dout_plane());
    WinogradBlock block{};
    block.in_row = dout_.row;
    block.in_col = dout_.pixel;
    block.out = to;
    block.out_row = static_cast<std::ptrdiff_t>(kBlock) * plane;
    block.out_col = plane;
    block.out_rows = block.out_cols = kBlock;
    block.width = panel_columns(panel);
    for (std::size_t index = tiles.begin; index < tiles.end; index++, block.out += width_) {
      const Tile tile = tiles_.at(index);
      block.in = dout_.at(tile.image, tile.y, tile.x) + group * shape_.group_out_channels() + panel * width_;
      block.bottom = std::min(kTile, dout_.height - tile.y);
      block.right = std::min(kTile, dout_.width - tile.x);
      table_.f32_winograd_dout(block);
    }
  }

  void multiply(const Planes& x, const float* dout, Range tiles, std::size_t plane, std::size_t panel, bool accumulate,
                float* sums) const {
    GemmPanel<float> call{};
    call.a = x.at(plane, 0);
    call.a_row = 1;
    call.a_k = x.row;
    call.segments = 1;
    call.k = tiles.end - tiles.begin;
    call.b = dout + plane * dout_plane();
    call.b_k = static_cast<std::ptrdiff_t>(width_);
    call.c = sums + plane * sums_plane();
    call.c_row = static_cast<std::ptrdiff_t>(width_);
    call.rows = channels_;
    call.cols = panel_columns(panel);
    call.accumulate = accumulate;
    call.alpha = 1;
    kernels_.panel(call);
  }

  // The sums of a panel to its columns of the gradient, whose rows are the taps of one channel after another.
  void turn_back(std::size_t group, std::size_t panel, const float* sums, float* gradient) const {
    const auto plane = static_cast<std::ptrdiff_t>(sums_plane()),
               row = static_cast<std::ptrdiff_t>(shape_.out_channels);
    WinogradBlock block{};
    block.in = sums;
    block.in_row = static_cast<std::ptrdiff_t>(kBlock) * plane;
    block.in_col = plane;
    block.bottom = block.right = kBlock;
    block.out = gradient + group * shape_.group_out_channels() + panel * width_;
    block.out_row = 3 * row;
    block.out_col = row;
    block.out_rows = block.out_cols = 3;
    block.width = panel_columns(panel);
    for (std::size_t channel = 0; channel < channels_; channel++, block.in += width_, block.out += 9 * row) {
      table_.f32_winograd_dweights(block);
    }
  }

  const KernelTable& table_;
  const GemmKernels<float> kernels_;
  const ConvShape& shape_;
  const Images<const float>& x_;
  const Images<const float>& dout_;
  const std::ptrdiff_t top_, left_;
  const Tiles tiles_;
  const std::size_t channels_, width_, panels_, elements_, parts_, part_tiles_, blocks_, block_tiles_;
  float* const gradient_;
};

}  // namespace
}  // namespace winograd

void winograd_weight_gradient(const KernelTable& kernels, const ConvShape& shape, const Images<const float>& x,
                              const Images<const float>& dout, float* gradient) {
  const Reading reading = reading_of(shape);
  const std::size_t phases = std::min(shape.dilation_y, dout.height) * std::min(shape.dilation_x, dout.width);
  const PartialSums<float> parts(kernels, phases, 9 * shape.group_channels() * shape.out_channels, gradient);
  std::size_t phase = 0;
  for_phases(x, dout, reading, [&](const auto& some_x, const auto& some, std::ptrdiff_t top, std::ptrdiff_t left) {
    winograd::Gradient(kernels, shape, some_x, some, top, left, parts.part(phase++)).run();
  });
  parts.add();
}

}  // namespace myelin
