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

type Real = Tensor<FloatDType>;

/** Inputs of these functions are floats; the table's type cannot say so. */
export const real =
  (f: (x: Real, y: Real, z: Real) => Tensor): GoldenCall['call'] =>
  (...inputs) =>
    f(...(inputs as [Real, Real, Real]));

/** Sums of many terms, which cancel. */
export const summed = (call: GoldenCall['call']): GoldenCall => {
  const tolerance = { relative: 64, absolute: 128 };
  return { call, tolerance: { float32: tolerance, float64: tolerance } };
};
