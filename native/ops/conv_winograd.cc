#include "ops/conv_winograd.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/workspaces.h"

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

namespace {

// Tiles that are turned, multiplied and turned back together: their planes stay in the second-level cache, and the weights
// are read once for so many.
constexpr std::size_t kTogether = 48;
class Correlation {
 public:
  // Sources and targets have as many channels as each other; outputs are of the same extents; bias and what follows are for a
  // single target.
  Correlation(const KernelTable& table, const std::vector<Images<const float>>& sources,
              const std::vector<Target>& targets, const float* bias, std::size_t groups, std::ptrdiff_t top,
              std::ptrdiff_t left, const Finish* finish)
      : table_(table),
        kernels_(table),
        sources_(sources),
        targets_(targets),
        bias_(bias),
        groups_(groups),
        top_(top),
        left_(left),
        finish_(finish),
        tiles_(targets[0].out.count, targets[0].out.height, targets[0].out.width),
        channels_(targets[0].kernels[0].weights.in_channels),
        depth_(sources.size() * channels_),
        out_channels_(targets[0].kernels[0].weights.out_channels),
        packed_(targets[0].kernels[0].weights.packed) {
    for (const Target& target : targets) turnings_.emplace_back(table, target.kernels, groups);
    panels_ = turnings_[0].group_panels();
    width_ = turnings_[0].width();
    panel_size_ = turnings_[0].panel_size();
  }

