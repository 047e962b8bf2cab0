#include <cstring>

#include "ops/places.h"

namespace myelin {
namespace {

// out = x at the places that the index names along one axis.
void gather(OpCall& call) {
  const View &x = call.in[0], &out = call.out[0];
  const int axis = axis_of(call.attrs, x);
  require_places(x, out, call.in[1], axis);
  require(out.same_shape(call.in[1]), "the result has a wrong shape");
  const Contiguous index(call.in[1], call.kernels);
  visit_index(call.in[1].dtype, [&](auto index_tag) {
    using I = typename decltype(index_tag)::type;
    const Places<I> places{x, out, index.as<I>(), axis};
    visit_size(x.dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      places.template run<T>(true, [](const T& from, T& to) { to = from; });
    });
  });
}

void gather_backward(OpCall& call) {
  const View &dout = call.in[0], &out = call.out[0];
  require_shape(call.attrs, out);
  const int axis = axis_of(call.attrs, out);
  require_places(out, dout, call.in[1], axis);
  require(dout.same_shape(call.in[1]), "the indices have another shape than the gradient");
  const Contiguous index(call.in[1], call.kernels);
  fill_view(out, 0);
  visit_index(call.in[1].dtype, [&](auto index_tag) {
    using I = typename decltype(index_tag)::type;
    const Places<I> places{out, dout, index.as<I>(), axis};
    visit_dtype(out.dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      places.template run<T>(false, [](T& sum, const T& value) { sum = wrapping_add(sum, value); });
    });
  });
}

// Negative indices count from the end; every index is checked, and comes out as int64 in [0, extent).
void wrap_index(OpCall& call) {
  const View& out = call.out[0];
  const std::int64_t extent = call.attrs.integer();
  require(out.same_shape(call.in[0]) && out.contiguous(), "the result has a wrong shape");
  const Contiguous index(call.in[0], call.kernels);
  std::int64_t* to = out.as<std::int64_t>();
  visit_index(call.in[0].dtype, [&](auto tag) {
    using I = typename decltype(tag)::type;
    const I* from = index.as<I>();
    const std::size_t size = static_cast<std::size_t>(out.size()), chunks = chunks_for(size, kGrain);
    std::atomic<bool> outside{false};
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(size, chunks, chunk, 64);
      bool bad = false;
      for (std::size_t i = range.begin; i < range.end; i++) {
        const std::int64_t value = from[i];
        to[i] = value < 0 ? value + extent : value;
        bad |= to[i] < 0 || to[i] >= extent;
      }
      if (bad) outside.store(true, std::memory_order_relaxed);
    });
    if (!outside.load()) return;
    for (std::size_t i = 0; i < size; i++) {
      if (to[i] < 0 || to[i] >= extent) refuse_index(from[i], static_cast<std::int64_t>(i), extent);
    }
  });
}

[[noreturn]] void refuse_counts() { fail("VALUE", "the counts changed since they were added up"); }

// i repeated counts[i] times, for every i in order.
void repeat_index(OpCall& call) {
  const View& out = call.out[0];
  const std::int64_t total = call.attrs.integer();
  const Contiguous counts(call.in[0], call.kernels);
  require(call.in[0].rank == 1 && out.rank == 1 && out.contiguous() && out.shape[0] == total, "a wrong shape");
  std::int64_t* to = out.as<std::int64_t>();
  visit_index(call.in[0].dtype, [&](auto tag) {
    using I = typename decltype(tag)::type;
    const I* count = counts.as<I>();
    std::int64_t at = 0;
    for (std::int64_t i = 0; i < call.in[0].shape[0]; i++) {
      if (count[i] < 0) fail("VALUE", "the count at position " + std::to_string(i) + " is " + std::to_string(count[i]));
    }
    for (std::int64_t i = 0; i < call.in[0].shape[0]; i++) {
      const std::int64_t n = count[i];
      if (n < 0 || n > total - at) refuse_counts();
      std::fill_n(to + at, n, i);
      at += n;
    }
    if (at != total) refuse_counts();
  });
}

}  // namespace

void register_gather(OpList& ops) {
  ops.push_back({"gather", 2, 1, gather, true});
  ops.push_back({"gatherBackward", 2, 1, gather_backward});
  ops.push_back({"wrapIndex", 1, 1, wrap_index});
  ops.push_back({"repeatIndex", 1, 1, repeat_index});
}

}  // namespace myelin
