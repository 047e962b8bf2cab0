import type { FloatDType, Tensor } from 'myelin';

import type { Tolerance } from '../support/compare';

/** How one golden case is computed here: the inputs in order, the outputs that PyTorch (or SciPy) gave in the same order. */
export interface GoldenCall {
  readonly call: (...inputs: Tensor[]) => Tensor | readonly (Tensor | undefined)[];
  /** Units of the dtype's epsilon; see {@link Tolerance}. */
  readonly tolerance?: Partial<Record<FloatDType, Tolerance>>;
}

/** Every case of one file `test/golden/ops-<family>.safetensors`, by name. */
export type GoldenCalls = Readonly<Record<string, GoldenCall['call'] | GoldenCall>>;
