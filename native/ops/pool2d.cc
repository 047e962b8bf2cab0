#include <algorithm>
#include <cstdint>
#include <limits>
#include <vector>

#include "core/registry.h"
#include "ops/pixels.h"
#include "ops/support.h"

namespace myelin {
namespace {

std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// What one window sees along one image axis: `count` positions from `first` on, `dilation` apart. `padded` counts those
// in the padding as well, but not what lies beyond it, where a window may reach in ceil mode.
struct Span {
  std::int64_t first;
  std::int64_t count;
  std::int64_t padded;
};

// Window positions along one image axis: tap t of window o looks at o * stride - padding + t * dilation.
struct WindowAxis {
  std::int64_t extent = 0;
  std::int64_t kernel = 1;
  std::int64_t stride = 1;
  std::int64_t padding = 0;
  std::int64_t dilation = 1;
  std::int64_t windows = 0;

  Span span(std::int64_t window) const {
    const std::int64_t start = window * stride - padding;
    const std::int64_t first = ceil_divide(std::max<std::int64_t>(0, -start), dilation);
    const std::int64_t last = std::min(kernel, ceil_divide(std::max<std::int64_t>(0, extent - start), dilation));
    const std::int64_t padded = std::min(start + kernel, extent + padding) - start;
    return {start + first * dilation, std::max<std::int64_t>(0, last - first), padded};
  }
  bool overlap() const { return dilation * (kernel - 1) + 1 > stride; }
  // PyTorch's rule; in ceil mode a last window may hang over the edge, but must start inside the image or before it.
  std::int64_t expected_windows(bool ceil_mode) const {
    const std::int64_t room = extent + 2 * padding - dilation * (kernel - 1) - 1;
    if (room < 0) return 0;
    std::int64_t count = (ceil_mode ? ceil_divide(room, stride) : room / stride) + 1;
    if (ceil_mode && (count - 1) * stride >= extent + padding) count--;
    return count;
  }
};

// Neighbouring windows of a row that see equally many columns, from window `begin` on.
struct Stretch {
  std::int64_t begin, count;
  Span span;  // of the first of them
};

struct Windows {
  WindowAxis h, w;
  std::vector<Stretch> stretches;  // all windows of a row

  bool overlap() const { return h.overlap() || w.overlap(); }
  std::size_t taps() const {
    return static_cast<std::size_t>(std::min(h.kernel, h.extent) * std::min(w.kernel, w.extent));
  }
  // Whether windows that do not overlap reach every pixel of a row.
  bool fill_rows() const {
    std::int64_t reached = 0;
    for (const Stretch& stretch : stretches) reached += stretch.count * stretch.span.count;
    return reached == w.extent;
  }
  // The windows of a stretch on lines `line`, `line` + h.dilation, ...
  PoolRow row(const Stretch& stretch, std::int64_t line, std::int64_t lines, std::size_t channels) const {
    return {line * w.extent + stretch.span.first,
            w.stride,
            h.dilation * w.extent,
            w.dilation,
            static_cast<std::size_t>(stretch.count),
            static_cast<std::size_t>(lines),
            static_cast<std::size_t>(stretch.span.count),
            channels};
  }
};

// Reads pairs (height, width) in the order in which the definitions list them and checks the pooled shape.
class WindowReader {
 public:
  explicit WindowReader(Attrs& attrs) : attrs_(attrs) {}

  void pair(std::int64_t WindowAxis::*field, std::int64_t least) {
    int count = 0;
    const Dims values = attrs_.integers(count, 2);
    require(count == 2, "pooling needs a height and a width");
    for (int i = 0; i < 2; i++) require(values[i] >= least && values[i] < kLimit, "a pooling size is out of range");
    windows_.h.*field = values[0];
    windows_.w.*field = values[1];
  }

