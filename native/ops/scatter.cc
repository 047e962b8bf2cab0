#include <cmath>

#include "ops/places.h"

namespace myelin {
namespace {

// In the order of the ops' attributes: the first two are modes of scatter, the others of scatterCombine.
enum class Mode { kReplace, kSum, kProd, kAmax, kAmin };

// NaN wins, as in max and min.
template <class T>
T larger(T a, T b) {
  return b > a || b != b ? b : a;
}

template <class T>
T smaller(T a, T b) {
  return b < a || b != b ? b : a;
}

template <class T, class F>
void combine(const Places<std::int64_t>& places, bool include_self, const F& f) {
  if (include_self) {
    return places.run<T>(false, [&](T& element, const T& value) { element = f(element, value); });
  }
  // What has not been met yet is replaced.
  const std::size_t size = static_cast<std::size_t>(places.whole.size());
  const Temporary met(size);
  std::fill_n(met.as<char>(), size, char{0});
  const T* first = reinterpret_cast<const T*>(places.whole.data);
  places.run<T>(false, [&](T& element, const T& value) {
    char& seen = met.as<char>()[&element - first];
    element = seen ? f(element, value) : value;
    seen = 1;
  });
}

template <class T>
void combine_by(Mode mode, const Places<std::int64_t>& places, bool include_self) {
  switch (mode) {
    case Mode::kSum:
      return combine<T>(places, include_self, [](T a, T b) { return wrapping_add(a, b); });
    case Mode::kProd:
      return combine<T>(places, include_self, [](T a, T b) { return wrapping_multiply(a, b); });
    case Mode::kAmax:
      return combine<T>(places, include_self, [](T a, T b) { return larger(a, b); });
    case Mode::kAmin:
      return combine<T>(places, include_self, [](T a, T b) { return smaller(a, b); });
    case Mode::kReplace:
      return;
  }
}

// A row-major int64 copy of indices of either dtype, or the indices themselves when they are that already.
class WideIndex {
 public:
  WideIndex(const View& index, const KernelTable& kernels)
      : dense_(index, kernels),
        wide_(index.dtype == DType::kInt64 ? 0 : static_cast<std::size_t>(index.size()) * sizeof(std::int64_t)) {
    if (index.dtype == DType::kInt64) {
      data_ = dense_.as<std::int64_t>();
    } else {
      std::copy_n(dense_.as<std::int32_t>(), index.size(), wide_.as<std::int64_t>());
      data_ = wide_.as<std::int64_t>();
    }
  }
  const std::int64_t* data() const { return data_; }

 private:
  Contiguous dense_;
  Temporary wide_;
  const std::int64_t* data_;
};

void run_scatter(OpCall& call, int first_mode, int modes) {
  const View &x = call.in[0], &index = call.in[1], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  const Mode mode = static_cast<Mode>(first_mode + call.attrs.choice(modes));
  const bool include_self = call.attrs.boolean();
  require(out.same_shape(x) && out.contiguous(), "the result has a wrong shape");
  require_places(out, call.in[2], index, axis);
  const WideIndex wide(index, call.kernels);
  copy_view(x, out, call.kernels);
  const View source = corner(call.in[2], index);
  const Places<std::int64_t> places{out, source, wide.data(), axis};
  if (mode == Mode::kReplace) {
    return visit_size(out.dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      places.run<T>(false, [](T& element, const T& value) { element = value; });
    });
  }
  visit_dtype(out.dtype, [&](auto tag) { combine_by<typename decltype(tag)::type>(mode, places, include_self); });
}

}  // namespace

void register_scatter(OpList& ops) {
  ops.push_back({"scatter", 3, 1, [](OpCall& call) { run_scatter(call, 0, 2); }});
  ops.push_back({"scatterCombine", 3, 1, [](OpCall& call) { run_scatter(call, 2, 3); }});
}

}  // namespace myelin