  // What there is more of is shared out: blocks of tiles, or panels of weights. Whether what follows has been done.
  bool run() const {
    const std::size_t blocks = std::max(ceil_div(tiles_.count, kTogether), few_blocks());
    if (blocks < panels_ * targets_.size()) {
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
    const std::size_t work = 2 * kPlanes * tiles_.count * depth_ * out_channels_ * targets_.size();
    return std::min({kMost, tiles_.count / kFewestTiles, chunks_for(work, kLeastWork)});
  }

  // All weights are turned first; then each block of tiles goes through the whole convolution.
  void run_by_tiles(std::size_t blocks) const {
    const std::size_t in_plane = kTogether * depth_ + kPlaneGap, out_plane = kTogether * out_channels_ + kPlaneGap;
    const std::size_t size = turnings_[0].elements();
    std::optional<Temporary> memory;
    const float* turned = packed_;
    if (turned == nullptr) {
      float* const made = memory.emplace(targets_.size() * size * sizeof(float)).as<float>();
      for (std::size_t t = 0; t < targets_.size(); t++) turnings_[t].turn_all(made + t * size);
      turned = made;
    }
    Workspaces workspaces(groups_ * blocks, kPlanes * (in_plane + out_plane) * sizeof(float));
    parallel_for(groups_ * blocks, [&](std::size_t chunk) {
      const Workspaces::Lease workspace(workspaces);
      const Planes in = planes(workspace.as<float>(), in_plane, depth_);
      const Planes out = planes(workspace.as<float>() + kPlanes * in_plane, out_plane, out_channels_);
      const std::size_t group = chunk / blocks;
      const Range tiles = chunk_range(tiles_.count, blocks, chunk % blocks);
      turn_inputs(group, tiles, in);
      for (std::size_t t = 0; t < targets_.size(); t++) {
        const float* const weights = turned + t * size + group * panels_ * panel_size_;
        for (std::size_t plane = 0; plane < kPlanes; plane++) {
          for (std::size_t panel = 0; panel < panels_; panel++) {
            multiply(in, tiles, plane, panel, weights + panel * panel_size_, out.at(plane, 0) + panel * width_,
                     out.row);
          }
        }
        each_row(tiles, [&](Range row) {
          const Planes products{out.at(0, row.begin - tiles.begin), out.plane, out.row};
          turn_back(products, row, targets_[t].out, group * out_channels_, out_channels_);
          finish_row(row);
        });
      }
    });
  }

  // All tiles are turned first; then each panel of weights is turned and goes through the rest.
  void run_by_panels(std::size_t blocks) const {
    // Turned weights of a panel have room in front of its products, unless all are there.
    const std::size_t room = packed_ == nullptr ? panel_size_ : 0, all_panels = targets_.size() * panels_;
    const std::size_t in_plane = tiles_.count * depth_ + kPlaneGap, out_plane = tiles_.count * width_ + kPlaneGap;
    const Temporary turned(kPlanes * in_plane * sizeof(float));
    Workspaces workspaces(all_panels, (room + kPlanes * out_plane) * sizeof(float));
    const Planes in = planes(turned.as<float>(), in_plane, depth_);
    const Range tiles{0, tiles_.count};
    for (std::size_t group = 0; group < groups_; group++) {
      parallel_for(blocks, [&](std::size_t block) {
        const Range mine = chunk_range(tiles_.count, blocks, block);
        turn_inputs(group, mine, {in.at(0, mine.begin), in.plane, in.row});
      });
      parallel_for(all_panels, [&](std::size_t chunk) {
        const std::size_t target = chunk / panels_, panel = chunk % panels_;
        const Workspaces::Lease workspace(workspaces);
        const Planes out = planes(workspace.as<float>() + room, out_plane, width_);
        const float* const weights = panel_at(target, group * panels_ + panel, workspace.as<float>());
        for (std::size_t plane = 0; plane < kPlanes; plane++) {
          multiply(in, tiles, plane, panel, weights, out.at(plane, 0), out.row);
        }
        turn_back(out, tiles, targets_[target].out, group * out_channels_ + panel * width_, panel_columns(panel));
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
    const Images<float>& out = targets_[0].out;
    const Range rows{first.y, std::min(out.height, first.y + kTile)};
    out.finish_rows(finish_, first.image, rows, {first.x, std::min(out.width, last.x + kTile)});
  }

  static Planes planes(float* data, std::size_t plane, std::size_t row) {
    return {data, static_cast<std::ptrdiff_t>(plane), static_cast<std::ptrdiff_t>(row)};
  }

  void turn_inputs(std::size_t group, Range tiles, const Planes& to) const {
    for (std::size_t s = 0; s < sources_.size(); s++) {
      const InputTiles input{sources_[s], tiles_, top_, left_, group * channels_, channels_};
      input.turn(table_, tiles, {to.data + s * channels_, to.plane, to.row});
    }
  }

  std::size_t panel_columns(std::size_t panel) const { return std::min(width_, out_channels_ - panel * width_); }

  // A panel of weights, counted over all groups, as they have been turned or else in `room`.
  const float* panel_at(std::size_t target, std::size_t panel, float* room) const {
    if (packed_ != nullptr) return packed_ + panel * panel_size_;
    turnings_[target].turn(panel, room);
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
    call.b = weights + plane * turnings_[0].plane();
    call.b_k = static_cast<std::ptrdiff_t>(width_);
    call.b_padded = true;
    call.c = out;
    call.c_row = out_row;
    call.rows = tiles.end - tiles.begin;
    call.cols = panel_columns(panel);
    call.alpha = 1;
    kernels_.panel(call);
  }

  // Products to `channels` channels of `out` from `first` on.
  void turn_back(const Planes& from, Range tiles, const Images<float>& out, std::size_t first,
                 std::size_t channels) const {
    WinogradBlock block{};
    block.in_row = static_cast<std::ptrdiff_t>(kBlock) * from.plane;
    block.in_col = from.plane;
    block.bottom = block.right = kBlock;
    block.out_row = out.row;
    block.out_col = out.pixel;
    block.bias = bias_ == nullptr ? nullptr : bias_ + first;
    block.width = channels;
    for (std::size_t index = tiles.begin; index < tiles.end; index++) {
      const Tile tile = tiles_.at(index);
      block.in = from.at(0, index - tiles.begin);
      block.out = out.at(tile.image, tile.y, tile.x) + first;
      block.out_rows = std::min(kTile, out.height - tile.y);
      block.out_cols = std::min(kTile, out.width - tile.x);
      table_.f32_winograd_output(block);
    }
  }

  const KernelTable& table_;
  const GemmKernels<float> kernels_;
  const std::vector<Images<const float>>& sources_;
  const std::vector<Target>& targets_;
  const float* bias_;
  const std::size_t groups_;
  const std::ptrdiff_t top_, left_;
  const Finish* finish_;
  const Tiles tiles_;
  const std::size_t channels_, depth_, out_channels_;  // of a group: of a source, of all, of a target
  const float* const packed_;
  std::vector<TurnedWeights> turnings_;                  // of each target, all of the same extents:
  std::size_t panels_ = 0, width_ = 0, panel_size_ = 0;  // panels of a group, and what a panel holds
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
    const std::vector<winograd::Target> targets{{{{weights}}, some_out}};
    finished = winograd::Correlation(kernels, {some_in}, targets, bias, groups, top, left, mine).run();
  });
  return finished;
}

namespace {

// Along one axis, the positions of a kernel that belong to pixels of one remainder of the stride, as places among three:
// `there`, of which the first is position `first` of the kernel.
struct Remainder {
  Range there;
  std::size_t first;
};
// The three places are the pixels `begin`, begin + 1 and begin + 2 beyond a pixel's own place among its like.
struct StridedAxis {
  std::ptrdiff_t begin = 0;
  std::vector<Remainder> remainders;
};

// `place(k)`: where position k of the kernel belongs, as remainder and distance. Nothing where three places do not suffice, or a
// remainder has no position.
template <class F>
std::optional<StridedAxis> strided_axis(std::size_t kernel, std::size_t stride, const F& place) {
  if (kernel < stride || kernel > 3 * stride) return std::nullopt;
  StridedAxis axis;
  std::ptrdiff_t end = 0;
  for (std::size_t k = 0; k < kernel; k++) {
    const std::ptrdiff_t distance = place(k).second;
    axis.begin = k == 0 ? distance : std::min(axis.begin, distance);
    end = k == 0 ? distance + 1 : std::max(end, distance + 1);
  }
  if (end - axis.begin > 3) return std::nullopt;
  axis.remainders.resize(stride, {{3, 0}, 0});
  for (std::size_t k = 0; k < kernel; k++) {
    const auto [remainder, distance] = place(k);
    const auto at = static_cast<std::size_t>(distance - axis.begin);
    Remainder& mine = axis.remainders[remainder];
    if (at < mine.there.begin) mine = {{at, mine.there.end}, k};
    mine.there.end = std::max(mine.there.end, at + 1);
  }
  return axis;
}

// Output pixel j reads input pixel j stride + k - padding: of pixels with the remainder of k - padding, the one that lies the
// whole quotient beyond.
std::optional<StridedAxis> reading_axis(std::size_t kernel, std::size_t stride, std::size_t padding) {
  const std::size_t periods = ceil_div(padding, stride);
  return strided_axis(kernel, stride, [&](std::size_t k) {
    const std::size_t from = k + periods * stride - padding;
    return std::pair(from % stride, static_cast<std::ptrdiff_t>(from / stride) - static_cast<std::ptrdiff_t>(periods));
  });
}

// Input pixel r + j stride receives from output pixel j + (r + padding - k) / stride, where that is a whole number.
std::optional<StridedAxis> receiving_axis(std::size_t kernel, std::size_t stride, std::size_t padding) {
  const std::size_t periods = ceil_div(kernel, stride) + 1;
  return strided_axis(kernel, stride, [&](std::size_t k) {
    const std::size_t remainder = (k + periods * stride - padding % stride) % stride;
    const std::size_t to = remainder + padding + periods * stride - k;
    return std::pair(remainder, static_cast<std::ptrdiff_t>(to / stride) - static_cast<std::ptrdiff_t>(periods));
  });
}

// The kernel from or to pixels of a pair of remainders; positions follow one another `step_y` and `step_x` apart.
winograd::Kernel strided_kernel(const Weights<float>& weights, const Remainder& row, const Remainder& col,
                                std::ptrdiff_t step_y, std::ptrdiff_t step_x) {
  Weights<float> some = weights;
  some.data = weights.matrix(0, row.first, col.first).data;
  some.y *= step_y;
  some.x *= step_x;
  return {some, row.there, col.there};
}

// Calls body(y, x) for every pair of remainders.
template <class F>
void for_remainders(const ConvShape& shape, const F& body) {
  for (std::size_t y = 0; y < shape.stride_y; y++)
    for (std::size_t x = 0; x < shape.stride_x; x++) body(y, x);
}

bool moves_by_several(const ConvShape& shape) {
  return shape.stride_y * shape.stride_x > 1 && shape.dilation_y == 1 && shape.dilation_x == 1 &&
         !shape.empty_kernel() && shape.batch > 0;
}

// Every remainder has as many pixels as the others.
bool splits_evenly(const ConvShape& shape) {
  return shape.height % shape.stride_y == 0 && shape.width % shape.stride_x == 0;
}

}  // namespace

template <>
std::optional<bool> try_winograd_strided(const KernelTable& kernels, const ConvShape& shape,
                                         const Images<const float>& in, const Weights<float>& weights,
                                         const float* bias, const Images<float>& out, const Finish* finish) {
  if (!moves_by_several(shape) || weights.packed != nullptr) return std::nullopt;
  const auto rows = reading_axis(shape.kernel_height, shape.stride_y, shape.top);
  const auto cols = reading_axis(shape.kernel_width, shape.stride_x, shape.left);
  if (!rows || !cols) return std::nullopt;
  if (!winograd::pays({shape.batch, shape.out_height, shape.out_width, weights.in_channels, weights.out_channels, false,
                       shape.stride_y * shape.stride_x, 1, shape.kernel_height * shape.kernel_width})) {
    return std::nullopt;
  }
  std::vector<Images<const float>> sources;
  std::vector<winograd::Target> targets{{{}, out}};
  for_remainders(shape, [&](std::size_t y, std::size_t x) {
    sources.push_back(every(in, y, x, {0, 0, shape.stride_y, shape.stride_x}));
    targets[0].kernels.push_back(strided_kernel(weights, rows->remainders[y], cols->remainders[x],
                                                static_cast<std::ptrdiff_t>(shape.stride_y),
                                                static_cast<std::ptrdiff_t>(shape.stride_x)));
  });
  // Groups leave gaps, which others fill.
  const Finish* const mine = shape.groups == 1 ? finish : nullptr;
  return winograd::Correlation(kernels, sources, targets, bias, shape.groups, -rows->begin, -cols->begin, mine).run();
}

template <>
bool try_winograd_back(const KernelTable& kernels, const ConvShape& shape, const Images<const float>& dout,
                       const Weights<float>& weights, const Images<float>& dx) {
  if (!moves_by_several(shape) || !splits_evenly(shape)) return false;
  const auto rows = receiving_axis(shape.kernel_height, shape.stride_y, shape.top);
  const auto cols = receiving_axis(shape.kernel_width, shape.stride_x, shape.left);
  if (!rows || !cols) return false;
  if (!winograd::pays({shape.batch, shape.height / shape.stride_y, shape.width / shape.stride_x, weights.in_channels,
                       weights.out_channels, false, 1, shape.stride_y * shape.stride_x,
                       shape.kernel_height * shape.kernel_width})) {
    return false;
  }
  std::vector<winograd::Target> targets;
  for_remainders(shape, [&](std::size_t y, std::size_t x) {
    const winograd::Kernel kernel =
        strided_kernel(weights, rows->remainders[y], cols->remainders[x], -static_cast<std::ptrdiff_t>(shape.stride_y),
                       -static_cast<std::ptrdiff_t>(shape.stride_x));
    targets.push_back({{kernel}, every(dx, y, x, {0, 0, shape.stride_y, shape.stride_x})});
  });
  const float* const no_bias = nullptr;
  winograd::Correlation(kernels, {dout}, targets, no_bias, shape.groups, -rows->begin, -cols->begin, nullptr).run();
  return true;
}

}  // namespace myelin