  Windows finish(const View& image, const View& pooled, bool ceil_mode) {
    windows_.h.windows = pooled.shape[2];
    windows_.w.windows = pooled.shape[3];
    windows_.h.extent = image.shape[2];
    windows_.w.extent = image.shape[3];
    require(image.shape[2] < kLimit && image.shape[3] < kLimit, "an image is too large to pool");
    require(image.shape[0] == pooled.shape[0] && image.shape[1] == pooled.shape[1] &&
                pooled.shape[2] == windows_.h.expected_windows(ceil_mode) &&
                pooled.shape[3] == windows_.w.expected_windows(ceil_mode),
            "a pooled image has another size than its windows give");
    find_stretches();
    return windows_;
  }

 private:
  void find_stretches() {
    const WindowAxis& axis = windows_.w;
    for (std::int64_t window = 0; window < axis.windows; window++) {
      const Span span = axis.span(window);
      if (!windows_.stretches.empty()) {
        Stretch& last = windows_.stretches.back();
        const bool alike = span.count == last.span.count && span.padded == last.span.padded;
        if (alike && span.first == last.span.first + last.count * axis.stride) {
          last.count++;
          continue;
        }
      }
      windows_.stretches.push_back({window, 1, span});
    }
  }

  static constexpr std::int64_t kLimit = std::int64_t{1} << 30;
  Attrs& attrs_;
  Windows windows_;
};

void require_images(const View& a, const View& b) {
  require(a.rank == 4 && b.rank == 4 && a.dtype == b.dtype, "pooling works on images [B, C, H, W] of one dtype");
}

// The attribute that says what shape the gradient of an image has.
void require_shape(Attrs& attrs, const View& dx) {
  int rank = 0;
  const Dims shape = attrs.integers(rank, 4);
  require(rank == 4 && std::equal(shape.begin(), shape.begin() + 4, dx.shape.begin()),
          "a gradient has the shape of its tensor");
}

// Calls body(image, row) for every row of windows (or of pixels) of all images, on several threads.
template <class Body>
void for_image_rows(const View& images, std::size_t work, const Body& body) {
  const std::size_t height = static_cast<std::size_t>(images.shape[2]);
  const std::size_t rows = static_cast<std::size_t>(images.shape[0]) * height;
  if (images.size() == 0) return;
  const std::size_t chunks = std::min(rows, chunks_for(work, kGrain));
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(rows, chunks, chunk);
    for (std::size_t row = range.begin; row < range.end; row++)
      body(row / height, static_cast<std::int64_t>(row % height));
  });
}

// Calls body(stretch, first window) for the windows of row `oh` of an image, a stretch at a time.
template <class Body>
void for_stretches(const Windows& windows, std::size_t image, std::int64_t oh, const Body& body) {
  const std::size_t row = image * static_cast<std::size_t>(windows.h.windows) + static_cast<std::size_t>(oh);
  const std::size_t first = row * static_cast<std::size_t>(windows.w.windows);
  for (const Stretch& stretch : windows.stretches) body(stretch, first + static_cast<std::size_t>(stretch.begin));
}

// Calls body(oh) for the rows of windows with a tap on line `line` of the image, in order.
template <class Body>
void for_rows_over(const WindowAxis& h, std::int64_t line, const Body& body) {
  const std::int64_t reach = h.dilation * (h.kernel - 1);
  const std::int64_t first = ceil_divide(std::max<std::int64_t>(0, line + h.padding - reach), h.stride);
  const std::int64_t last = std::min(h.windows - 1, (line + h.padding) / h.stride);
  for (std::int64_t oh = first; oh <= last; oh++) {
    if ((line + h.padding - oh * h.stride) % h.dilation == 0) body(oh);
  }
}

Windows max_pool_windows(Attrs& attrs, const View& image, const View& pooled) {
  WindowReader reader(attrs);
  reader.pair(&WindowAxis::kernel, 1);
  reader.pair(&WindowAxis::stride, 1);
  reader.pair(&WindowAxis::padding, 0);
  reader.pair(&WindowAxis::dilation, 1);
  const Windows windows = reader.finish(image, pooled, attrs.boolean());
  require(image.shape[2] * image.shape[3] <= std::numeric_limits<std::int32_t>::max(), "an image is too large to pool");
  return windows;
}

// A window that misses the image altogether has no maximum: -infinity from nowhere.
constexpr std::int32_t kNowhere = -1;

