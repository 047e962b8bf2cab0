#include "ops/conv_shape.h"

#include <algorithm>

#include "ops/support.h"

namespace myelin {
namespace {

// Beyond this a padded size or a window could overflow; no tensor that fits into memory comes near.
constexpr std::int64_t kLargest = std::int64_t{1} << 31;
constexpr std::size_t kLargestWindow = std::size_t{1} << 28;

std::size_t to_size(std::int64_t value, std::int64_t least) {
  require(value >= least && value < kLargest, "conv2d: a size is out of range");
  return static_cast<std::size_t>(value);
}

Dims list_of(Attrs& attrs, int length) {
  int count = 0;
  const Dims values = attrs.integers(count, length);
  require(count == length, "conv2d: an attribute list has another length than expected");
  return values;
}

std::size_t out_extent(std::size_t in, std::size_t before, std::size_t after, std::size_t kernel, std::size_t stride,
                       std::size_t dilation) {
  const std::size_t padded = in + before + after, reach = (kernel - 1) * dilation + 1;
  require(reach <= padded, "conv2d: the kernel is larger than the padded input");
  return (padded - reach) / stride + 1;
}

void require_shape(const View& view, std::size_t a, std::size_t b, std::size_t c, std::size_t d) {
  const std::array<std::size_t, 4> expected{a, b, c, d};
  require(view.rank == 4, "conv2d: an operand has not four axes");
  for (int i = 0; i < 4; i++) {
    require(view.shape[i] == static_cast<std::int64_t>(expected[static_cast<std::size_t>(i)]),
            "conv2d: an operand has another shape than expected");
  }
}

}  // namespace

ConvShape conv_shape(const Dims& input, const Dims& kernel, Attrs& attrs) {
  const Dims stride = list_of(attrs, 2), padding = list_of(attrs, 4), dilation = list_of(attrs, 2);
  ConvShape shape{};
  shape.groups = to_size(attrs.integer(), 1);
  shape.batch = to_size(input[0], 0);
  shape.channels = to_size(input[1], 0);
  shape.height = to_size(input[2], 0);
  shape.width = to_size(input[3], 0);
  shape.out_channels = to_size(kernel[0], 0);
  shape.kernel_height = to_size(kernel[2], 1);
  shape.kernel_width = to_size(kernel[3], 1);
  shape.stride_y = to_size(stride[0], 1);
  shape.stride_x = to_size(stride[1], 1);
  shape.top = to_size(padding[0], 0);
  shape.left = to_size(padding[1], 0);
  shape.bottom = to_size(padding[2], 0);
  shape.right = to_size(padding[3], 0);
  shape.dilation_y = to_size(dilation[0], 1);
  shape.dilation_x = to_size(dilation[1], 1);
  require(shape.channels % shape.groups == 0 && shape.out_channels % shape.groups == 0,
          "conv2d: groups must divide the channels");
  require(kernel[1] == static_cast<std::int64_t>(shape.group_channels()),
          "conv2d: the kernel has another number of channels than a group");
  shape.out_height =
      out_extent(shape.height, shape.top, shape.bottom, shape.kernel_height, shape.stride_y, shape.dilation_y);
  shape.out_width =
      out_extent(shape.width, shape.left, shape.right, shape.kernel_width, shape.stride_x, shape.dilation_x);
  // The rows that one output row reads are held in memory at once.
  const double window = static_cast<double>((shape.kernel_height - 1) * shape.dilation_y + 1) *
                        static_cast<double>(shape.width + shape.left + shape.right) *
                        static_cast<double>(std::max(shape.channels, shape.out_channels));
  if (window > static_cast<double>(kLargestWindow))
    fail("OUT_OF_MEMORY", "conv2d: the padded rows of one output row do not fit into memory");
  return shape;
}

Dims conv_extents(Attrs& attrs) { return list_of(attrs, 4); }

void require_input(const View& view, const ConvShape& shape) {
  require_shape(view, shape.batch, shape.channels, shape.height, shape.width);
}
void require_output(const View& view, const ConvShape& shape) {
  require_shape(view, shape.batch, shape.out_channels, shape.out_height, shape.out_width);
}
void require_kernel(const View& view, const ConvShape& shape) {
  require_shape(view, shape.out_channels, shape.group_channels(), shape.kernel_height, shape.kernel_width);
}

}  // namespace myelin
