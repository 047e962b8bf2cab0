import {
  bernoulli,
  dropout,
  finfo,
  normal,
  ones,
  randperm,
  uniform as uniformOf,
  type DType,
  type FloatDType,
} from 'myelin';

import { isFloat } from '../../lib/tensor/dtype';
import { meanOf, sizeOf, zip, type Nd } from '../support/reference';
import { everyDType, flags, floats, uniform, type Sample, type SampleTable } from './sample';

export const source = { key: 2 ** 40 + 12345, counter: 2 ** 33 + 7 };

/**
 * One block of Philox4x32-10, on BigInt: nothing is shared with the native generator but the paper.
 * (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011.)
 */
function philox(key: bigint, counter: bigint, stream: bigint): bigint[] {
  const mask = 0xffffffffn;
  let [a, b, c, d] = [counter & mask, counter >> 32n, stream & mask, stream >> 32n];
  let [k0, k1] = [key & mask, key >> 32n];
  for (let round = 0; round < 10; round++) {
    const [p0, p1] = [0xd2511f53n * a, 0xcd9e8d57n * c];
    [a, b, c, d] = [(p1 >> 32n) ^ b ^ k0, p1 & mask, (p0 >> 32n) ^ d ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [a, b, c, d];
}

/** Element i is word i % 4 of block counter + i / 4; what needs 53 bits takes its lower word from a second stream. */
function words(element: number, stream = 0n): bigint {
  const block = BigInt(source.counter) + BigInt(Math.floor(element / 4));
  return philox(BigInt(source.key), block, stream)[element % 4]!;
}

const unitOf = (bits: number) => (element: number) => Math.floor(unit.float32(element) * 2 ** bits) / 2 ** bits;
export const unit = {
  float16: unitOf(11),
  bfloat16: unitOf(8),
  float32: (element: number): number => Number(words(element) >> 8n) / 2 ** 24,
  float64: (element: number): number => Number(((words(element) << 32n) | words(element, 1n)) >> 11n) / 2 ** 53,
};

export const numbered = (dtype: DType, shape: readonly number[], value: (element: number) => number): Nd => ({
  dtype,
  shape,
  data: Array.from({ length: sizeOf(shape) }, (_, i) => value(i)),
});

function uniformSample(shape: readonly number[], dtype: FloatDType, low: number, high: number): Sample {
  return {
    inputs: {},
    attrs: { low, high, ...source, shape, dtype },
    dtypes: [dtype],
    order: 0,
    layouts: false,
    tolerance: { relative: 2, absolute: 2 * (high - low) },
    reference: () => numbered(dtype, shape, (i) => low + (high - low) * unit[dtype](i)),
  };
}

/** Box and Muller: elements 2i and 2i + 1 come from the uniform numbers 2i and 2i + 1. */
function gaussian(element: number, dtype: FloatDType): number {
  const first = element - (element % 2);
  // Radii of float32 numbers come from all 32 bits, so that their tails are longer.
  const draw = dtype === 'float64' ? unit.float64 : (i: number): number => Number(words(i)) / 2 ** 32;
  const radius = Math.sqrt(-2 * Math.log(1 - draw(first)));
  const angle = 2 * Math.PI * draw(first + 1);
  return radius * (element === first ? Math.cos(angle) : Math.sin(angle));
}

function normalSample(shape: readonly number[], dtype: FloatDType, mean: number, std: number): Sample {
  return {
    inputs: {},
    attrs: { mean, std, ...source, shape, dtype },
    dtypes: [dtype],
    order: 0,
    layouts: false,
    tolerance: { relative: 8, absolute: 16 },
    reference: () => numbered(dtype, shape, (i) => mean + std * gaussian(i, dtype)),
  };
}

function bernoulliSample(shape: readonly number[], dtype: DType, p: number): Sample {
  return {
    inputs: {},
    attrs: { p, ...source, shape, dtype },
    dtypes: [dtype],
    order: 0,
    layouts: false,
    reference: () => numbered(dtype, shape, (i) => Number(unit.float32(i) < p)),
  };
}

/** Fisher and Yates, from the end, with one 53-bit number a step. */
function shuffled(length: number): number[] {
  const list = Array.from({ length }, (_, i) => i);
  for (let step = 0; step + 1 < length; step++) {
    const last = length - step - 1;
    const other = Math.floor(unit.float64(step) * (last + 1));
    [list[last], list[other]] = [list[other]!, list[last]!];
  }
  return list;
}

const permutationSample = (length: number): Sample => ({
  inputs: {},
  attrs: { ...source, length },
  dtypes: ['int64'],
  order: 0,
  layouts: false,
  reference: () => ({ dtype: 'int64', shape: [length], data: shuffled(length) }),
});

function dropoutSample(shape: readonly number[], p: number): Sample {
  return {
    inputs: { x: uniform(shape) },
    attrs: { p, ...source },
    differentiable: 1,
    // The mask is drawn in the order of memory: in another layout other elements are dropped.
    layouts: false,
    reference: (x) => {
      const kept = x.data.map((_, i) => Number(unit.float32(i) >= p));
      const data = x.data.map((value, i) => (kept[i] === 1 ? value / (1 - p) : 0));
      return [
        { ...x, data },
        { ...x, dtype: 'bool', data: kept },
      ];
    },
  };
}

const dropoutBackwardSample = (shape: readonly number[], p: number): Sample => ({
  inputs: { dout: uniform(shape), mask: flags(shape) },
  attrs: { p },
  reference: (dout, mask) => zip([dout, mask], (value, kept) => (kept === 1 ? value / (1 - p) : 0)),
});

/** Mean and variance of many draws, within five standard errors of what they should be. */
export function moments(mean: number, variance: number, fourth: number): NonNullable<Sample['law']> {
  return ([out]) => {
    const n = out!.data.length;
    const found = meanOf(out!.data);
    const spread = meanOf(out!.data.map((x) => (x - mean) ** 2));
    // The numbers of a coarse dtype are off by half a step each.
    const step = isFloat(out!.dtype) ? finfo(out!.dtype).eps * Math.abs(mean) : 0;
    if (Math.abs(found - mean) > 5 * Math.sqrt(variance / n) + step)
      throw new Error(`mean is ${found}, expected ${mean}`);
    if (Math.abs(spread - variance) > 5 * Math.sqrt((fourth - variance ** 2) / n) + 1e-12) {
      throw new Error(`variance is ${spread}, expected ${variance}`);
    }
  };
}

const many = ({ reference: _, ...sample }: Sample, law: NonNullable<Sample['law']>): Sample => ({ ...sample, law });
const shapes = [[2, 3], [], [37], [0, 3]];
const noInputs = 'it has no inputs; an empty result is among its samples';
const outOfRange = /p is 1\.5 \(need 0 <= p <= 1\)/;

export const random: SampleTable = {
  uniform: {
    samples: [
      ...shapes.flatMap((shape) =>
        (floats as readonly FloatDType[]).map((dtype) => uniformSample(shape, dtype, -1, 3)),
      ),
      many(uniformSample([4099], 'float32', 0, 1), moments(1 / 2, 1 / 12, 1 / 80)),
    ],
    large: uniformSample([301, 307], 'float32', 0, 1),
    errors: [{ call: () => uniformOf([2], { low: 1, high: 0 }), code: 'VALUE', message: /from 1 to 0/ }],
    neverEmpty: noInputs,
  },
  normal: {
    samples: [
      ...shapes.flatMap((shape) => (floats as readonly FloatDType[]).map((dtype) => normalSample(shape, dtype, 1, 2))),
      many(normalSample([4099], 'float32', 0, 1), moments(0, 1, 3)),
    ],
    large: normalSample([301, 307], 'float32', 0, 1),
    errors: [{ call: () => normal([2], { std: -1 }), code: 'VALUE', message: /std is -1/ }],
    neverEmpty: noInputs,
  },
  bernoulli: {
    samples: [
      ...shapes.flatMap((shape) => everyDType.map((dtype) => bernoulliSample(shape, dtype, 0.3))),
      bernoulliSample([5], 'float32', 0),
      bernoulliSample([5], 'float32', 1),
      many(bernoulliSample([4099], 'float32', 0.25), moments(1 / 4, 3 / 16, 21 / 256)),
    ],
    large: bernoulliSample([301, 307], 'float32', 0.5),
    errors: [{ call: () => bernoulli([2], 1.5), code: 'VALUE', message: outOfRange }],
    neverEmpty: noInputs,
  },
  permutation: {
    samples: [0, 1, 2, 37, 500].map(permutationSample),
    large: permutationSample(3001),
    errors: [{ call: () => randperm(-1), code: 'VALUE', op: 'randperm', message: /n is -1/ }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a vector' },
  },
  dropout: {
    samples: [...shapes.map((shape) => dropoutSample(shape, 0.4)), dropoutSample([5], 1 - 2 ** -20)],
    large: dropoutSample([301, 307], 0.5),
    errors: [
      { call: () => dropout(ones([2]), { p: 1.5 }), code: 'VALUE', message: outOfRange },
      { call: () => dropout(ones([2], { dtype: 'int32' }) as never, { p: 0.5 }), code: 'DTYPE', message: /int32\[2\]/ },
    ],
    without: { layouts: 'the mask is drawn in the order of memory: in another layout other elements are dropped' },
  },
  dropoutBackward: {
    samples: shapes.map((shape) => dropoutBackwardSample(shape, 0.4)),
    large: dropoutBackwardSample([301, 307], 0.5),
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
    without: { broadcast: 'a gradient has the shape of its input' },
  },
};