template <class T>
void max_pool_of(OpCall& call, const Windows& windows) {
  const auto kernel = pick<T>(call.kernels.f32_max_pool_row, call.kernels.f64_max_pool_row);
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const PixelOutput<std::int32_t> places(call.out[1]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const Pixels<std::int32_t> winners = places.pixels();
  const std::size_t plane = static_cast<std::size_t>(windows.h.extent * windows.w.extent);
  for_image_rows(call.out[0], y.rows * y.channels * windows.taps(), [&](std::size_t image, std::int64_t oh) {
    const Span span = windows.h.span(oh);
    for_stretches(windows, image, oh, [&](const Stretch& stretch, std::size_t first) {
      const PoolRow row = windows.row(stretch, span.first, span.count, y.channels);
      if (row.lines * row.columns == 0) {
        std::fill_n(y.row(first), row.windows * y.channels, -std::numeric_limits<T>::infinity());
        std::fill_n(winners.row(first), row.windows * y.channels, kNowhere);
      } else {
        kernel(row, x.row(image * plane), x.stride, y.row(first), winners.row(first));
      }
    });
  });
  output.finish(call.kernels);
  places.finish(call.kernels);
}

void max_pool(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0], &indices = call.out[1];
  require_images(x, out);
  require(indices.same_shape(out) && indices.dtype == DType::kInt32, "indices of a max pool are int32");
  const Windows windows = max_pool_windows(call.attrs, x, out);
  visit_float(x.dtype, [&](auto tag) { max_pool_of<typename decltype(tag)::type>(call, windows); });
}

// Line by line of the image, so that lines need no order among threads: every window over a line gives its share.
// give(image, line, oh) hands out the shares of one row of windows.
template <class T, class Give>
void for_shares(const View& images, const Windows& windows, const Pixels<T>& dx, std::size_t work, const Give& give) {
  const std::size_t line_size = static_cast<std::size_t>(windows.w.extent) * dx.channels;
  const bool add = windows.overlap(), clear = add || !windows.fill_rows();
  for_image_rows(images, work, [&](std::size_t image, std::int64_t line) {
    const std::size_t height = static_cast<std::size_t>(windows.h.extent);
    T* const to = dx.data + (image * height + static_cast<std::size_t>(line)) * line_size;
    bool given = false;
    if (clear) std::fill_n(to, line_size, T{0});
    for_rows_over(windows.h, line, [&](std::int64_t oh) {
      give(image, line, oh);
      given = true;
    });
    if (!clear && !given) std::fill_n(to, line_size, T{0});
  });
}

