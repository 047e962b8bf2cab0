#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <vector>

#include "core/registry.h"
#include "ops/optim_step.h"

namespace myelin {
namespace {

// Adafactor remembers average squares of gradients by row and by column of a matrix, and of a vector, which is one row, by
// element. A step reads a matrix three times: for its sums, for the length of its direction, and to move.

// What a thread takes at a time, whatever the number of threads: the sums of its columns stay in the first-level cache.
constexpr std::int64_t kTileRows = 64, kTileColumns = 2048;

std::int64_t parts(std::int64_t extent, std::int64_t part) { return (extent + part - 1) / part; }

// A parameter as matrices that share nothing, in tiles.
struct Matrices {
  std::int64_t count = 1, rows = 1, columns = 1;

  Matrices(const View& param, bool factored) {
    if (factored) {
      rows = param.shape[param.rank - 2];
      columns = param.shape[param.rank - 1];
      for (int axis = 0; axis < param.rank - 2; axis++) count *= param.shape[axis];
    } else {
      columns = param.size();
    }
  }
  std::int64_t size() const { return count * rows * columns; }
  std::int64_t all_rows() const { return count * rows; }
  std::int64_t groups() const { return parts(rows, kTileRows); }
  std::int64_t blocks() const { return parts(columns, kTileColumns); }
  std::int64_t tiles() const { return count * groups() * blocks(); }
};

struct Tile {
  std::int64_t index, group, block, first_row, last_row, column;
  std::size_t width;

  Tile(const Matrices& all, std::int64_t tile)
      : index(tile), group(tile / all.blocks()), block(tile % all.blocks()), column(block * kTileColumns) {
    const std::int64_t matrix = group / all.groups(), row = group % all.groups() * kTileRows;
    first_row = matrix * all.rows + row;
    last_row = matrix * all.rows + std::min(all.rows, row + kTileRows);
    width = static_cast<std::size_t>(std::min(kTileColumns, all.columns - column));
  }
};

// What is formed on the way.
template <class T>
struct Work {
  double* row_sums;         // of each block of columns
  double* row_factors;      // what the average square of a column is multiplied with
  SquaredLengths* lengths;  // of each tile
  T* column_sums;           // of each group of rows

  static std::size_t bytes(const Matrices& all) {
    const std::int64_t doubles = all.all_rows() * (all.blocks() + 1) + 2 * all.tiles();
    const std::int64_t sums = all.count * all.groups() * all.columns;
    return static_cast<std::size_t>(doubles) * sizeof(double) + static_cast<std::size_t>(sums) * sizeof(T);
  }
  Work(void* memory, const Matrices& all)
      : row_sums(static_cast<double*>(memory)),
        row_factors(row_sums + all.all_rows() * all.blocks()),
        lengths(reinterpret_cast<SquaredLengths*>(row_factors + all.all_rows())),
        column_sums(reinterpret_cast<T*>(lengths + all.tiles())) {}
};

// A parameter, its gradient and what is remembered of it; no rows where they are not factored.
template <class T>
struct Arrays {
  T* param;
  const T* grad;
  T* rows;
  T* columns;
};

// How a parameter moves: what its own number of steps and the options make of it.
struct Move {
  StepTerms terms;
  double weight;  // of this step's squares in the averages
  double rate, least, clip, eps;
};

// One parameter's step.
template <class T>
class Adafactor {
 public:
  Adafactor(const KernelTable& kernels, const Matrices& all, const Arrays<T>& arrays, const Move& move, void* memory)
      : kernels_(kernels), all_(all), arrays_(arrays), move_(move), work_(memory, all) {}

  void run() {
    const double size = static_cast<double>(all_.size());
    sum_squares();
    const double param = std::sqrt(total(&SquaredLengths::param) / size);
    remember_columns();
    remember_rows();
    measure();
    const double direction = std::sqrt(total(&SquaredLengths::direction) / size);
    apply(move_.rate * std::max(move_.least, param) / std::max(1.0, direction / move_.clip));
  }

 private:
  AdafactorStep step(std::int64_t row) const { return {move_.terms, work_.row_factors[row], move_.eps}; }

  // Calls body(tile) for all tiles, on several threads.
  template <class Body>
  void each_tile(const Body& body) const {
    const std::size_t tiles = static_cast<std::size_t>(all_.tiles());
    const std::size_t chunks = std::min(tiles, chunks_for(static_cast<std::size_t>(all_.size()), kPiece));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(tiles, chunks, chunk);
      for (std::size_t t = range.begin; t < range.end; t++) body(Tile(all_, static_cast<std::int64_t>(t)));
    });
  }

