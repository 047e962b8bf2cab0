import { elu, leakyRelu, ones } from 'myelin';

import type { Tolerance } from '../support/compare';
import { erf, normalCdf, normalDensity, sigmoid, zip, type Nd } from '../support/reference';
import { refusingOthers, unary } from './elementwise';
import {
  signed,
  specials,
  uniform,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

interface TwinOptions {
  readonly saved?: (shape: readonly number[]) => InputSpec;
  readonly attrs?: Sample['attrs'];
  readonly tolerance?: Partial<Tolerance>;
}

/** A backward op: dout times the derivative, told from the op's input or output. */
export function twin(derivative: (value: number) => number, options: TwinOptions = {}): OpSamples {
  const input = options.saved ?? ((shape) => uniform(shape));
  const sample = (shape: readonly number[]): Sample => ({
    inputs: { dout: uniform(shape), saved: input(shape) },
    attrs: options.attrs ?? {},
    tolerance: { relative: 8, absolute: 2, ...options.tolerance },
    reference: (dout: Nd, x: Nd) => zip([dout, x], (d, value) => d * derivative(value)),
  });
  return {
    samples: [[2, 3, 4], [], [0, 3], [37], [2, 3, 2, 3]].map(sample),
    large: sample([301, 307]),
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
  };
}

const tanhInner = (x: number): number => Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3);
const geluTanh = (x: number): number => 0.5 * x * (1 + Math.tanh(tanhInner(x)));

function geluTanhDerivative(x: number): number {
  const t = Math.tanh(tanhInner(x));
  const inner = Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * inner;
}

export const integerInput = (call: () => unknown): ErrorCase => ({ call, code: 'DTYPE', message: /int32\[2\]/ });
export const ints = () => ones([2], { dtype: 'int32' }) as never;
export const awayFromZero = (shape: readonly number[]): InputSpec => uniform(shape, -3, 3, [0]);
/** Without −∞, where x·σ(x) is of the form −∞·0. */
export const finiteSpecials = [...specials.slice(0, 2), ...specials.slice(3)];

export const activation: SampleTable = refusingOthers({
  relu: unary((x) => (x > 0 || Number.isNaN(x) ? x : 0), { kinks: [0], dtypes: signed }),
  reluBackward: {
    ...twin((x) => (x > 0 ? 1 : 0), { saved: awayFromZero }),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  sigmoid: unary(sigmoid),
  sigmoidBackward: {
    ...twin((out) => out * (1 - out), { saved: (shape) => uniform(shape, 0.05, 0.95) }),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  tanh: unary(Math.tanh),
  tanhBackward: {
    ...twin((out) => 1 - out * out, { saved: (shape) => uniform(shape, -0.95, 0.95) }),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  erf: unary(erf),
  gelu: unary((x) => x * normalCdf(x), { specials: finiteSpecials, tolerance: { relative: 8, absolute: 8 } }),
  // The reference's error function is a sum of rounded terms.
  geluBackward: {
    ...twin((x) => normalCdf(x) + x * normalDensity(x), { tolerance: { absolute: 16 } }),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  geluTanh: {
    ...unary(geluTanh, { specials: finiteSpecials, tolerance: { relative: 8, absolute: 8 } }),
    neverFails: 'gelu calls it, and checks for it',
  },
  geluTanhBackward: { ...twin(geluTanhDerivative), without: { broadcast: 'a gradient has the shape of its input' } },
  silu: unary((x) => x * sigmoid(x), { specials: finiteSpecials }),
  siluBackward: {
    ...twin((x) => sigmoid(x) * (1 + x * (1 - sigmoid(x)))),
    without: { broadcast: 'a gradient has the shape of its input' },
  },
  softplus: unary((x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))),
  softplusBackward: { ...twin(sigmoid), without: { broadcast: 'a gradient has the shape of its input' } },
  leakyRelu: unary((x) => (x > 0 ? x : 0.2 * x), {
    kinks: [0],
    attrs: { negativeSlope: 0.2 },
    errors: [integerInput(() => leakyRelu(ints()))],
  }),
  elu: unary((x) => (x > 0 ? x : 1.5 * Math.expm1(x)), {
    kinks: [0],
    attrs: { alpha: 1.5, inputScale: 1 },
    errors: [integerInput(() => elu(ints()))],
  }),
});
