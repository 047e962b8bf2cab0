// oneDNN as a contender: matrix products, and convolutions in the layouts that it chooses itself. Reorders into those
// layouts are not timed, so this is the speed of its kernels, not what a framework on top of it reaches.
#include <omp.h>

#include <dnnl.hpp>
#include <memory>
#include <unordered_map>

#include "contender.h"

namespace {

using namespace contender;
using namespace dnnl;

using Tag = memory::format_tag;
using Type = memory::data_type;
using Arguments = std::unordered_map<int, memory>;

const engine& cpu() {
  static const engine only(engine::kind::cpu, 0);
  return only;
}

stream& queue() {
  static stream only(cpu());
  return only;
}

// ---- tensors ---------------------------------------------------------------------------------------------------------

std::size_t count_of(const memory::dims& dims) {
  std::size_t count = 1;
  for (const memory::dim extent : dims) count *= static_cast<std::size_t>(extent);
  return count;
}

memory::dims row_major(const memory::dims& dims) {
  memory::dims strides(dims.size(), 1);
  for (std::size_t i = dims.size() - 1; i > 0; i--) strides[i - 1] = strides[i] * dims[i];
  return strides;
}

memory::desc plain(const memory::dims& dims, Type type = Type::f32) { return {dims, type, row_major(dims)}; }

void convert(memory from, memory to) {
  reorder(from, to).execute(queue(), from, to);
  queue().wait();
}

// The pattern in row-major order, brought into the wanted layout and type.
memory filled(const memory::dims& dims, const memory::desc& wanted, std::uint32_t seed) {
  memory source(plain(dims), cpu()), target(wanted, cpu());
  fill(static_cast<float*>(source.get_data_handle()), count_of(dims), seed);
  convert(source, target);
  return target;
}

Values read(const memory& from, const memory::dims& dims) {
  memory target(plain(dims), cpu());
  convert(from, target);
  const float* values = static_cast<const float*>(target.get_data_handle());
  return Values(values, values + count_of(dims));
}

Type type_of(const std::string& name) {
  if (name == "bfloat16") return Type::bf16;
  return name == "float32" ? Type::f32 : Type::u8;
}

// ---- matrix products -------------------------------------------------------------------------------------------------

// A factor of `rows` × `columns`, stored transposed or not.
memory::desc factor(memory::dim batch, memory::dim rows, memory::dim columns, bool transposed, Type type) {
  const memory::dims strides =
      transposed ? memory::dims{rows * columns, 1, rows} : memory::dims{rows * columns, columns, 1};
  return {{batch, rows, columns}, type, strides};
}

// What is stored in row-major order is the transpose when the factor is stored transposed.
void fill_factor(const memory& target, std::uint32_t seed, Type type) {
  const std::size_t count = target.get_desc().get_size() / memory::data_type_size(type);
  if (type == Type::f32) {
    fill(static_cast<float*>(target.get_data_handle()), count, seed);
  } else if (type == Type::bf16) {
    const memory::dim size = static_cast<memory::dim>(count);
    memory source(plain({size}), cpu());
    fill(static_cast<float*>(source.get_data_handle()), count, seed);
    convert(source, memory(plain({size}, type), cpu(), target.get_data_handle()));
  } else {
    std::uint8_t* bytes = static_cast<std::uint8_t*>(target.get_data_handle());
    for (std::size_t i = 0; i < count; i++) {
      bytes[i] = static_cast<std::uint8_t>((pattern_at(static_cast<std::uint32_t>(i), seed) + 0.5f) * 127.0f);
    }
  }
}

matmul::primitive_desc product_of(const memory::desc& a, const memory::desc& b, const memory::desc& c) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), a, b, c};
#else
  return {matmul::desc(a, b, c), cpu()};
#endif
}

