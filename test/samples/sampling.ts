import {
  bernoulliEach,
  exponential as exponentialOf,
  full,
  multinomial as multinomialOf,
  ones,
  poisson as poissonOf,
  shuffle,
  standardGamma as gammaOf,
  tensor,
  truncatedNormal as truncatedOf,
  uniform as uniformOf,
} from 'myelin';

import { normalDensity, type Nd } from '../support/reference';
import { noTensor } from './moved';
import { moments, numbered, source, unit } from './random';
import { everyDType, floats, integers, uniform, values, type InputSpec, type Sample, type SampleTable } from './sample';

type Float = 'float32' | 'float64';
type Law = NonNullable<Sample['law']>;

const drawn = (attrs: Sample['attrs'], shape: readonly number[], dtype: Float, law: Law): Sample => ({
  inputs: {},
  attrs: { ...attrs, ...source, shape, dtype },
  dtypes: [dtype],
  order: 0,
  layouts: false,
  law,
});

const waiting = (shape: readonly number[], dtype: Float, rate: number): Sample => ({
  inputs: {},
  attrs: { rate, ...source, shape, dtype },
  dtypes: [dtype],
  order: 0,
  layouts: false,
  tolerance: { relative: 8, absolute: 8 },
  // Numbers of float32 come from all 32 bits, so their law is tested instead.
  ...(dtype === 'float64'
    ? { reference: () => numbered(dtype, shape, (i) => -Math.log(1 - unit.float64(i)) / rate) }
    : { law: moments(1 / rate, 1 / rate ** 2, 9 / rate ** 4) }),
});

const all =
  (...laws: readonly Law[]): Law =>
  (outputs, inputs) =>
    laws.forEach((law) => law(outputs, inputs));

const within =
  (low: number, high: number): Law =>
  ([out]) => {
    const wrong = out!.data.find((x) => !(x >= low && x <= high));
    if (wrong !== undefined) throw new Error(`${wrong} lies outside [${low}, ${high}]`);
  };

const anything: Law = () => undefined;

const whole: Law = ([out]) => {
  if (!out!.data.every(Number.isInteger)) throw new Error('not all are integers');
};

/** ∫ xⁿ φ(x) dx over [a, b] divided by that of φ, by Simpson's rule. */
function truncatedMoment(n: number, a: number, b: number, center: number): number {
  const steps = 2000;
  const [from, to] = [Math.max(a, -40), Math.min(b, 40)];
  const area = (f: (x: number) => number): number => {
    const h = (to - from) / steps;
    let sum = 0;
    for (let i = 0; i <= steps; i++) sum += f(from + i * h) * (i === 0 || i === steps ? 1 : i % 2 === 0 ? 2 : 4);
    return (sum * h) / 3;
  };
  return area((x) => (x - center) ** n * normalDensity(x)) / area(normalDensity);
}

function truncated(low: number, high: number, dtype: Float = 'float64', shape: readonly number[] = [4099]): Sample {
  const mean = truncatedMoment(1, low, high, 0);
  const [variance, fourth] = [2, 4].map((n) => truncatedMoment(n, low, high, mean)) as [number, number];
  const bounds = dtype === 'float32' ? [Math.fround(low), Math.fround(high)] : [low, high];
  return drawn(
    { mean: 0, std: 1, low, high },
    shape,
    dtype,
    all(
      within(bounds[0]!, bounds[1]!),
      shape.length === 1 && shape[0]! > 1000 ? moments(mean, variance, fourth) : anything,
    ),
  );
}

const each = (name: string, input: InputSpec, law: Law, dtypes: Sample['dtypes'] = floats): Sample => ({
  inputs: { [name]: input },
  attrs: { ...source },
  dtypes,
  order: 0,
  law,
});

const constant = (value: number, n = 4099): InputSpec => values([n], [value]);

/** Moments of the gamma distribution of scale 1. */
const gammaLaw = (k: number): Law => all(within(0, Infinity), moments(k, k, 3 * k * k + 6 * k));
const poissonLaw = (rate: number): Law => all(whole, within(0, Infinity), moments(rate, rate, 3 * rate * rate + rate));

