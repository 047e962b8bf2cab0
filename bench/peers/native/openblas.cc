// OpenBLAS as a contender: matrix products in float32.
#include <memory>

#include "contender.h"

// Of cblas.h and OpenBLAS's own header, which distributions put into different folders.
extern "C" {
void cblas_sgemm(int order, int a_form, int b_form, int m, int n, int k, float alpha, const float* a, int a_stride,
                 const float* b, int b_stride, float beta, float* c, int c_stride);
void cblas_sgemv(int order, int form, int m, int n, float alpha, const float* a, int a_stride, const float* x,
                 int x_step, float beta, float* y, int y_step);
void openblas_set_num_threads(int count);
char* openblas_get_config();
char* openblas_get_corename();
}

namespace {

using namespace contender;

constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;

struct Product {
  int m, n, k, batch;
  bool a_transposed, b_transposed;
  Values a, b, c;

  void run() {
    // A product with one row is a matrix times a vector, and OpenBLAS has a kernel for those.
    if (m == 1 && batch == 1) {
      cblas_sgemv(kRowMajor, b_transposed ? kPlain : kTransposed, b_transposed ? n : k, b_transposed ? k : n, 1,
                  b.data(), b_transposed ? k : n, a.data(), 1, 0, c.data(), 1);
      return;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(batch); i++) {
      const std::size_t rows = static_cast<std::size_t>(m), columns = static_cast<std::size_t>(n);
      const std::size_t inner = static_cast<std::size_t>(k);
      cblas_sgemm(kRowMajor, a_transposed ? kTransposed : kPlain, b_transposed ? kTransposed : kPlain, m, n, k, 1,
                  a.data() + i * rows * inner, a_transposed ? m : k, b.data() + i * inner * columns,
                  b_transposed ? k : n, 0, c.data() + i * rows * columns, n);
    }
  }
};

Way matmul(const Request& request) {
  if (request.text("dtype") != "float32") throw Refusal{"float32 only"};
  auto product = std::make_shared<Product>();
  Product& p = *product;
  p.m = static_cast<int>(request.integer("m"));
  p.n = static_cast<int>(request.integer("n"));
  p.k = static_cast<int>(request.integer("k"));
  p.batch = static_cast<int>(request.integer("batch"));
  p.a_transposed = request.integer("aTransposed") != 0;
  p.b_transposed = request.integer("bTransposed") != 0;
  const auto size = [&](int rows, int columns) {
    return static_cast<std::size_t>(p.batch) * static_cast<std::size_t>(rows) * static_cast<std::size_t>(columns);
  };
  p.a.resize(size(p.m, p.k));
  p.b.resize(size(p.k, p.n));
  p.c.resize(size(p.m, p.n));
  fill(p.a.data(), p.a.size(), 1);
  fill(p.b.data(), p.b.size(), 2);
  return {[product] { product->run(); }, [product] { return std::vector<Values>{product->c}; }, ""};
}

}  // namespace

int main() {
  const std::string config = openblas_get_config();
  // "OpenBLAS 0.3.21 NO_LAPACKE DYNAMIC_ARCH …"
  const std::size_t start = config.find(' ') + 1;
  const std::string version = config.substr(start, config.find(' ', start) - start);
  const std::string core = openblas_get_corename();
  return serve({"OpenBLAS", version, "kernels for " + core}, {{"matmul", matmul}}, openblas_set_num_threads);
}
