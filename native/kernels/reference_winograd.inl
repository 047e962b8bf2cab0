// Winograd's transforms as the matrices they are.

constexpr double kNear = 0.70710678118654752, kFar = 1.4142135623730950;

constexpr double kWinogradInput[6][6] = {{1, 0, -2.5, 0, 1, 0},
                                         {0, -2 * kNear, -2, kNear, 1, 0},
                                         {0, 2 * kNear, -2, -kNear, 1, 0},
                                         {0, -kFar / 2, -0.5, kFar, 1, 0},
                                         {0, kFar / 2, -0.5, -kFar, 1, 0},
                                         {0, 1, 0, -2.5, 0, 1}};
constexpr double kWinogradWeights[6][3] = {{1, 0, 0},
                                           {-2.0 / 3, -2.0 / 3 * kNear, -1.0 / 3},
                                           {-2.0 / 3, 2.0 / 3 * kNear, -1.0 / 3},
                                           {1.0 / 6, 1.0 / 6 * kFar, 1.0 / 3},
                                           {1.0 / 6, -1.0 / 6 * kFar, 1.0 / 3},
                                           {0, 0, 1}};
constexpr double kWinogradOutput[4][6] = {{1, 1, 1, 1, 1, 0},
                                          {0, kNear, -kNear, kFar, -kFar, 0},
                                          {0, 0.5, 0.5, 2, 2, 0},
                                          {0, kNear / 2, -kNear / 2, 2 * kFar, -2 * kFar, 1}};
constexpr double kWinogradDout[6][4] = {
    {1, 0, 0, 0},           {1, kNear, 0.5, kNear / 2}, {1, -kNear, 0.5, -kNear / 2},
    {1, kFar, 2, 2 * kFar}, {1, -kFar, 2, -2 * kFar},   {0, 0, 0, 1}};
constexpr double kWinogradDweights[3][6] = {{1, -2.0 / 3, -2.0 / 3, 1.0 / 6, 1.0 / 6, 0},
                                            {0, -2.0 / 3 * kNear, 2.0 / 3 * kNear, 1.0 / 6 * kFar, -1.0 / 6 * kFar, 0},
                                            {0, -1.0 / 3, -1.0 / 3, 1.0 / 3, 1.0 / 3, 1}};

template <std::size_t kOut, std::size_t kIn>
void winograd(const double (&matrix)[kOut][kIn], const WinogradBlock& block) {
  const auto place = [](auto* data, std::ptrdiff_t row, std::ptrdiff_t col, std::size_t i, std::size_t j) {
    return data + static_cast<std::ptrdiff_t>(i) * row + static_cast<std::ptrdiff_t>(j) * col;
  };
  for (std::size_t c = 0; c < block.width; c++)
    for (std::size_t i = 0; i < block.out_rows; i++)
      for (std::size_t j = 0; j < block.out_cols; j++) {
        double sum = block.bias == nullptr ? 0 : block.bias[c];
        for (std::size_t k = block.top; k < block.bottom; k++)
          for (std::size_t l = block.left; l < block.right; l++) {
            if (matrix[i][k] == 0 || matrix[j][l] == 0) continue;
            sum += matrix[i][k] * matrix[j][l] * *place(block.in + c, block.in_row, block.in_col, k, l);
          }
        *place(block.out + c, block.out_row, block.out_col, i, j) = static_cast<float>(sum);
      }
}

void f32_winograd_input(const WinogradBlock& block) { winograd(kWinogradInput, block); }
void f32_winograd_weights(const WinogradBlock& block) { winograd(kWinogradWeights, block); }
void f32_winograd_output(const WinogradBlock& block) { winograd(kWinogradOutput, block); }
void f32_winograd_dout(const WinogradBlock& block) { winograd(kWinogradDout, block); }
void f32_winograd_dweights(const WinogradBlock& block) { winograd(kWinogradDweights, block); }