Way multiply(const Request& request) {
  const memory::dim batch = request.integer("batch"), m = request.integer("m");
  const memory::dim n = request.integer("n"), k = request.integer("k");
  const Type type = type_of(request.text("dtype"));
  // Bytes are below 128 here, so that signed and unsigned ones are the same; oneDNN wants weights to be signed.
  const Type weight_type = type == Type::u8 ? Type::s8 : type;
  const memory a(factor(batch, m, k, request.integer("aTransposed") != 0, type), cpu());
  const memory b(factor(batch, k, n, request.integer("bTransposed") != 0, weight_type), cpu());
  const memory c(plain({batch, m, n}, type == Type::u8 ? Type::s32 : type), cpu());
  fill_factor(a, 1, type);
  fill_factor(b, 2, weight_type);
  const matmul primitive(product_of(a.get_desc(), b.get_desc(), c.get_desc()));
  const Arguments arguments{{DNNL_ARG_SRC, a}, {DNNL_ARG_WEIGHTS, b}, {DNNL_ARG_DST, c}};
  return {[=] {
            primitive.execute(queue(), arguments);
            queue().wait();
          },
          [=] {
            return std::vector<Values>{read(c, {batch, m, n})};
          },
          "matmul primitive, plain layouts"};
}

// The BLAS-like interface is the faster one for some shapes, and has float32 only.
Way multiply_sgemm(const Request& request) {
  const memory::dim m = request.integer("m"), n = request.integer("n"), k = request.integer("k");
  const bool a_transposed = request.integer("aTransposed") != 0, b_transposed = request.integer("bTransposed") != 0;
  const std::size_t batch = static_cast<std::size_t>(request.integer("batch"));
  struct Factors {
    Values a, b, c;
  };
  const std::size_t rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n);
  const std::size_t inner = static_cast<std::size_t>(k);
  auto factors = std::make_shared<Factors>();
  factors->a.resize(batch * rows * inner);
  factors->b.resize(batch * inner * columns);
  factors->c.resize(batch * rows * columns);
  fill(factors->a.data(), factors->a.size(), 1);
  fill(factors->b.data(), factors->b.size(), 2);
  return {[=] {
            for (std::size_t i = 0; i < batch; i++) {
              dnnl::sgemm(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', m, n, k, 1.0f,
                          factors->a.data() + i * rows * inner, a_transposed ? m : k,
                          factors->b.data() + i * inner * columns, b_transposed ? k : n, 0.0f,
                          factors->c.data() + i * rows * columns, n);
            }
          },
          [=] { return std::vector<Values>{factors->c}; }, "dnnl_sgemm"};
}

Way multiply_best(const Request& request) {
  Way primitive = multiply(request);
  if (request.text("dtype") != "float32") return primitive;
  Way blas = multiply_sgemm(request);
  return time_for(0.05, primitive.run) <= time_for(0.05, blas.run) ? primitive : blas;
}

// ---- convolutions ----------------------------------------------------------------------------------------------------

struct Convolution {
  memory::dims x, w, y;  // w with the groups as its first axis when there are several
  memory::dims strides, dilations, padding;

  explicit Convolution(const Request& request) {
    const memory::dim batch = request.integer("batch"), channels = request.integer("channels");
    const memory::dim size = request.integer("size"), filters = request.integer("filters");
    const memory::dim kernel = request.integer("kernel"), groups = request.integer("groups");
    const memory::dim stride = request.integer("stride"), pad = request.integer("padding");
    const memory::dim dilation = request.integer("dilation");
    const memory::dim out = (size + 2 * pad - dilation * (kernel - 1) - 1) / stride + 1;
    x = {batch, channels, size, size};
    w = {filters, channels / groups, kernel, kernel};
    if (groups > 1) w = {groups, filters / groups, channels / groups, kernel, kernel};
    y = {batch, filters, out, out};
    strides = {stride, stride};
    dilations = {dilation - 1, dilation - 1};  // oneDNN counts the gaps
    padding = {pad, pad};
  }
};

memory::desc any(const memory::dims& dims) { return {dims, Type::f32, Tag::any}; }

// Direct sums, or with the argument `winograd` Winograd's F(4 x 4, 3 x 3), which is faster where this oneDNN has it (2.6: 3 x 3
// kernels with stride 1 on AVX-512) and rounds more. They are two contenders, since targets are multiples of direct sums.
algorithm chosen = algorithm::convolution_direct;

