#include <algorithm>
#include <cmath>
#include <vector>

#include "core/registry.h"
#include "ops/pixels.h"
#include "ops/support.h"

namespace myelin {
namespace {

// The order is that of the definition's `mode`.
enum class Mode { kNearest, kNearestExact, kLinear, kCubic };

// How places along one axis mix: target t gets weights[i] times source[i] for starts[t] <= i < starts[t + 1].
struct Mix {
  std::vector<std::size_t> starts{0};
  std::vector<std::int64_t> sources;
  std::vector<double> weights;

  std::size_t targets() const { return starts.size() - 1; }
  // Sources come in ascending order; a border that repeats adds to the weight of the last.
  void add(std::int64_t source, double weight) {
    if (sources.size() > starts.back() && sources.back() == source) {
      weights.back() += weight;
      return;
    }
    sources.push_back(source);
    weights.push_back(weight);
  }
  void close() { starts.push_back(sources.size()); }
};

// What each source gives to the targets: the adjoint.
Mix transposed(const Mix& mix, std::int64_t sources) {
  std::vector<std::vector<std::pair<std::int64_t, double>>> targets(static_cast<std::size_t>(sources));
  for (std::size_t t = 0; t < mix.targets(); t++) {
    for (std::size_t i = mix.starts[t]; i < mix.starts[t + 1]; i++) {
      targets[static_cast<std::size_t>(mix.sources[i])].emplace_back(static_cast<std::int64_t>(t), mix.weights[i]);
    }
  }
  Mix out;
  for (const auto& list : targets) {
    for (const auto& [target, weight] : list) out.add(target, weight);
    out.close();
  }
  return out;
}

// The weights of four neighbours at a distance t in [0, 1) behind the second (Keys, "Cubic convolution interpolation for
// digital image processing", 1981, with a = -0.75).
std::array<double, 4> cubic_weights(double t) {
  constexpr double a = -0.75;
  const auto near = [](double d) { return ((a + 2) * d - (a + 3)) * d * d + 1; };
  const auto far = [](double d) { return ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; };
  return {far(t + 1), near(t), near(1 - t), far(2 - t)};
}

// One axis of `in` places resampled to `out`, whose neighbours are `scale` apart in the input. Nearest places are found in
// float, as PyTorch does.
Mix mix_of(Mode mode, bool align_corners, std::int64_t in, std::int64_t out, double scale) {
  Mix mix;
  const auto within = [&](double place) {
    return static_cast<std::int64_t>(std::clamp(place, 0.0, static_cast<double>(in - 1)));
  };
  for (std::int64_t target = 0; target < out; target++) {
    const double place = static_cast<double>(target);
    if (mode == Mode::kNearest || mode == Mode::kNearestExact) {
      const float half = mode == Mode::kNearest ? 0.0F : 0.5F;
      const float source = std::floor((static_cast<float>(target) + half) * static_cast<float>(scale));
      mix.add(within(static_cast<double>(source)), 1);
    } else {
      const double exact = align_corners ? scale * place : scale * (place + 0.5) - 0.5;
      const double source = mode == Mode::kLinear ? std::clamp(exact, 0.0, static_cast<double>(in - 1)) : exact;
      const double first = std::floor(source), t = source - first;
      if (mode == Mode::kLinear) {
        mix.add(within(first), 1 - t);
        if (t > 0) mix.add(within(first + 1), t);
      } else {
        const std::array<double, 4> weights = cubic_weights(t);
        for (int i = 0; i < 4; i++) mix.add(within(first - 1 + i), weights[static_cast<std::size_t>(i)]);
      }
    }
    mix.close();
  }
  return mix;
}

// A mix as the kernel takes it: places as offsets, weights in the type of the elements.
template <class T>
struct Taps {
  std::vector<std::size_t> starts;
  std::vector<std::ptrdiff_t> offsets;
  std::vector<T> weights;

  Taps(const Mix& mix, std::ptrdiff_t step) : starts(mix.starts) {
    for (const std::int64_t source : mix.sources) offsets.push_back(static_cast<std::ptrdiff_t>(source) * step);
    for (const double weight : mix.weights) weights.push_back(static_cast<T>(weight));
  }
  std::size_t count(std::size_t target) const { return starts[target + 1] - starts[target]; }
};

// How rows of images are mixed: out[h][w] = sum of rows[h][i] columns[w][j] x[i][j].
template <class T>
class Resampler {
 public:
  Resampler(const KernelTable& kernels, const Pixels<const T>& x, std::size_t width, const Mix& rows,
            const Mix& columns)
      : kernel_(pick<T>(kernels.f32_weighted_rows, kernels.f64_weighted_rows)),
        width_(width),
        channels_(x.channels),
        dense_(x.stride == static_cast<std::ptrdiff_t>(x.channels)),
        down_(rows, x.stride * static_cast<std::ptrdiff_t>(width)),
        across_(columns, x.stride) {}

  // Elements that row() needs to mix in.
  std::size_t workspace() const { return width_ * channels_; }

