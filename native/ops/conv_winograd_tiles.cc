// Winograd's correlation of turned tiles: what is turned when, and which threads have what.
#include <algorithm>
#include <optional>

#include "core/pool.h"
#include "core/scratch.h"
#include "ops/conv_winograd.h"
#include "ops/workspaces.h"

namespace myelin {
namespace winograd {
namespace {

// Tiles that are turned, multiplied and turned back together: their planes stay in the second-level cache, and the weights
// are read once for so many.
constexpr std::size_t kTogether = 48;

class Correlation {
 public:
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

bool correlate(const KernelTable& kernels, const std::vector<Images<const float>>& sources,
               const std::vector<Target>& targets, const float* bias, std::size_t groups, std::ptrdiff_t top,
               std::ptrdiff_t left, const Finish* finish) {
  return Correlation(kernels, sources, targets, bias, groups, top, left, finish).run();
}

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
    finished = winograd::correlate(kernels, {some_in}, targets, bias, groups, top, left, mine);
  });
  return finished;
}

}  // namespace myelin