convolution_forward::primitive_desc forward_of(const Convolution& c) {
#if DNNL_VERSION_MAJOR >= 3
  return {
      cpu(),    prop_kind::forward_training, chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding,
      c.padding};
#else
  return {
      {prop_kind::forward_training, chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding, c.padding},
      cpu()};
#endif
}

convolution_backward_data::primitive_desc data_gradient_of(const Convolution& c,
                                                           const convolution_forward::primitive_desc& hint) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding, c.padding, hint};
#else
  return {{chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding, c.padding}, cpu(), hint};
#endif
}

convolution_backward_weights::primitive_desc weight_gradient_of(const Convolution& c,
                                                                const convolution_forward::primitive_desc& hint) {
#if DNNL_VERSION_MAJOR >= 3
  return {cpu(), chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding, c.padding, hint};
#else
  return {{chosen, any(c.x), any(c.w), any(c.y), c.strides, c.dilations, c.padding, c.padding}, cpu(), hint};
#endif
}

constexpr const char* kLayouts = "layouts of its own choice, reorders not timed";

Way convolve(const Request& request) {
  const Convolution c(request);
  const auto described = forward_of(c);
  const memory y(described.dst_desc(), cpu());
  const Arguments arguments{{DNNL_ARG_SRC, filled(c.x, described.src_desc(), 1)},
                            {DNNL_ARG_WEIGHTS, filled(c.w, described.weights_desc(), 2)},
                            {DNNL_ARG_DST, y}};
  const convolution_forward primitive(described);
  return {[=] {
            primitive.execute(queue(), arguments);
            queue().wait();
          },
          [=] { return std::vector<Values>{read(y, c.y)}; }, kLayouts};
}

Way convolve_backward(const Request& request) {
  const Convolution c(request);
  const auto hint = forward_of(c);
  const auto data = data_gradient_of(c, hint);
  const auto weights = weight_gradient_of(c, hint);
  const memory dx(data.diff_src_desc(), cpu()), dw(weights.diff_weights_desc(), cpu());
  const Arguments data_arguments{{DNNL_ARG_DIFF_DST, filled(c.y, data.diff_dst_desc(), 3)},
                                 {DNNL_ARG_WEIGHTS, filled(c.w, data.weights_desc(), 2)},
                                 {DNNL_ARG_DIFF_SRC, dx}};
  const Arguments weight_arguments{{DNNL_ARG_DIFF_DST, filled(c.y, weights.diff_dst_desc(), 3)},
                                   {DNNL_ARG_SRC, filled(c.x, weights.src_desc(), 1)},
                                   {DNNL_ARG_DIFF_WEIGHTS, dw}};
  const convolution_backward_data data_primitive(data);
  const convolution_backward_weights weight_primitive(weights);
  return {[=] {
            data_primitive.execute(queue(), data_arguments);
            weight_primitive.execute(queue(), weight_arguments);
            queue().wait();
          },
          [=] {
            return std::vector<Values>{read(dx, c.x), read(dw, c.w)};
          },
          kLayouts};
}

// What oneDNN has no primitive for is no failure.
Prepare unless_missing(Prepare prepare) {
  return [=](const Request& request) {
    try {
      return prepare(request);
    } catch (const dnnl::error& error) {
      throw Refusal{error.message};
    }
  };
}

}  // namespace

int main(int count, char** arguments) {
  const bool winograd = count > 1 && std::string(arguments[1]) == "winograd";
  if (winograd) chosen = algorithm::convolution_winograd;
  const dnnl_version_t* found = dnnl_version();
  const std::string version =
      std::to_string(found->major) + "." + std::to_string(found->minor) + "." + std::to_string(found->patch);
  const std::map<std::string, Prepare> convolutions = {{"conv2d", unless_missing(convolve)},
                                                       {"conv2dBackward", unless_missing(convolve_backward)}};
  if (winograd) return serve({"oneDNN Winograd", version, "OpenMP"}, convolutions, omp_set_num_threads);
  std::map<std::string, Prepare> all = convolutions;
  all["matmul"] = multiply_best;
  return serve({"oneDNN", version, "OpenMP, the faster of its two matrix products in each case, direct convolutions"},
               all, omp_set_num_threads);
}
