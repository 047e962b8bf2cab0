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

struct Windows {
  WindowAxis h, w;
  std::vector<Span> columns;  // of every window of a row

  std::size_t rows(const View& pooled) const { return static_cast<std::size_t>(pooled.shape[0] * h.windows); }
  std::size_t taps() const {
    return static_cast<std::size_t>(std::min(h.kernel, h.extent) * std::min(w.kernel, w.extent));
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
    for (std::int64_t ow = 0; ow < windows_.w.windows; ow++) windows_.columns.push_back(windows_.w.span(ow));
    return windows_;
  }

 private:
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

// Calls body(image, row, chunk) for every row of windows (or of pixels), on several threads.
template <class Body>
void for_image_rows(std::size_t images, std::size_t height, std::size_t chunks, const Body& body) {
  parallel_for(chunks, [&](std::size_t chunk) {
    const Range range = chunk_range(images * height, chunks, chunk);
    for (std::size_t row = range.begin; row < range.end; row++) {
      body(static_cast<std::int64_t>(row / height), static_cast<std::int64_t>(row % height), chunk);
    }
  });
}

// The pixels under one window, and where in their plane they are.
template <class T>
struct Tapped {
  const T** pixels;
  std::int32_t* places;
  std::size_t count;

  void collect(const Pixels<const T>& x, const Windows& at, std::int64_t image, const Span& rows, const Span& columns) {
    count = 0;
    for (std::int64_t i = 0; i < rows.count; i++) {
      const std::int64_t line = (rows.first + i * at.h.dilation) * at.w.extent;
      const T* const pixel = x.row(static_cast<std::size_t>(image * at.h.extent * at.w.extent + line));
      for (std::int64_t j = 0; j < columns.count; j++) {
        const std::int64_t column = columns.first + j * at.w.dilation;
        pixels[count] = pixel + column * x.stride;
        places[count++] = static_cast<std::int32_t>(line + column);
      }
    }
  }
};

// A window that misses the image altogether has no maximum: -infinity from nowhere.
constexpr std::int32_t kNowhere = -1;

template <class T>
void max_pool_of(OpCall& call, const Windows& windows) {
  const auto kernel = pick<T>(call.kernels.f32_max_pool_pixel, call.kernels.f64_max_pool_pixel);
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const PixelOutput<std::int32_t> places(call.out[1]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const Pixels<std::int32_t> winners = places.pixels();
  const std::size_t n = y.channels, taps = windows.taps(), rows = windows.rows(call.out[0]);
  const std::size_t chunks = std::max<std::size_t>(1, std::min(rows, chunks_for(y.rows * n * taps, kGrain)));
  const Temporary pointers(chunks * taps * sizeof(const T*)), indices(chunks * taps * sizeof(std::int32_t));
  const std::int64_t height = windows.h.windows, width = windows.w.windows;
  const auto pool_row = [&](std::int64_t image, std::int64_t oh, std::size_t chunk) {
    Tapped<T> tapped{pointers.as<const T*>() + chunk * taps, indices.as<std::int32_t>() + chunk * taps, 0};
    const Span span = windows.h.span(oh);
    for (std::int64_t ow = 0; ow < width; ow++) {
      const std::size_t pixel = static_cast<std::size_t>((image * height + oh) * width + ow);
      std::int32_t* const winner = winners.row(pixel);
      tapped.collect(x, windows, image, span, windows.columns[static_cast<std::size_t>(ow)]);
      if (tapped.count == 0) {
        std::fill_n(y.row(pixel), n, -std::numeric_limits<T>::infinity());
        std::fill_n(winner, n, kNowhere);
        continue;
      }
      kernel(tapped.pixels, tapped.count, y.row(pixel), winner, n);
      for (std::size_t j = 0; j < n; j++) winner[j] = tapped.places[winner[j]];
    }
  };
  if (y.rows * n != 0) for_image_rows(rows / height, height, chunks, pool_row);
  output.finish(call.kernels);
  places.finish(call.kernels);
}

void max_pool(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0], &indices = call.out[1];
  require_images(x, out);
  require(indices.same_shape(out) && indices.dtype == DType::kInt32, "indices of a max pool are int32");
  WindowReader reader(call.attrs);
  reader.pair(&WindowAxis::kernel, 1);
  reader.pair(&WindowAxis::stride, 1);
  reader.pair(&WindowAxis::padding, 0);
  reader.pair(&WindowAxis::dilation, 1);
  const Windows windows = reader.finish(x, out, call.attrs.boolean());
  require(x.shape[2] * x.shape[3] <= std::numeric_limits<std::int32_t>::max(), "an image is too large to pool");
  visit_float(x.dtype, [&](auto tag) { max_pool_of<typename decltype(tag)::type>(call, windows); });
}

// Windows overlap, so one thread adds up an image, or a band of its channels.
template <class T>
void max_pool_backward_of(OpCall& call) {
  const PixelInput<T> gradient(call.in[0], call.kernels);
  const PixelInput<std::int32_t> places(call.in[1], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> dout = gradient.pixels();
  const Pixels<const std::int32_t> winners = places.pixels();
  const Pixels<T> dx = output.pixels();
  const std::size_t images = static_cast<std::size_t>(call.out[0].shape[0]);
  const std::size_t bands = images >= 16 ? 1 : chunks_for(dx.channels, 16);
  const std::size_t plane = images == 0 ? 0 : dx.rows / images, pooled = images == 0 ? 0 : dout.rows / images;
  parallel_for(images * bands, [&](std::size_t job) {
    const std::size_t image = job / bands;
    const Range band = chunk_range(dx.channels, bands, job % bands, 16);
    for (std::size_t p = image * plane; p < (image + 1) * plane; p++) {
      std::fill(dx.row(p) + band.begin, dx.row(p) + band.end, T{0});
    }
    for (std::size_t p = image * pooled; p < (image + 1) * pooled; p++) {
      const T* const from = dout.row(p);
      const std::int32_t* const winner = winners.row(p);
      for (std::size_t j = band.begin; j < band.end; j++) {
        // As an unsigned number kNowhere lies outside every plane, as does what a forged command may hold.
        const std::size_t place = static_cast<std::uint32_t>(winner[j]);
        if (place < plane) dx.row(image * plane + place)[j] += from[j];
      }
    }
  });
  output.finish(call.kernels);
}

void max_pool_backward(OpCall& call) {
  const View &dout = call.in[0], &indices = call.in[1], &dx = call.out[0];
  require_images(dout, dx);
  require(indices.same_shape(dout) && indices.dtype == DType::kInt32, "indices of a max pool are int32");
  require_shape(call.attrs, dx);
  require(dout.shape[0] == dx.shape[0] && dout.shape[1] == dx.shape[1], "a pooled image keeps batch and channels");
  require(dx.shape[2] * dx.shape[3] <= std::numeric_limits<std::int32_t>::max(), "an image is too large to pool");
  visit_float(dx.dtype, [&](auto tag) { max_pool_backward_of<typename decltype(tag)::type>(call); });
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

// A divisor for every channel, written anew only when it changes: kernels are quickest on neighbouring elements.
template <class T>
class Divisors {
 public:
  Divisors(T* values, std::size_t n) : values_(values), n_(n) {}
  const T* of(T divisor) {
    if (divisor != divisor_) std::fill_n(values_, n_, divisor);
    divisor_ = divisor;
    return values_;
  }

 private:
  T* values_;
  std::size_t n_;
  T divisor_ = -1;
};

template <class T>
void avg_pool_of(OpCall& call, const AvgPool& pool) {
  const auto sum_rows = pick<T>(call.kernels.f32_sum_rows, call.kernels.f64_sum_rows);
  const auto div = pick<T>(call.kernels.f32_div, call.kernels.f64_div);
  const PixelInput<T> input(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> x = input.pixels();
  const Pixels<T> y = output.pixels();
  const WindowAxis &h = pool.windows.h, &w = pool.windows.w;
  const std::size_t n = y.channels, rows = pool.windows.rows(call.out[0]);
  const std::size_t work = y.rows * n * pool.windows.taps();
  const std::size_t chunks = std::max<std::size_t>(1, std::min(rows, chunks_for(work, kGrain)));
  const Temporary buffers(chunks * n * sizeof(T));
  const auto pool_row = [&](std::int64_t image, std::int64_t oh, std::size_t chunk) {
    Divisors<T> divisors(buffers.as<T>() + chunk * n, n);
    const Span span = h.span(oh);
    T* sum = y.row(static_cast<std::size_t>((image * h.windows + oh) * w.windows));
    for (const Span& columns : pool.windows.columns) {
      std::fill_n(sum, n, T{0});
      for (std::int64_t i = 0; i < span.count && columns.count > 0; i++) {
        const std::int64_t pixel = (image * h.extent + span.first + i) * w.extent + columns.first;
        sum_rows(x.row(static_cast<std::size_t>(pixel)), x.stride, static_cast<std::size_t>(columns.count), sum, n);
      }
      if (span.count * columns.count > 0) div(sum, 1, divisors.of(pool.divisor<T>(span, columns)), 1, sum, n);
      sum += y.stride;
    }
  };
  if (y.rows * n != 0) for_image_rows(rows / static_cast<std::size_t>(h.windows), h.windows, chunks, pool_row);
  output.finish(call.kernels);
}

void avg_pool(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  require_images(x, out);
  const AvgPool pool(call.attrs, x, out);
  visit_float(x.dtype, [&](auto tag) { avg_pool_of<typename decltype(tag)::type>(call, pool); });
}

// Row by row of the image, so that rows need no order among threads: every window over a row gives its share.
template <class T>
void avg_pool_backward_of(OpCall& call, const AvgPool& pool) {
  const auto add = pick<T>(call.kernels.f32_add, call.kernels.f64_add);
  const auto div = pick<T>(call.kernels.f32_div, call.kernels.f64_div);
  const PixelInput<T> gradient(call.in[0], call.kernels);
  const PixelOutput<T> output(call.out[0]);
  const Pixels<const T> dout = gradient.pixels();
  const Pixels<T> dx = output.pixels();
  const WindowAxis &h = pool.windows.h, &w = pool.windows.w;
  const std::size_t n = dx.channels, images = static_cast<std::size_t>(call.out[0].shape[0]);
  const std::size_t rows = images * static_cast<std::size_t>(h.extent);
  const std::size_t work = dout.rows * n * pool.windows.taps();
  const std::size_t chunks = std::max<std::size_t>(1, std::min(rows, chunks_for(work, kGrain)));
  const Temporary buffers(chunks * 2 * n * sizeof(T));
  const bool overlap = h.overlap() || w.overlap();
  const auto fill_row = [&](std::int64_t image, std::int64_t row, std::size_t chunk) {
    T* const share = buffers.as<T>() + chunk * 2 * n;
    Divisors<T> divisors(share + n, n);
    T* const line = dx.row(static_cast<std::size_t>((image * h.extent + row) * w.extent));
    for (std::int64_t i = 0; i < w.extent; i++) std::fill_n(line + i * dx.stride, n, T{0});
    const std::int64_t first = ceil_divide(std::max<std::int64_t>(0, row + h.padding - h.kernel + 1), h.stride);
    const std::int64_t last = std::min(h.windows - 1, (row + h.padding) / h.stride);
    for (std::int64_t oh = first; oh <= last; oh++) {
      const Span span = h.span(oh);
      const T* from = dout.row(static_cast<std::size_t>((image * h.windows + oh) * w.windows));
      for (const Span& columns : pool.windows.columns) {
        const T* const divisor = divisors.of(pool.divisor<T>(span, columns));
        if (overlap) div(from, 1, divisor, 1, share, n);
        for (std::int64_t i = 0; i < columns.count; i++) {
          T* const target = line + (columns.first + i) * dx.stride;
          if (overlap) {
            add(target, 1, share, 1, target, n);
          } else {
            div(from, 1, divisor, 1, target, n);
          }
        }
        from += dout.stride;
      }
    }
  };
  if (dx.rows * n != 0) for_image_rows(images, static_cast<std::size_t>(h.extent), chunks, fill_row);
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
