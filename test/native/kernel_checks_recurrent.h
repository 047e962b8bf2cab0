#pragma once
// Checks of the steps of recurrent layers.
#include "kernel_checks_rows.h"

namespace kernel_test {

// Slots of a cell's rows, by the verb of its kernels.
struct CellSlots {
  std::size_t x, bias, kept, gradient;
};
inline CellSlots cell_slots() {
  const std::string verb = report.verb();
  if (verb.rfind("lstm", 0) == 0) return {4, 4, 5, 4};
  if (verb.rfind("gru", 0) == 0) return {3, 4, 4, 4};
  return {1, 1, 1, 1};
}

// Calls body(rows, width, units, misalign) for blocks of one and more vectors, whole and with units that do not exist.
template <class T, class F>
void each_block(const F& body) {
  const std::size_t least = myelin::kBlockUnits<T>;
  for (const std::size_t width : {least, 4 * least}) {
    for (const std::size_t units : {width, width - 1, least + 1, least - 1, std::size_t(1)}) {
      if (units > width) continue;
      for (const std::size_t rows : {0, 1, 5}) body(rows, width, units, rows % 3);
    }
  }
}

template <class T>
void check(myelin::RecurrentStepFn<T>* got, myelin::RecurrentStepFn<T>* want) {
  Random random(23);
  const CellSlots slots = cell_slots();
  each_block<T>([&](std::size_t rows, std::size_t width, std::size_t units, std::size_t misalign) {
    const std::size_t state_row = width + 3, out_row = units + 2;
    Array<T> x(plain_values<T>(random, rows * slots.x * width), misalign), h(plain_values<T>(random, x.size()));
    Array<T> bias(plain_values<T>(random, slots.bias * width)), before(plain_values<T>(random, rows * state_row));
    const std::vector<T> cell = plain_values<T>(random, rows * width);
    for (const bool all : {true, false}) {
      const auto run = [&](auto* kernel, Output<T>& cells, Output<T>& state, Output<T>& out, Output<T>& kept) {
        myelin::RecurrentStep<T> step{};
        step.rows = rows;
        step.width = width;
        step.units = units;
        step.x = x.data();
        step.h = h.data();
        step.bias = bias.data();
        step.before = before.data();
        step.cell = cells.data();
        step.state = state.data();
        step.state_row = static_cast<std::ptrdiff_t>(state_row);
        step.out = all ? out.data() : nullptr;
        step.out_row = static_cast<std::ptrdiff_t>(out_row);
        step.kept = all ? kept.data() : nullptr;
        kernel(step);
      };
      const std::vector<T> states(rows * state_row, T(7)), outs(rows * out_row, T(7));
      Output<T> want_cell(cell), want_state(states), want_out(outs), want_kept(rows * slots.kept * width);
      Output<T> got_cell(cell, misalign), got_state(states, misalign), got_out(outs), got_kept(want_kept.size());
      run(want, want_cell, want_state, want_out, want_kept);
      run(got, got_cell, got_state, got_out, got_kept);
      const std::string where = describe_rows(rows, units, misalign);
      // Gates turn the rounding of their sums, of numbers up to 9, into that of results below 1 and cells below 4.
      expect_near<T>(where + ", cell", want_cell, got_cell, {32, 1});
      expect_near<T>(where + ", state", want_state, got_state, {32, 1});
      expect_near<T>(where + ", out", want_out, got_out, {32, 1});
      if (all) expect_near<T>(where + ", kept", want_kept, got_kept, {32, 1});
      for (const Output<T>* output : {&got_cell, &got_state, &got_out, &got_kept}) expect_intact(where, *output);
    }
  });
}

template <class T>
void check(myelin::RecurrentBackFn<T>* got, myelin::RecurrentBackFn<T>* want) {
  Random random(24);
  const CellSlots slots = cell_slots();
  each_block<T>([&](std::size_t rows, std::size_t width, std::size_t units, std::size_t misalign) {
    const std::size_t row = width + 3, dout_row = units + 2;
    Array<T> kept(plain_values<T>(random, rows * slots.kept * width), misalign);
    for (std::size_t i = 0; i < kept.size(); i++) kept[i] /= 3;
    Array<T> before(plain_values<T>(random, rows * row)), dout(plain_values<T>(random, rows * dout_row), misalign);
    const std::vector<T> dstate = plain_values<T>(random, rows * row), dcell = plain_values<T>(random, rows * width);
    const std::vector<T> dbias = plain_values<T>(random, slots.bias * width);
    for (const bool all : {true, false}) {
      const auto run = [&](auto* kernel, Output<T>& state, Output<T>& cell, Output<T>& gates, Output<T>& bias,
                           Output<T>& hidden) {
        myelin::RecurrentBack<T> back{};
        back.rows = rows;
        back.width = width;
        back.units = units;
        back.kept = kept.data();
        back.before = before.data();
        back.before_row = back.dstate_row = back.hidden_row = static_cast<std::ptrdiff_t>(row);
        back.dout = all ? dout.data() : nullptr;
        back.dout_row = static_cast<std::ptrdiff_t>(dout_row);
        back.dstate = state.data();
        back.dcell = cell.data();
        back.dgates = gates.data();
        back.dbias = bias.data();
        back.hidden = all ? hidden.data() : nullptr;
        kernel(back);
      };
      const std::vector<T> hidden(rows * row, T(7));
      Output<T> want_state(dstate), want_cell(dcell), want_gates(rows * slots.gradient * width), want_bias(dbias);
      Output<T> got_state(dstate, misalign), got_cell(dcell), got_gates(want_gates.size(), misalign), got_bias(dbias);
      Output<T> want_hidden(hidden), got_hidden(hidden);
      run(want, want_state, want_cell, want_gates, want_bias, want_hidden);
      run(got, got_state, got_cell, got_gates, got_bias, got_hidden);
      const std::string where = describe_rows(rows, units, misalign);
      expect_near<T>(where + ", dstate", want_state, got_state, {16, 8});
      expect_near<T>(where + ", dcell", want_cell, got_cell, {16, 8});
      expect_near<T>(where + ", dgates", want_gates, got_gates, {16, 8});
      expect_near<T>(where + ", dbias", want_bias, got_bias, {32, 16});
      expect_near<T>(where + ", hidden", want_hidden, got_hidden, {16, 1});
      for (const Output<T>* output : {&got_state, &got_cell, &got_gates, &got_bias, &got_hidden})
        expect_intact(where, *output);
    }
  });
}

}  // namespace kernel_test
