// libFuzzer target: bytes become a row of doubles, and the row is run. It must run or be refused with an Error; the
// sanitizers see to the rest. `npm run fuzz -- commands` builds it and gives it the rows of every op's samples to begin with.
#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <new>
#include <random>
#include <vector>

#include "core/command.h"
#include "core/registry.h"

using namespace myelin;

extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size);

namespace {

constexpr std::size_t kHeader = 4;
constexpr std::size_t kMaxRow = 1024;
// What a view or a list may hold at most for its row to be tried: more would be honest work for hours. Numbers beyond
// what a command may hold are tried again, since they are to be refused.
constexpr double kMaxWork = 1 << 14;
constexpr double kRefused = 0x1p46;

enum class Fill { kZeros, kCounts, kNoise };

struct Ground {
  std::size_t bytes;
  Fill fill;
};

// Zeros are legal indices; counts are for the most part; noise holds NaN, infinities and indices of every size.
constexpr Ground kGrounds[] = {{65536, Fill::kZeros}, {65536, Fill::kCounts}, {65536, Fill::kNoise},
                               {1024, Fill::kZeros},  {64, Fill::kNoise},     {0, Fill::kZeros}};
constexpr std::size_t kStorages = std::size(kGrounds);

void fill(char* data, const Ground& ground) {
  std::mt19937 generator(1);
  for (std::size_t i = 0; i + 4 <= ground.bytes; i += 4) {
    const std::uint32_t words[] = {0, i % 8 == 0 ? static_cast<std::uint32_t>(i / 8 % 5) : 0,
                                   static_cast<std::uint32_t>(generator())};
    std::memcpy(data + i, &words[static_cast<int>(ground.fill)], 4);
  }
}

// What stays between runs.
struct Stage {
  StorageTable storages;
  Command command;
  std::array<double, kStorages> handles;
  std::array<std::vector<char>, kStorages> contents;
  double stale;
  std::vector<std::size_t> completed = std::vector<std::size_t>(all_ops().size());

  Stage() {
    memory::set_limit(std::size_t{256} << 20);
    for (std::size_t i = 0; i < kStorages; i++) {
      handles[i] = storages.allocate(kGrounds[i].bytes);
      contents[i].resize(kGrounds[i].bytes);
      fill(contents[i].data(), kGrounds[i]);
    }
    stale = storages.allocate(64);
    storages.release(stale);
    std::atexit([] { instance().report(); });
  }

  static Stage& instance() {
    static Stage* const stage = new Stage;
    return *stage;
  }

  void reset() {
    for (std::size_t i = 0; i < kStorages; i++) {
      if (!contents[i].empty()) std::memcpy(storages.at(handles[i]).data, contents[i].data(), contents[i].size());
    }
  }

  void report() const {
    std::size_t missing = 0;
    for (std::size_t i = 0; i < completed.size(); i++) {
      if (completed[i] > 0) continue;
      missing++;
      std::printf("no row of %s has run to its end\n", all_ops()[i].name);
    }
    std::printf("%zu of %zu ops have run\n", completed.size() - missing, completed.size());
  }
};

bool count_in(double value, double high) { return value >= 0 && value <= high && value == std::floor(value); }

// Storages are known by small numbers in the bytes and by handles in the row. Calls visit(at, rank) for every view.
template <class Visit>
void each_view(std::vector<double>& row, const Visit& visit) {
  if (row.size() < kHeader || !count_in(row[1], 64) || !count_in(row[2], 64)) return;
  std::size_t at = kHeader;
  for (int i = 0; i < static_cast<int>(row[1] + row[2]); i++) {
    if (at + kHeader > row.size() || !count_in(row[at + 3], 64)) return;
    const std::size_t rank = static_cast<std::size_t>(row[at + 3]);
    visit(at, rank);
    at += kHeader + 2 * rank;
  }
}

bool too_much_work(std::vector<double>& row) {
  bool much = false;
  each_view(row, [&](std::size_t at, std::size_t rank) {
    double size = 1;
    for (std::size_t i = 0; i < rank && at + kHeader + i < row.size(); i++) size *= row[at + kHeader + i];
    if (size > kMaxWork && size <= kRefused) much = true;
  });
  for (const double value : row) {
    if (std::abs(value) > kMaxWork && std::abs(value) <= kRefused) much = true;
  }
  return much;
}

void name_storages(Stage& stage, std::vector<double>& row) {
  each_view(row, [&](std::size_t at, std::size_t) {
    if (!count_in(row[at], 255)) return;
    const std::size_t index = static_cast<std::size_t>(row[at]) % (kStorages + 1);
    row[at] = index == kStorages ? stage.stale : stage.handles[index];
  });
}

double some_number(std::mt19937& random) {
  static constexpr double kStrange[] = {-1,     0.5,   INFINITY, -INFINITY, NAN,    -0.0,   0x1p47, -0x1p47,
                                        0x1p53, 1e300, -1e300,   5e-324,    0x1p31, 0x1p32, 255,    256};
  const std::uint32_t kind = random() % 8;
  if (kind == 0) return kStrange[random() % std::size(kStrange)];
  if (kind == 1) return static_cast<double>(random() % 140) - 5;
  return static_cast<double>(random() % 12) - 2;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Stage& stage = Stage::instance();
  std::vector<double> row(std::min(size / sizeof(double), kMaxRow));
  if (row.empty()) return 0;
  std::memcpy(row.data(), data, row.size() * sizeof(double));
  if (too_much_work(row)) return 0;
  name_storages(stage, row);
  stage.reset();
  try {
    stage.command.run(row.data(), row.size(), stage.storages);
    stage.completed[static_cast<std::size_t>(row[0])]++;
    for (const double handle : stage.command.created()) stage.storages.release(handle);
  } catch (const Error&) {
  } catch (const std::bad_alloc&) {
  }
  if (stage.storages.live_count() != kStorages) std::abort();
  return 0;
}

// Changes numbers rather than bytes: few bytes of a double make a legal extent.
extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size, std::size_t max_size,
                                               unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t count = size / sizeof(double);
  if (count < kHeader || random() % 16 == 0) return LLVMFuzzerMutate(data, size, max_size);
  std::vector<double> row(count);
  std::memcpy(row.data(), data, count * sizeof(double));
  for (std::uint32_t edits = 1 + random() % 3; edits > 0; edits--) {
    const std::size_t at = random() % row.size();
    const std::uint32_t kind = random() % 16;
    if (kind == 0 && row.size() > kHeader)
      row.erase(row.begin() + static_cast<std::ptrdiff_t>(at));
    else if (kind == 1)
      row.insert(row.begin() + static_cast<std::ptrdiff_t>(at), some_number(random));
    else if (kind == 2)
      row[at] += 1;
    else if (kind == 3)
      row[at] = row[random() % row.size()];
    else if (kind == 4)
      row[0] = static_cast<double>(random() % all_ops().size());
    else
      row[at] = some_number(random);
  }
  // The count of attributes is what is left over, or else nearly every row of another length would be refused.
  std::size_t end = kHeader;
  each_view(row, [&](std::size_t at, std::size_t rank) { end = at + kHeader + 2 * rank; });
  if (random() % 8 != 0 && end <= row.size()) row[3] = static_cast<double>(row.size() - end);
  const std::size_t bytes = std::min(row.size() * sizeof(double), max_size / sizeof(double) * sizeof(double));
  std::memcpy(data, row.data(), bytes);
  return bytes;
}
