// Every kernel of every ISA this CPU has against the plain loops of native/kernels/reference.cc.
//   kernels_test [step]    step: one float in so many is tried when a function's whole range is sampled (default 4999)
#include <cstdio>
#include <cstdlib>

#include "core/cpu.h"
#include "kernel_checks_attention.h"
#include "kernel_checks_elementwise.h"
#include "kernel_checks_fft.h"
#include "kernel_checks_depthwise.h"
#include "kernel_checks_gemm.h"
#include "kernel_checks_norm.h"
#include "kernel_checks_optim.h"
#include "kernel_checks_pool2d.h"
#include "kernel_checks_recurrent.h"
#include "kernel_checks_rows.h"
#include "kernel_checks_winograd.h"

namespace kernel_test {
namespace {

template <class Fn>
void check_range(Fn*, Fn*, std::uint32_t) {}
void check_range(myelin::UnaryFn<float>* got, myelin::UnaryFn<float>* want, std::uint32_t step) {
  check_all_magnitudes(got, want, step);
}

void check_table(const myelin::KernelTable& got, const myelin::KernelTable& want, std::uint32_t step) {
  table_under_test = &got;
#define MYELIN_KERNEL(name, signature)    \
  report.begin(got.isa, #name);           \
  check(got.name, want.name);             \
  check_range(got.name, want.name, step); \
  report.end();
#include "kernels/kernels.def"
#undef MYELIN_KERNEL
}

}  // namespace
}  // namespace kernel_test

int main(int argc, char** argv) {
  using kernel_test::report;
  const std::uint32_t step = argc > 1 ? static_cast<std::uint32_t>(std::strtoul(argv[1], nullptr, 10)) : 4999;
  const auto& tables = myelin::supported_kernels();
  for (const myelin::KernelTable* table : tables)
    if (table != tables.back()) kernel_test::check_table(*table, *tables.back(), step);
  std::printf("%d passed, %d failed\n", report.passed, report.failed);
  return report.failed == 0 ? 0 : 1;
}