const shapeOnly: Law = ([out], [x]) => {
  if (out!.shape.join() !== x!.shape.join()) throw new Error(`shape is ${out!.shape.join()}`);
};

function choice(
  shape: readonly number[],
  list: readonly number[],
  count: number,
  replacement: boolean,
  law: Law,
): Sample {
  return {
    inputs: { weights: values(shape, list) },
    attrs: { count, replacement, ...source },
    dtypes: floats,
    order: 0,
    // A repeated weight would make another law.
    layouts: shape.length > 1 ? ['weights'] : false,
    law,
  };
}

/** How often each place was drawn, within five standard errors of what the weights say. */
const frequencies =
  (weights: readonly number[]): Law =>
  ([out]) => {
    const total = weights.reduce((sum, w) => sum + w, 0);
    const n = out!.data.length;
    weights.forEach((weight, place) => {
      const p = weight / total;
      const found = out!.data.filter((x) => x === place).length;
      if (Math.abs(found - n * p) > 5 * Math.sqrt(n * p * (1 - p)) + 1e-9) {
        throw new Error(`place ${place} was drawn ${found} times of ${n}, expected about ${n * p}`);
      }
    });
  };

/** Every row names distinct places of positive weight. */
const distinctRows =
  (weights: readonly number[], count: number): Law =>
  ([out]) => {
    for (let row = 0; row < out!.data.length / Math.max(1, count); row++) {
      const places = out!.data.slice(row * count, (row + 1) * count);
      if (new Set(places).size !== count || places.some((place) => !(weights[place]! > 0))) {
        throw new Error(`row ${row} is ${places.join()}`);
      }
    }
  };

/** The first place of every row is drawn by the weights, as if alone. */
const firstOf =
  (count: number, law: Law): Law =>
  ([out], inputs) =>
    law([{ ...out!, data: out!.data.filter((_, i) => i % count === 0) }], inputs);

const ordered: Law = ([out], [x]) => {
  const sorted = (list: Nd): string => [...list.data].sort((a, b) => a - b).join();
  if (sorted(out!) !== sorted(x!)) throw new Error('other elements than before');
};

const fewRows = [1, 2, 0, 5];
const noInputs = 'it has no inputs; an empty result is among its samples';