  // What a kernel gets of a row in a tile.
  StepArrays<T> part(std::int64_t row, const Tile& tile, T* columns) const {
    const std::int64_t at = row * all_.columns + tile.column;
    return {arrays_.param + at, arrays_.grad + at, {columns, nullptr, nullptr}};
  }
  T* columns_of(std::int64_t row, const Tile& tile) const {
    return arrays_.columns + row / all_.rows * all_.columns + tile.column;
  }

  double total(double SquaredLengths::*which) const {
    double sum = 0;
    for (std::int64_t t = 0; t < all_.tiles(); t++) sum += work_.lengths[t].*which;
    return sum;
  }

  void sum_squares() const {
    const auto kernel = pick<T>(kernels_.f32_adafactor_squares, kernels_.f64_adafactor_squares);
    each_tile([&](const Tile& tile) {
      T* const sums = work_.column_sums + tile.group * all_.columns + tile.column;
      std::fill_n(sums, tile.width, T(0));
      double param = 0;
      for (std::int64_t row = tile.first_row; row < tile.last_row; row++) {
        SquaredLengths found = {0, 0};
        kernel(part(row, tile, sums), tile.width, {move_.terms, 1, 0}, &found);
        work_.row_sums[row * all_.blocks() + tile.block] = found.direction;
        param += found.param;
      }
      work_.lengths[tile.index].param = param;
    });
  }

  void remember_columns() const {
    const std::size_t blocks = static_cast<std::size_t>(all_.count * all_.blocks());
    const std::size_t chunks = std::min(blocks, chunks_for(static_cast<std::size_t>(all_.size()), kPiece));
    parallel_for(chunks, [&](std::size_t chunk) {
      const Range range = chunk_range(blocks, chunks, chunk);
      for (std::size_t b = range.begin; b < range.end; b++) remember_block(static_cast<std::int64_t>(b));
    });
  }

  // The columns of a block, whose groups of rows are added in order.
  void remember_block(std::int64_t b) const {
    const std::int64_t matrix = b / all_.blocks(), column = b % all_.blocks() * kTileColumns;
    const std::int64_t width = std::min(kTileColumns, all_.columns - column);
    double sums[kTileColumns] = {};
    for (std::int64_t group = matrix * all_.groups(); group < (matrix + 1) * all_.groups(); group++) {
      const T* const part = work_.column_sums + group * all_.columns + column;
      for (std::int64_t j = 0; j < width; j++) sums[j] += static_cast<double>(part[j]);
    }
    T* const columns = arrays_.columns + matrix * all_.columns + column;
    for (std::int64_t j = 0; j < width; j++)
      columns[j] = averaged(columns[j], sums[j] / static_cast<double>(all_.rows));
  }

  void remember_rows() const {
    if (arrays_.rows == nullptr) return static_cast<void>(std::fill_n(work_.row_factors, all_.all_rows(), 1.0));
    for (std::int64_t first = 0; first < all_.all_rows(); first += all_.rows) {
      double sum = 0;
      for (std::int64_t row = first; row < first + all_.rows; row++) sum += static_cast<double>(remember_row(row));
      const double mean = std::max(sum / static_cast<double>(all_.rows), move_.eps);
      for (std::int64_t row = first; row < first + all_.rows; row++) {
        work_.row_factors[row] = static_cast<double>(arrays_.rows[row]) / mean;
      }
    }
  }

  T remember_row(std::int64_t row) const {
    double sum = 0;
    for (std::int64_t block = 0; block < all_.blocks(); block++) sum += work_.row_sums[row * all_.blocks() + block];
    return arrays_.rows[row] = averaged(arrays_.rows[row], sum / static_cast<double>(all_.columns));
  }

  T averaged(T before, double square) const {
    const double from = static_cast<double>(before);
    return static_cast<T>(from + move_.weight * (square - from));
  }

  void measure() const {
    const auto kernel = pick<T>(kernels_.f32_adafactor_length, kernels_.f64_adafactor_length);
    each_tile([&](const Tile& tile) {
      SquaredLengths found = {0, 0};
      for (std::int64_t row = tile.first_row; row < tile.last_row; row++) {
        kernel(part(row, tile, columns_of(row, tile)), tile.width, step(row), &found);
      }
      work_.lengths[tile.index].direction = found.direction;
    });
  }