template <class T>
void max_pool_backward_of(OpCall& call, const Windows& windows) {
  const auto kernel = pick<T>(call.kernels.f32_max_pool_row_backward, call.kernels.f64_max_pool_row_backward);
  const PixelInput<T> gradient(call.in[0], call.kernels);
  const PixelInput<std::int32_t> places(call.in[1], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> dout = gradient.pixels();
  const Pixels<const std::int32_t> winners = places.pixels();
  const Pixels<T> dx = output.pixels();
  const std::size_t plane = static_cast<std::size_t>(windows.h.extent * windows.w.extent) * dx.channels;
  const std::size_t work = dout.rows * dx.channels * windows.taps();
  const bool add = windows.overlap();
  for_shares(call.out[0], windows, dx, work, [&](std::size_t image, std::int64_t line, std::int64_t oh) {
    for_stretches(windows, image, oh, [&](const Stretch& stretch, std::size_t first) {
      const PoolRow row = windows.row(stretch, line, 1, dx.channels);
      kernel(row, dout.row(first), dout.stride, winners.row(first), winners.stride, dx.data + image * plane, add);
    });
  });
  output.finish(call.kernels);
}

void max_pool_backward(OpCall& call) {
  const View &dout = call.in[0], &indices = call.in[1], &dx = call.out[0];
  require_images(dout, dx);
  require(indices.same_shape(dout) && indices.dtype == DType::kInt32, "indices of a max pool are int32");
  require_shape(call.attrs, dx);
  const Windows windows = max_pool_windows(call.attrs, dx, dout);
  visit_float(dx.dtype, [&](auto tag) { max_pool_backward_of<typename decltype(tag)::type>(call, windows); });
}

struct AvgPool {
  Windows windows;
  bool include_padding;

  AvgPool(Attrs& attrs, const View& image, const View& pooled) {
    WindowReader reader(attrs);
    reader.pair(&WindowAxis::kernel, 1);
    reader.pair(&WindowAxis::stride, 1);
    reader.pair(&WindowAxis::padding, 0);
    const bool ceil_mode = attrs.boolean();
    include_padding = attrs.boolean();
    windows = reader.finish(image, pooled, ceil_mode);
  }
  // What an average divides by: the pixels of a window, with or without those in the padding.
  template <class T>
  T divisor(const Span& rows, const Span& columns) const {
    return static_cast<T>(include_padding ? rows.padded * columns.padded : rows.count * columns.count);
  }
};

template <class T>
void avg_pool_of(OpCall& call, const AvgPool& pool) {
  const auto kernel = pick<T>(call.kernels.f32_avg_pool_row, call.kernels.f64_avg_pool_row);
  const Windows& windows = pool.windows;
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const std::size_t plane = static_cast<std::size_t>(windows.h.extent * windows.w.extent);
  for_image_rows(call.out[0], y.rows * y.channels * windows.taps(), [&](std::size_t image, std::int64_t oh) {
    const Span span = windows.h.span(oh);
    for_stretches(windows, image, oh, [&](const Stretch& stretch, std::size_t first) {
      const PoolRow row = windows.row(stretch, span.first, span.count, y.channels);
      if (row.lines * row.columns == 0) {
        std::fill_n(y.row(first), row.windows * y.channels, T{0});
      } else {
        kernel(row, x.row(image * plane), x.stride, pool.divisor<T>(span, stretch.span), y.row(first));
      }
    });
  });
  output.finish(call.kernels);
}

void avg_pool(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require_images(x, out);
  const AvgPool pool(call.attrs, x, out);
  visit_float(x.dtype, [&](auto tag) { avg_pool_of<typename decltype(tag)::type>(call, pool); });
}

template <class T>
void avg_pool_backward_of(OpCall& call, const AvgPool& pool) {
  const auto kernel = pick<T>(call.kernels.f32_avg_pool_row_backward, call.kernels.f64_avg_pool_row_backward);
  const Windows& windows = pool.windows;
  const PixelInput<T> gradient(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> dout = gradient.pixels();
  const Pixels<T> dx = output.pixels();
  const std::size_t plane = static_cast<std::size_t>(windows.h.extent * windows.w.extent) * dx.channels;
  const std::size_t work = dout.rows * dx.channels * windows.taps();
  const bool add = windows.overlap();
  for_shares(call.out[0], windows, dx, work, [&](std::size_t image, std::int64_t line, std::int64_t oh) {
    const Span span = windows.h.span(oh);
    for_stretches(windows, image, oh, [&](const Stretch& stretch, std::size_t first) {
      const PoolRow row = windows.row(stretch, line, 1, dx.channels);
      const T divisor = pool.divisor<T>(span, stretch.span);
      kernel(row, dout.row(first), dout.stride, divisor, dx.data + image * plane, add);
    });
  });
  output.finish(call.kernels);
}

void avg_pool_backward(OpCall& call) {
  const View &dout = call.in[0], &dx = call.out[0];
  require_images(dout, dx);
  require_shape(call.attrs, dx);
  const AvgPool pool(call.attrs, dx, dout);
  visit_float(dx.dtype, [&](auto tag) { avg_pool_backward_of<typename decltype(tag)::type>(call, pool); });
}

}  // namespace

void register_pool2d(OpList& ops) {
  ops.push_back({"maxPool2d", 1, 2, max_pool});
  ops.push_back({"maxPool2dBackward", 2, 1, max_pool_backward});
  ops.push_back({"avgPool2d", 1, 1, avg_pool});
  ops.push_back({"avgPool2dBackward", 1, 1, avg_pool_backward});
}

}  // namespace myelin
