import { attention } from './attention';
import { basic } from './basic';
import { elementwise } from './elementwise';
import type { GoldenCalls } from './golden-call';
import { decompositions } from './decompositions';
import { fourier } from './fourier';
import { indexing } from './indexing';
import { layers } from './layers';
import { lossCalls } from './losses';
import { matrices } from './matrices';
import { network } from './network';
import { products } from './products';
import { reductions } from './reductions';
import { shapes } from './shapes';
import { signal } from './signal';

/** Golden cases by family: scripts/golden_ops/<family>.py wrote test/golden/ops-<family>.safetensors. */
export const goldenFamilies: Readonly<Record<string, GoldenCalls>> = {
  attention,
  basic,
  decompositions,
  elementwise,
  fourier,
  indexing,
  layers,
  losses: lossCalls,
  matrices,
  network,
  products,
  reductions,
  shapes,
  signal,
};
