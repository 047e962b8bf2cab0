import { elementwise } from './elementwise';
import type { GoldenCalls } from './golden-call';
import { decompositions } from './decompositions';
import { fourier } from './fourier';
import { matrices } from './matrices';
import { products } from './products';
import { reductions } from './reductions';
import { signal } from './signal';

/** Golden cases by family: scripts/golden_ops/<family>.py wrote test/golden/ops-<family>.safetensors. */
export const goldenFamilies: Readonly<Record<string, GoldenCalls>> = {
  decompositions,
  elementwise,
  fourier,
  matrices,
  products,
  reductions,
  signal,
};
