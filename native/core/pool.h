#pragma once
#include <cstddef>
#include <type_traits>

namespace myelin {

// The process's threads. A caller takes part in its own loop and borrows idle workers; when another loop holds them,
// or when called from inside a loop, it goes on alone. Chunks are split by shape, so results do not depend on threads.
namespace pool {

using Body = void (*)(const void* context, std::size_t chunk);

int threads();                // 0 until set_threads is first called
void set_threads(int count);  // clamped to [1, 256]
void run(std::size_t chunks, Body body, const void* context);

// Work that its submitter does not wait for; must not throw. One thread serves tasks alone, standing in for the submitter, and
// idle workers help: as many tasks run at once as there are threads, and a task's loops borrow whoever is idle.
struct Task {
  void (*run)(void* context);
  void* context;
};
void submit(const Task& task);  // throws std::system_error when the system allows no thread

}  // namespace pool

// Calls body(chunk) once for every chunk in [0, chunks), in any order, on several threads, and returns when all are
// done, throwing the first thing that a chunk threw. Worth it from about 20 µs of work: see chunks_for.
template <class F>
void parallel_for(std::size_t chunks, const F& body) {
  pool::run(
      chunks, [](const void* context, std::size_t chunk) { (*static_cast<const F*>(context))(chunk); }, &body);
}

// How many chunks `items` units of work make when one chunk should hold at least `grain` of them; at least 1.
inline std::size_t chunks_for(std::size_t items, std::size_t grain) {
  constexpr std::size_t kMaxChunks = 64;
  const std::size_t chunks = items / (grain == 0 ? 1 : grain);
  return chunks < 1 ? 1 : chunks > kMaxChunks ? kMaxChunks : chunks;
}

struct Range {
  std::size_t begin;
  std::size_t end;
};

// Chunk `chunk` of [0, items) cut into `chunks` nearly equal parts whose borders are multiples of `align`.
inline Range chunk_range(std::size_t items, std::size_t chunks, std::size_t chunk, std::size_t align = 1) {
  const std::size_t units = (items + align - 1) / align;
  const std::size_t begin = units * chunk / chunks * align;
  const std::size_t end = units * (chunk + 1) / chunks * align;
  return {begin < items ? begin : items, end < items ? end : items};
}

}  // namespace myelin