export const sampling: SampleTable = {
  exponential: {
    samples: [
      waiting([2, 3], 'float64', 2),
      waiting([37], 'float64', 0.5),
      waiting([0, 3], 'float64', 1),
      waiting([4099], 'float32', 3),
    ],
    large: waiting([301, 307], 'float32', 1),
    errors: [
      { call: () => exponentialOf([2], { rate: 0 }), code: 'VALUE', message: /rate is 0/ },
      { call: () => exponentialOf([2], { dtype: 'int32' as never }), code: 'DTYPE', message: /int32/ },
    ],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a vector' },
  },
  truncatedNormal: {
    samples: [
      truncated(-2, 2),
      truncated(-0.5, 1),
      truncated(1, Infinity),
      truncated(3, 3.1),
      truncated(6, 20),
      truncated(-Infinity, -4),
      drawn({ mean: 0, std: 1, low: 1e200, high: 1e300 }, [5], 'float64', within(1e200, 1e200)),
      drawn({ mean: 0, std: 1e-310, low: -2, high: -1 }, [5], 'float64', within(-1, -1)),
      truncated(-2, 2, 'float32'),
      truncated(-2, 2, 'float64', [0, 3]),
      truncated(-2, 2, 'float32', []),
    ],
    large: truncated(-2, 2, 'float32', [301, 307]),
    errors: [
      { call: () => truncatedOf([2], { low: 1, high: 1 }), code: 'VALUE', message: /from 1 to 1/ },
      { call: () => truncatedOf([2], { std: 0 }), code: 'VALUE', message: /std is 0/ },
      { call: () => truncatedOf([2], { low: NaN }), code: 'VALUE', message: /from NaN/ },
    ],
    neverEmpty: noInputs,
  },
  standardGamma: {
    samples: [
      each('concentration', constant(0.4), gammaLaw(0.4)),
      each('concentration', constant(1), gammaLaw(1)),
      each('concentration', constant(7.5), gammaLaw(7.5)),
      each('concentration', uniform([2, 3], 0.1, 5), shapeOnly),
      each('concentration', uniform([0, 3], 0.1, 5), shapeOnly),
    ],
    large: each('concentration', uniform([101, 307], 0.1, 5), shapeOnly),
    errors: [
      { call: () => gammaOf(tensor([1, 0])), code: 'VALUE', message: /concentration is 0\.0+ at position 1/ },
      { call: () => gammaOf(ones([2], { dtype: 'int32' }) as never), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  },
  poisson: {
    samples: [
      each('rate', constant(0.7), poissonLaw(0.7)),
      each('rate', constant(9), poissonLaw(9)),
      each('rate', constant(40), poissonLaw(40)),
      each('rate', constant(3000), poissonLaw(3000)),
      each('rate', constant(0, 5), within(0, 0)),
      each('rate', uniform([2, 3], 0, 50), shapeOnly),
      each('rate', uniform([0, 3], 0, 50), shapeOnly),
    ],
    large: each('rate', uniform([101, 307], 0, 50), shapeOnly),
    errors: [
      { call: () => poissonOf(tensor([1, -1])), code: 'VALUE', message: /rate is -1\.0+ at position 1/ },
      { call: () => poissonOf(tensor([NaN])), code: 'VALUE', message: /rate is -?nan at position 0/ },
    ],
  },
  bernoulliEach: {
    samples: [
      each('p', constant(0.25), all(whole, within(0, 1), moments(1 / 4, 3 / 16, 21 / 256))),
      each('p', values([6], [0, 1, 1, 0]), ([out], [p]) => {
        if (out!.data.join() !== p!.data.join()) throw new Error(`${out!.data.join()} of ${p!.data.join()}`);
      }),
      each('p', uniform([0, 3], 0, 1), shapeOnly),
    ],
    large: each('p', uniform([101, 307], 0, 1), shapeOnly),
    errors: [{ call: () => bernoulliEach(full([2], 1.5)), code: 'VALUE', message: /p is 1\.50* at position 0/ }],
  },
  multinomial: {
    samples: [
      choice([4], fewRows, 3001, true, frequencies(fewRows)),
      choice([501, 4], fewRows, 3, false, all(distinctRows(fewRows, 3), firstOf(3, frequencies(fewRows)))),
      choice([2, 3, 4], fewRows, 2, false, distinctRows(fewRows, 2)),
      choice([0, 4], fewRows, 2, false, distinctRows(fewRows, 2)),
      choice([2, 4], fewRows, 0, true, () => undefined),
    ],
    large: choice([301, 100], [1, 2, 0.5], 40, false, () => undefined),
    errors: [
      { call: () => multinomialOf(tensor([1, -1]), 1), code: 'VALUE', message: /weight is -1\.0+ at position 1/ },
      {
        call: () => multinomialOf(tensor([1, 0]), 2),
        code: 'VALUE',
        message: /row 0 has 1 positive weights \(need 2\)/,
      },
      { call: () => multinomialOf(tensor([1, 1]), 3), code: 'VALUE', message: /count is 3 of 2 places/ },
      { call: () => multinomialOf(tensor(1), 1), code: 'SHAPE', message: /at least one axis/ },
      {
        call: () => multinomialOf(tensor([0]), 1, { replacement: true }),
        code: 'VALUE',
        message: /row 0 has 0 positive/,
      },
    ],
    without: { scalar: 'it needs an axis' },
  },
  shuffle: {
    run: ({ x }, { axis }) => shuffle(x!, { axis: axis as number }),
    samples: [
      { inputs: { x: integers([37], 0, 2) }, attrs: { axis: 0 }, dtypes: everyDType, order: 0, law: ordered },
      { inputs: { x: uniform([0, 3]) }, attrs: { axis: 1 }, order: 0, law: ordered },
    ],
    errors: [
      { call: () => shuffle(1 as never), ...noTensor },
      { call: () => shuffle(uniformOf([2]), { axis: 1 }), code: 'INDEX', message: /axis 1 / },
    ],
    without: { scalar: 'it needs an axis', secondOrder: 'every call draws other numbers' },
  },
};
