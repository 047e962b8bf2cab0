#include "ops/conv_winograd.h"

#include <algorithm>
#include <optional>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/workspaces.h"

namespace myelin {
namespace winograd {

// In multiply-adds: turning a tile costs as much as 600 for each channel that it has before and after, turning the weights
// (or their gradient) as much as 1500 for each pair of channels, and reading turned ones, which are four times as large, 250;
// all are bound by memory more than by arithmetic.
bool pays(std::size_t batch, std::size_t height, std::size_t width, std::size_t in_channels, std::size_t out_channels,
          bool turned) {
  constexpr double kTurnTile = 600, kTurnWeights = 1500, kReadWeights = 250, kTaps = 9;
  const double in = static_cast<double>(in_channels), out = static_cast<double>(out_channels);
  const double tiles = static_cast<double>(Tiles(batch, height, width).count);
  const double pixels = static_cast<double>(batch) * static_cast<double>(height) * static_cast<double>(width);
  const double weights = turned ? kReadWeights : kTurnWeights;
  return (kPlanes * tiles + weights) * in * out + kTurnTile * tiles * (in + out) < kTaps * pixels * in * out;
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

TurnedWeights::TurnedWeights(const KernelTable& table, const Weights<float>& weights, std::size_t groups)
    : table_(table),
      kernels_(table),
      weights_(weights),
      groups_(groups),
      width_(panel_width(kernels_.blocking, weights.out_channels)),
      group_panels_(ceil_div(weights.out_channels, width_)),
      plane_(weights.in_channels * width_ + kPlaneGap) {}

namespace {

// Rows of weights that are turned together.
constexpr std::size_t kDepth = 16;

}  // namespace

void TurnedWeights::turn_all(float* to) const {
  const std::size_t depth = weights_.in_channels, steps = ceil_div(depth, kDepth);
  parallel_for(groups_ * group_panels_ * steps, [&](std::size_t chunk) {
    const std::size_t panel = chunk / steps, row = chunk % steps * kDepth;
    turn(panel, {row, std::min(depth, row + kDepth)}, to + panel * panel_size());
  });
}

void TurnedWeights::turn(std::size_t panel, Range rows, float* to) const {
  const std::size_t group = panel / group_panels_, column = panel % group_panels_ * width_;
  const std::size_t columns = std::min(width_, weights_.out_channels - column);
  const auto plane = static_cast<std::ptrdiff_t>(plane_);
  for (std::size_t row = rows.begin; row < rows.end; row += kDepth) {
    const std::size_t depth = std::min(kDepth, rows.end - row), size = depth * width_;
    float* taps = scratch<float>(Scratch::kPackB, 9 * size);
    for (std::size_t tap = 0; tap < 9; tap++) {
      Matrix<const float> matrix = weights_.matrix(group, tap / 3, tap % 3);
      matrix.data = matrix.at(row, column);
      pack_panel(kernels_, matrix, depth, columns, taps + tap * size, width_);
    }
    const auto step = static_cast<std::ptrdiff_t>(size);
    table_.f32_winograd_weights({taps, 3 * step, step, 0, 3, 0, 3, to + row * width_,
                                 static_cast<std::ptrdiff_t>(kBlock) * plane, plane, kBlock, kBlock, nullptr, size});
  }
}

namespace {

// Tiles that are turned, multiplied and turned back together: their planes stay in the second-level cache, and the weights
// are read once for so many.
constexpr std::size_t kTogether = 48;
class Correlation {
 public:
  Correlation(const KernelTable& table, const Images<const float>& in, const Weights<float>& weights, const float* bias,
              std::size_t groups, std::ptrdiff_t top, std::ptrdiff_t left, const Images<float>& out,
              const Finish* finish)
      : table_(table),
        kernels_(table),
        in_(in),
        weights_(weights),
        bias_(bias),
        groups_(groups),
        top_(top),
        left_(left),
        out_(out),
        finish_(finish),
        tiles_(out.count, out.height, out.width),
        depth_(weights.in_channels),
        turning_(table, weights, groups),
        panels_(turning_.group_panels()) {}

  // What there is more of is shared out: blocks of tiles, or panels of weights. Whether what follows has been done.
  bool run() const {
    const std::size_t blocks = std::max(ceil_div(tiles_.count, kTogether), few_blocks());
    if (blocks < panels_) {
      run_by_panels(blocks);
      return false;
    }
    run_by_tiles(blocks);
    return finish_ != nullptr;
  }

 private:
  // Few tiles are cut smaller, for other threads to have some.
  std::size_t few_blocks() const {
    constexpr std::size_t kMost = 4, kFewestTiles = 16, kLeastWork = 1500000;
    const std::size_t work = 2 * kPlanes * tiles_.count * depth_ * weights_.out_channels;
    return std::min({kMost, tiles_.count / kFewestTiles, chunks_for(work, kLeastWork)});
  }

  // All weights are turned first; then each block of tiles goes through the whole convolution.
  void run_by_tiles(std::size_t blocks) const {
    const std::size_t panel_size = turning_.panel_size();
    const std::size_t in_plane = kTogether * depth_ + kPlaneGap;
    const std::size_t out_plane = kTogether * weights_.out_channels + kPlaneGap;
    std::optional<Temporary> memory;
    const float* turned = weights_.packed;
    if (turned == nullptr) {
      float* const made = memory.emplace(turning_.elements() * sizeof(float)).as<float>();
      turning_.turn_all(made);
      turned = made;
    }
    Workspaces workspaces(groups_ * blocks, kPlanes * (in_plane + out_plane) * sizeof(float));
    parallel_for(groups_ * blocks, [&](std::size_t chunk) {
      const Workspaces::Lease workspace(workspaces);
      const Planes in = planes(workspace.as<float>(), in_plane, depth_);
      const Planes out = planes(workspace.as<float>() + kPlanes * in_plane, out_plane, weights_.out_channels);
      const std::size_t group = chunk / blocks;
      const Range tiles = chunk_range(tiles_.count, blocks, chunk % blocks);
      const float* group_weights = turned + group * panels_ * panel_size;
      input(group).turn(table_, tiles, in);
      for (std::size_t plane = 0; plane < kPlanes; plane++) {
        for (std::size_t panel = 0; panel < panels_; panel++) {
          multiply(in, tiles, plane, panel, group_weights + panel * panel_size,
                   out.at(plane, 0) + panel * turning_.width(), out.row);
        }
      }
      each_row(tiles, [&](Range row) {
        const Planes products{out.at(0, row.begin - tiles.begin), out.plane, out.row};
        turn_back(products, row, group * weights_.out_channels, weights_.out_channels);
        finish_row(row);
      });
    });
  }

  // All tiles are turned first; then each panel of weights is turned and goes through the rest.
  void run_by_panels(std::size_t blocks) const {
    // Turned weights of a panel have room in front of its products, unless all are there.
    const std::size_t panel_size = weights_.packed == nullptr ? turning_.panel_size() : 0, width = turning_.width();
    const std::size_t in_plane = tiles_.count * depth_ + kPlaneGap, out_plane = tiles_.count * width + kPlaneGap;
    const Temporary turned(kPlanes * in_plane * sizeof(float));
    Workspaces workspaces(panels_, (panel_size + kPlanes * out_plane) * sizeof(float));
    const Planes in = planes(turned.as<float>(), in_plane, depth_);
    const Range tiles{0, tiles_.count};
    for (std::size_t group = 0; group < groups_; group++) {
      parallel_for(blocks, [&](std::size_t block) {
        const Range mine = chunk_range(tiles_.count, blocks, block);
        input(group).turn(table_, mine, {in.at(0, mine.begin), in.plane, in.row});
      });
      parallel_for(panels_, [&](std::size_t panel) {
        const Workspaces::Lease workspace(workspaces);
        const Planes out = planes(workspace.as<float>() + panel_size, out_plane, width);
        const float* const weights = panel_at(group * panels_ + panel, workspace.as<float>());
        for (std::size_t plane = 0; plane < kPlanes; plane++) {
          multiply(in, tiles, plane, panel, weights, out.at(plane, 0), out.row);
        }
        turn_back(out, tiles, group * weights_.out_channels + panel * width, panel_columns(panel));
      });
    }
  }

  // Tiles that lie side by side in an image.
  template <class F>
  void each_row(Range tiles, const F& body) const {
    for (std::size_t begin = tiles.begin; begin < tiles.end;) {
      const std::size_t end = std::min(tiles.end, begin - begin % tiles_.cols + tiles_.cols);
      body(Range{begin, end});
      begin = end;
    }
  }

  // With one group, their pixels are final.
  void finish_row(Range tiles) const {
    const Tile first = tiles_.at(tiles.begin), last = tiles_.at(tiles.end - 1);
    const Range rows{first.y, std::min(out_.height, first.y + kTile)};
    out_.finish_rows(finish_, first.image, rows, {first.x, std::min(out_.width, last.x + kTile)});
  }

  static Planes planes(float* data, std::size_t plane, std::size_t row) {
    return {data, static_cast<std::ptrdiff_t>(plane), static_cast<std::ptrdiff_t>(row)};
  }

  InputTiles input(std::size_t group) const { return {in_, tiles_, top_, left_, group * depth_, depth_}; }

  std::size_t panel_columns(std::size_t panel) const {
    return std::min(turning_.width(), weights_.out_channels - panel * turning_.width());
  }

  // A panel of weights, counted over all groups, as they have been turned or else in `room`.
  const float* panel_at(std::size_t panel, float* room) const {
    if (weights_.packed != nullptr) return weights_.packed + panel * turning_.panel_size();
    turning_.turn(panel, {0, depth_}, room);
    return room;
  }

  // One plane of one panel of products.
  void multiply(const Planes& in, Range tiles, std::size_t plane, std::size_t panel, const float* weights, float* out,
                std::ptrdiff_t out_row) const {
    GemmPanel<float> call{};
    call.a = in.at(plane, 0);
    call.a_row = in.row;
    call.a_k = 1;
    call.segments = 1;
    call.k = depth_;
    call.b = weights + plane * turning_.plane();
    call.b_k = static_cast<std::ptrdiff_t>(turning_.width());
    call.b_padded = true;
    call.c = out;
    call.c_row = out_row;
    call.rows = tiles.end - tiles.begin;
    call.cols = panel_columns(panel);
    call.alpha = 1;
    kernels_.panel(call);
  }

  // Products to `channels` output channels from `first` on.
  void turn_back(const Planes& from, Range tiles, std::size_t first, std::size_t channels) const {
    WinogradBlock block{};
    block.in_row = static_cast<std::ptrdiff_t>(kBlock) * from.plane;
    block.in_col = from.plane;
    block.bottom = block.right = kBlock;
    block.out_row = out_.row;
    block.out_col = out_.pixel;
    block.bias = bias_ == nullptr ? nullptr : bias_ + first;
    block.width = channels;
    for (std::size_t index = tiles.begin; index < tiles.end; index++) {
      const Tile tile = tiles_.at(index);
      block.in = from.at(0, index - tiles.begin);
      block.out = out_.at(tile.image, tile.y, tile.x) + first;
      block.out_rows = std::min(kTile, out_.height - tile.y);
      block.out_cols = std::min(kTile, out_.width - tile.x);
      table_.f32_winograd_output(block);
    }
  }

  const KernelTable& table_;
  const GemmKernels<float> kernels_;
  const Images<const float>& in_;
  const Weights<float>& weights_;
  const float* bias_;
  const std::size_t groups_;
  const std::ptrdiff_t top_, left_;
  const Images<float>& out_;
  const Finish* finish_;
  const Tiles tiles_;
  const std::size_t depth_;
  const TurnedWeights turning_;
  const std::size_t panels_;  // of a group
};

}  // namespace
}  // namespace winograd

bool winograd_correlate(const KernelTable& kernels, const Images<const float>& in, const Weights<float>& weights,
                        const float* bias, std::size_t groups, const Reading& reading, const Images<float>& out,
                        const Finish* finish) {
  if (out.count == 0) return false;
  // Groups and phases leave gaps, which others fill.
  const bool whole = groups == 1 && reading.dilation_y == 1 && reading.dilation_x == 1;
  bool finished = false;
  for_phases(in, out, reading, [&](const auto& some_in, const auto& some_out, std::ptrdiff_t top, std::ptrdiff_t left) {
    const Finish* const mine = whole ? finish : nullptr;
    finished = winograd::Correlation(kernels, some_in, weights, bias, groups, top, left, some_out, mine).run();
  });
  return finished;
}

}  // namespace myelin