  // Row h of the image at y, whose pixels are `stride` apart. Few rows are mixed on the way; many, or wide ones, before.
  void row(const T* image, std::size_t h, T* y, std::ptrdiff_t stride, T* mixed) const {
    const std::size_t first = down_.starts[h], count = down_.count(h);
    WeightedRows<T> pixels{image,
                           down_.offsets.data() + first,
                           down_.weights.data() + first,
                           count,
                           across_.starts.data(),
                           across_.offsets.data(),
                           across_.weights.data(),
                           y,
                           stride,
                           across_.starts.size() - 1,
                           channels_};
    if (dense_ && count != 1 && count * across_.offsets.size() > count * width_ + across_.offsets.size()) {
      const std::size_t all[] = {0, count};
      kernel_({image, &kHere, &kOnce, 1, all, pixels.line_offsets, pixels.line_weights, mixed, 0, 1, workspace()});
      pixels.x = mixed;
      pixels.line_offsets = &kHere;
      pixels.line_weights = &kOnce;
      pixels.lines = 1;
    }
    kernel_(pixels);
  }

 private:
  static constexpr std::ptrdiff_t kHere = 0;
  static constexpr T kOnce = 1;

  WeightedRowsFn<T>* kernel_;
  std::size_t width_, channels_;
  bool dense_;
  Taps<T> down_, across_;
};

template <class T>
void resample_images(OpCall& call, const Mix& rows, const Mix& columns) {
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const std::size_t batch = static_cast<std::size_t>(call.in[0].shape[0]);
  const std::size_t height = static_cast<std::size_t>(call.in[0].shape[2]);
  const std::size_t width = static_cast<std::size_t>(call.in[0].shape[3]);
  const Resampler<T> resampler(call.kernels, x, width, rows, columns);
  const std::size_t units = batch * rows.targets(), chunks = std::min(units, chunks_for(y.rows * y.channels, kGrain));
  const Temporary memory(chunks * resampler.workspace() * sizeof(T));
  parallel_for(chunks, [&](std::size_t chunk) {
    T* const mixed = memory.as<T>() + chunk * resampler.workspace();
    const Range range = chunk_range(units, chunks, chunk);
    for (std::size_t unit = range.begin; unit < range.end; unit++) {
      const std::size_t b = unit / rows.targets(), h = unit % rows.targets();
      resampler.row(x.row(b * height * width), h, y.row(unit * columns.targets()), y.stride, mixed);
    }
  });
  output.finish(call.kernels);
}

struct Resampling {
  Mix rows, columns;
};

// Attributes in the order of the definitions, and how the spatial axes of `from` become those of `to`.
Resampling read(OpCall& call, const View& from, const View& to) {
  const Mode mode = static_cast<Mode>(call.attrs.choice(4));
  const bool align_corners = call.attrs.boolean();
  const double vertical = call.attrs.number(), horizontal = call.attrs.number();
  require(from.rank == 4 && to.rank == 4 && from.dtype == to.dtype && from.shape[0] == to.shape[0] &&
              from.shape[1] == to.shape[1],
          "resampling works on images [B, C, H, W]");
  constexpr std::int64_t kLimit = std::int64_t{1} << 30;
  for (const int axis : {2, 3}) {
    require(from.shape[axis] >= 1 && from.shape[axis] < kLimit && to.shape[axis] >= 1 && to.shape[axis] < kLimit,
            "an image is too large or too small to resample");
  }
  for (const double scale : {vertical, horizontal}) {
    require(scale >= 0 && std::isfinite(scale), "a scale is out of range");
  }
  return {mix_of(mode, align_corners, from.shape[2], to.shape[2], vertical),
          mix_of(mode, align_corners, from.shape[3], to.shape[3], horizontal)};
}

void require_size(Attrs& attrs, const View& view, int first, int count) {
  int found = 0;
  const Dims size = attrs.integers(found, count);
  require(found == count && std::equal(size.begin(), size.begin() + count, view.shape.begin() + first),
          "a resampled image has another size than expected");
}

void resample(OpCall& call) {
  require(call.out[0].rank == 4, "resampling works on images [B, C, H, W]");
  require_size(call.attrs, call.out[0], 2, 2);
  const Resampling plan = read(call, call.in[0], call.out[0]);
  if (call.out[0].size() == 0) return;
  visit_float(call.out[0].dtype,
              [&](auto tag) { resample_images<typename decltype(tag)::type>(call, plan.rows, plan.columns); });
}

void resample_backward(OpCall& call) {
  const View& dx = call.out[0];
  require(dx.rank == 4, "resampling works on images [B, C, H, W]");
  require_size(call.attrs, dx, 0, 4);
  const Resampling plan = read(call, dx, call.in[0]);
  if (dx.size() == 0) return;
  const Mix rows = transposed(plan.rows, dx.shape[2]), columns = transposed(plan.columns, dx.shape[3]);
  visit_float(dx.dtype, [&](auto tag) { resample_images<typename decltype(tag)::type>(call, rows, columns); });
}

}  // namespace

void register_resample(OpList& ops) {
  ops.push_back({"resample", 1, 1, resample});
  ops.push_back({"resampleBackward", 1, 1, resample_backward});
}

}  // namespace myelin
