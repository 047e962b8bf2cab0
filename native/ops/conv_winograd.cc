#include "ops/conv_winograd.h"

#include <algorithm>

#include "core/pool.h"
#include "core/scratch.h"

namespace myelin {
namespace winograd {

// In multiply-adds: turning a tile costs as much as 600 for each channel that it has before and after, turning the weights
// (or their gradient) as much as 1500 for each pair of channels, and reading turned ones, which are four times as large, 250;
// all are bound by memory more than by arithmetic.
bool pays(const Work& work) {
  constexpr double kTurnTile = 600, kTurnWeights = 1500, kReadWeights = 250;
  const auto number = [](std::size_t value) { return static_cast<double>(value); };
  const double in = number(work.in_channels) * number(work.sources);
  const double out = number(work.out_channels) * number(work.targets);
  const double tiles = number(Tiles(work.batch, work.height, work.width).count);
  const double pixels = number(work.batch) * number(work.height) * number(work.width);
  const double weights = work.turned ? kReadWeights : kTurnWeights;
  const double direct = number(work.taps) * pixels * number(work.in_channels) * number(work.out_channels);
  return (kPlanes * tiles + weights) * in * out + kTurnTile * tiles * (in + out) < direct;
}

namespace {

// Rows or columns [begin, end) of a block that begins at `first` and lie in [0, extent).
Range inside(std::ptrdiff_t first, std::size_t extent) {
  const auto block = static_cast<std::ptrdiff_t>(kBlock);
  const std::ptrdiff_t begin = std::clamp<std::ptrdiff_t>(-first, 0, block);
  const std::ptrdiff_t end = std::clamp(static_cast<std::ptrdiff_t>(extent) - first, begin, block);
  return {static_cast<std::size_t>(begin), static_cast<std::size_t>(end)};
}

}  // namespace

void InputTiles::turn(const KernelTable& kernels, Range range, const Planes& to) const {
  WinogradBlock block{};
  block.in_row = images.row;
  block.in_col = images.pixel;
  block.out_row = static_cast<std::ptrdiff_t>(kBlock) * to.plane;
  block.out_col = to.plane;
  block.out_rows = block.out_cols = kBlock;
  block.width = channels;
  for (std::size_t index = range.begin; index < range.end; index++) {
    prefetch(index + 1);
    const Tile tile = tiles.at(index);
    const std::ptrdiff_t y = static_cast<std::ptrdiff_t>(tile.y) - top, x = static_cast<std::ptrdiff_t>(tile.x) - left;
    const Range rows = inside(y, images.height), cols = inside(x, images.width);
    block.top = rows.begin;
    block.bottom = rows.end;
    block.left = cols.begin;
    block.right = cols.end;
    block.in = images.at(tile.image, 0, 0) + y * images.row + x * images.pixel + first;
    block.out = to.at(0, index - range.begin);
    kernels.f32_winograd_input(block);
  }
}

// Rows and columns that the tile does not share with those before it. The hardware does not foresee so many short runs.
void InputTiles::prefetch(std::size_t index) const {
  if (index >= tiles.count) return;
  constexpr std::size_t kShared = kBlock - kTile, kLine = 64 / sizeof(float);
  const Tile tile = tiles.at(index);
  const std::ptrdiff_t y = static_cast<std::ptrdiff_t>(tile.y) - top, x = static_cast<std::ptrdiff_t>(tile.x) - left;
  const Range rows = inside(y, images.height), cols = inside(x, images.width);
  for (std::size_t i = std::max(rows.begin, kShared); i < rows.end; i++) {
    for (std::size_t j = std::max(cols.begin, kShared); j < cols.end; j++) {
      const float* at = images.at(tile.image, 0, 0) + (y + static_cast<std::ptrdiff_t>(i)) * images.row +
                        (x + static_cast<std::ptrdiff_t>(j)) * images.pixel + first;
      for (std::size_t c = 0; c < channels; c += kLine) __builtin_prefetch(at + c);
    }
  }
}

TurnedWeights::TurnedWeights(const KernelTable& table, const std::vector<Kernel>& sources, std::size_t groups)
    : table_(table),
      kernels_(table),
      sources_(sources),
      groups_(groups),
      depth_(sources[0].weights.in_channels),
      width_(panel_width(kernels_.blocking, sources[0].weights.out_channels)),
      group_panels_(ceil_div(sources[0].weights.out_channels, width_)),
      plane_(sources.size() * depth_ * width_ + kPlaneGap) {}

namespace {

// Rows of weights that are turned together.
constexpr std::size_t kDepth = 16;

}  // namespace

void TurnedWeights::turn_all(float* to) const {
  const std::size_t steps = ceil_div(depth_, kDepth), parts = sources_.size() * steps;
  parallel_for(groups_ * group_panels_ * parts, [&](std::size_t chunk) {
    const std::size_t panel = chunk / parts, source = chunk % parts / steps, row = chunk % steps * kDepth;
    turn(panel, source, {row, std::min(depth_, row + kDepth)}, to + panel * panel_size());
  });
}

void TurnedWeights::turn(std::size_t panel, float* to) const {
  for (std::size_t source = 0; source < sources_.size(); source++) {
    for (std::size_t row = 0; row < depth_; row += kDepth) {
      turn(panel, source, {row, std::min(depth_, row + kDepth)}, to);
    }
  }
}

// At most kDepth rows of a source, in all planes.
void TurnedWeights::turn(std::size_t panel, std::size_t source, Range rows, float* to) const {
  const auto& [weights, kernel_rows, kernel_cols] = sources_[source];
  const std::size_t group = panel / group_panels_, column = panel % group_panels_ * width_;
  const std::size_t columns = std::min(width_, weights.out_channels - column);
  const std::size_t depth = rows.end - rows.begin, size = depth * width_;
  float* taps = scratch<float>(Scratch::kPackB, 9 * size);
  for (std::size_t y = kernel_rows.begin; y < kernel_rows.end; y++) {
    for (std::size_t x = kernel_cols.begin; x < kernel_cols.end; x++) {
      Matrix<const float> matrix = weights.matrix(group, y - kernel_rows.begin, x - kernel_cols.begin);
      matrix.data = matrix.at(rows.begin, column);
      pack_panel(kernels_, matrix, depth, columns, taps + (3 * y + x) * size, width_);
    }
  }
  const auto step = static_cast<std::ptrdiff_t>(size), plane = static_cast<std::ptrdiff_t>(plane_);
  table_.f32_winograd_weights({taps, 3 * step, step, kernel_rows.begin, kernel_rows.end, kernel_cols.begin,
                               kernel_cols.end, to + (source * depth_ + rows.begin) * width_,
                               static_cast<std::ptrdiff_t>(kBlock) * plane, plane, kBlock, kBlock, nullptr, size});
}

}  // namespace winograd
}  // namespace myelin
