import { cummax, cummin, cumprod, cumsum, logcumsumexp, ones, type DType } from 'myelin';

import { alongAxis, type Nd } from '../support/reference';
import {
  distinct,
  everyDType,
  floats,
  integers,
  uniform,
  values,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

type Scan = (list: number[]) => number[];

const whole = (dtype: DType): DType => (floats.includes(dtype) ? dtype : 'int64');

/** Each element joined to all before it. */
const running =
  (combine: (a: number, b: number) => number): Scan =>
  (list) =>
    list.map((_, i) => list.slice(0, i + 1).reduce(combine));

const reversed =
  (scan: Scan): Scan =>
  (list) =>
    scan([...list].reverse()).reverse();

const badAxis = (call: () => unknown): ErrorCase => ({ call, code: 'INDEX', message: /axis 2 .*rank 2/ });

interface ScanSamples {
  readonly scan: Scan;
  readonly dtypes?: readonly DType[];
  readonly inputs: readonly (readonly [input: InputSpec, axis: number])[];
  readonly long: InputSpec;
  readonly errors: readonly ErrorCase[];
}

function scans({ scan, dtypes = everyDType, inputs, long, errors }: ScanSamples): OpSamples {
  const sample = (x: InputSpec, axis: number, reverse: boolean): Sample => ({
    inputs: { x },
    attrs: { axis, reverse },
    dtypes,
    reference: (array) => ({
      ...alongAxis([array], axis, reverse ? reversed(scan) : scan),
      dtype: whole(array.dtype),
    }),
  });
  return {
    samples: inputs.flatMap(([x, axis]) => [sample(x, axis, false), sample(x, axis, true)]),
    large: sample(long, 0, false),
    errors,
  };
}

const sumCases = [
  [uniform([2, 3, 4]), 0],
  [uniform([2, 3, 4]), 1],
  [uniform([2, 3, 4]), 2],
  [uniform([70]), 0],
  [uniform([3, 0]), 1],
  [uniform([0, 3]), 1],
] as const;

// Two zeros in one row, and rows with one and none.
const zeros = values([3, 4], [2, 0, -1, 0, 0, 3, 1, -2, 1.5, 2, -1, 0.5], 'float64');

const running2 = (a: number, b: number): number => Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)));
const logScan = running((a, b) => (a === b && !Number.isFinite(a) ? a : running2(a, b)));

function logSample(x: InputSpec, axis: number, order: 0 | 2 = 2): Sample {
  return {
    inputs: { x },
    attrs: { axis },
    dtypes: floats,
    order,
    tolerance: { relative: 8, absolute: 8 },
    reference: (array) => alongAxis([array], axis, logScan),
  };
}

/** Best value so far and its position: the last among equals; NaN beats all, and only NaN follows it. */
function bestSoFar(better: (a: number, b: number) => boolean) {
  return (list: number[]): number[] => {
    let best = 0;
    return list.map((value, i) => {
      const current = list[best]!;
      if (Number.isNaN(value) || (!Number.isNaN(current) && (better(value, current) || value === current))) best = i;
      return best;
    });
  };
}

function extremes(better: (a: number, b: number) => boolean, errors: readonly ErrorCase[]): OpSamples {
  const places = bestSoFar(better);
  const sample = (x: InputSpec, axis: number, order: 0 | 2, dtypes = everyDType): Sample => ({
    inputs: { x },
    attrs: { axis },
    dtypes,
    order,
    reference: (array): Nd[] => [
      alongAxis([array], axis, (list) => places(list).map((place) => list[place]!)),
      { ...alongAxis([array], axis, places), dtype: 'int64' },
    ],
  });
  return {
    samples: [
      sample(distinct([2, 3, 4]), 0, 2, floats),
      sample(distinct([2, 3, 4]), 1, 2, floats),
      sample(integers([2, 3, 9], 0, 4), 2, 0),
      sample(integers([40], 0, 30), 0, 0),
      sample(values([8], [1, 3, NaN, 2, NaN, Infinity, -Infinity, 0]), 0, 0, floats),
      sample(uniform([3, 0]), 1, 0),
    ],
    large: sample(integers([300, 301], 0, 99), 1, 0),
    errors,
  };
}

export const scan: SampleTable = {
  cumsum: {
    ...scans({
      scan: running((a, b) => a + b),
      inputs: sumCases,
      long: uniform([150_001]),
      errors: [
        badAxis(() => cumsum(ones([2, 3]), { axis: 2 })),
        { call: () => cumsum(ones([2]), { dtype: 'float' as never }), code: 'DTYPE', message: /"float"/ },
        { call: () => cumsum(undefined as never), code: 'TYPE', message: /undefined/ },
      ],
    }),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  cumprod: {
    ...scans({
      scan: running((a, b) => a * b),
      inputs: [
        ...sumCases.map(([x, axis]) => [{ ...x, fill: uniform([], -1.5, 1.5).fill }, axis] as const),
        [zeros, 1],
      ],
      long: uniform([150_001], 0.999, 1.001),
      errors: [badAxis(() => cumprod(ones([2, 3]), { axis: 2 }))],
    }),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  logcumsumexp: {
    samples: [
      logSample(uniform([2, 3, 4]), 0),
      logSample(uniform([2, 3, 4]), 2),
      logSample(values([2, 3], [700, -700, 710, -1000, 1000, 999], 'float64'), 1),
      logSample(values([5], [-Infinity, -Infinity, 1, Infinity, 2]), 0, 0),
      logSample(values([3], [1, NaN, 2]), 0, 0),
      logSample(uniform([0, 3]), 1),
    ],
    large: logSample(uniform([100_001]), 0),
    errors: [
      badAxis(() => logcumsumexp(ones([2, 3]), { axis: 2 })),
      { call: () => logcumsumexp(ones([2], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2\]/ },
    ],
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  linearScan: {
    samples: [false, true].flatMap((reverse) =>
      [[2, 3, 4] as const, [30] as const, [3, 0] as const].map((shape): Sample => ({
        inputs: { a: uniform(shape, -1, 1), b: uniform(shape) },
        attrs: { axis: shape.length === 3 ? 1 : shape.length - 1, reverse },
        reference: (a, b) =>
          alongAxis([a, b], shape.length === 3 ? 1 : shape.length - 1, (factors, terms) => {
            const order = [...terms.keys()];
            if (reverse) order.reverse();
            const out: number[] = [];
            let carry = 0;
            for (const t of order) out[t] = carry = terms[t]! + factors[t]! * carry;
            return out;
          }),
      })),
    ),
    large: {
      inputs: { a: uniform([101, 1003], -1, 1), b: uniform([101, 1003]) },
      attrs: { axis: 1, reverse: false },
    },
    errors: [],
    neverFails: 'no user calls it: it is the gradient of others',
    without: { scalar: 'it needs an axis', broadcast: 'both need one shape' },
  },
  cummax: {
    ...extremes((a, b) => a > b, [badAxis(() => cummax(ones([2, 3]), { axis: 2 }))]),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
  cummin: {
    ...extremes((a, b) => a < b, [badAxis(() => cummin(ones([2, 3]), { axis: 2 }))]),
    without: { scalar: 'the op needs an axis; its function, which does not, is tried in test/scalars.test.ts' },
  },
};