  void apply(double rate) const {
    const auto kernel = pick<T>(kernels_.f32_adafactor_apply, kernels_.f64_adafactor_apply);
    each_tile([&](const Tile& tile) {
      for (std::int64_t row = tile.first_row; row < tile.last_row; row++) {
        AdafactorStep own = step(row);
        own.terms.lr = rate;
        kernel(part(row, tile, columns_of(row, tile)), tile.width, own);
      }
    });
  }

  const KernelTable& kernels_;
  const Matrices& all_;
  const Arrays<T> arrays_;
  const Move move_;
  const Work<T> work_;
};

// Lists of equal length: parameters, gradients, averages of rows unless they are vectors, of columns, numbers of steps; and the
// learning rate. All but the gradients are row-major.
class Inputs {
 public:
  Inputs(const OpCall& call, bool factored) : views_(call.in), factored_(factored) {
    const int lists = factored ? 5 : 4;
    require(call.inputs >= 1 && (call.inputs - 1) % lists == 0, "an optimizer step has lists of unequal length");
    count_ = (call.inputs - 1) / lists;
    rate_ = number(call.in[call.inputs - 1]);
    for (int i = 0; i < count_; i++) check(i);
  }

  int count() const { return count_; }
  double learning_rate() const { return *rate_; }
  const View& parameter(int i) const { return at(0, i); }
  const View& gradient(int i) const { return at(1, i); }
  double& steps(int i) const { return *number(at(factored_ ? 4 : 3, i)); }

  template <class T>
  Arrays<T> arrays(int i, const T* gradient) const {
    T* const rows = factored_ ? at(2, i).template as<T>() : nullptr;
    return {parameter(i).as<T>(), gradient, rows, at(factored_ ? 3 : 2, i).template as<T>()};
  }

 private:
  const View& at(int list, int i) const { return views_[list * count_ + i]; }
  static double* number(const View& view) {
    require(view.rank == 0, "learning rate and step are single numbers");
    return view.as<double>();
  }
  // The averages along an axis; along none (-1) there is one for each element.
  void check_averages(int list, int i, int axis) const {
    View shape = parameter(i);
    if (axis >= 0) shape.shape[static_cast<std::size_t>(axis)] = 1;
    const View& averages = at(list, i);
    require(averages.same_shape(shape) && averages.dtype == shape.dtype && averages.contiguous(),
            "the averages of a parameter have another shape");
  }
  void check(int i) const {
    const View &param = parameter(i), &grad = gradient(i);
    require(is_float(param.dtype) && param.contiguous(), "a parameter must be float and row-major");
    require(grad.same_shape(param) && grad.dtype == param.dtype, "a parameter's tensors differ in shape");
    require(factored_ == (param.rank > 1), "only matrices have rows and columns");
    if (factored_) check_averages(2, i, param.rank - 1);
    check_averages(factored_ ? 3 : 2, i, factored_ ? param.rank - 2 : -1);
    number(at(factored_ ? 4 : 3, i));
  }

  const View* views_;
  bool factored_;
  int count_ = 0;
  const double* rate_ = nullptr;
};

void adafactor_step(OpCall& call) {
  const StepOptions options(call.attrs);
  const double decay = call.attrs.number();
  Move move = {};
  move.eps = call.attrs.number();
  move.least = call.attrs.number();
  move.clip = call.attrs.number();
  const bool factored = call.attrs.boolean();
  const Inputs inputs(call, factored);
  const double lr = inputs.learning_rate();
  move.terms = options.terms(lr);
  // All memory comes before anything is written.
  std::deque<Contiguous> gradients;
  std::size_t bytes = 0;
  for (int i = 0; i < inputs.count(); i++) {
    gradients.emplace_back(inputs.gradient(i), call.kernels);
    visit_float(inputs.parameter(i).dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      bytes = std::max(bytes, Work<T>::bytes(Matrices(inputs.parameter(i), factored)));
    });
  }
  const Temporary memory(bytes);
  for (int i = 0; i < inputs.count(); i++) {
    const Matrices all(inputs.parameter(i), factored);
    const double t = ++inputs.steps(i);
    if (all.size() == 0) continue;
    move.weight = std::pow(t, decay);
    move.rate = std::min(lr, 1 / std::sqrt(t));
    visit_float(inputs.parameter(i).dtype, [&](auto tag) {
      using T = typename decltype(tag)::type;
      const T* const gradient = gradients[static_cast<std::size_t>(i)].template as<T>();
      Adafactor<T>(call.kernels, all, inputs.arrays<T>(i, gradient), move, memory.as<void>()).run();
    });
  }
}

}  // namespace

void register_adafactor(OpList& ops) { ops.push_back({"adafactorStep", kVariadic, 0, adafactor_step}); }

}  // namespace myelin
