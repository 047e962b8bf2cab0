import { ones, scaledDotProductAttention, zeros, type FloatDType, type Tensor } from 'myelin';

import { at, build, indicesOf, maxOf, position, sumOf, type Nd } from '../support/reference';
import { numbered, source, unit } from './random';
import { flags, uniform, values, type ErrorCase, type InputSpec, type Sample, type SampleTable } from './sample';

interface Settings {
  readonly scale: number;
  readonly causal: boolean;
  readonly p: number;
}

interface Shapes {
  readonly batch?: number;
  readonly heads?: number;
  readonly keyHeads?: number;
  readonly queries: number;
  readonly keys: number;
  readonly width: number;
  readonly valueWidth?: number;
}

/** Probabilities, what dropout leaves of them, and the logarithms of sums of powers, [B, H, T, S] and [B, H, T]. */
function attend(q: Nd, k: Nd, mask: Nd | undefined, { scale, causal, p: drop }: Settings) {
  const [batch = 0, heads = 0, queries = 0, width = 0] = q.shape;
  const [, keyHeads = 0, keys = 0] = k.shape;
  const group = heads / keyHeads;
  const shape = [batch, heads, queries, keys];
  const logs: number[] = [];
  const p: number[] = [];
  for (const [b, h, i] of indicesOf([batch, heads, queries]) as Iterable<[number, number, number]>) {
    const scores = Array.from({ length: keys }, (_, j) => {
      const terms = Array.from(
        { length: width },
        (__, d) => at(q, [b, h, i, d]) * at(k, [b, Math.floor(h / group), j, d]),
      );
      const score = scale * sumOf(terms);
      if (causal && j > i) return -Infinity;
      const masked = mask === undefined ? 0 : at(mask, [b, h, i, j]);
      if (mask?.dtype === 'bool') return masked === 0 ? -Infinity : score;
      return score + masked;
    });
    const top = maxOf(scores);
    const shift = top === -Infinity ? 0 : top;
    const powers = scores.map((score) => Math.exp(score - shift));
    const total = sumOf(powers);
    p.push(...powers.map((power) => (total === 0 ? 0 : power / total)));
    logs.push((shift + Math.log(total)) / Math.LN2);
  }
  const kept = p.map((value, e) => (drop === 0 || unit.float32(e) >= drop ? value / (1 - drop) : 0));
  return { shape, group, p, kept, logs };
}

/** [B, H, T] of sums over keys of w[..., j] times row j of the values. */
function mix(shape: readonly number[], weights: readonly number[], v: Nd, group: number): Nd {
  const [batch = 0, heads = 0, queries = 0, keys = 0] = shape;
  return build(v.dtype, [batch, heads, queries, v.shape[3]!], ([b = 0, h = 0, i = 0, d = 0]) =>
    sumOf(
      Array.from(
        { length: keys },
        (_, j) => weights[position([b, h, i, j], shape)]! * at(v, [b, Math.floor(h / group), j, d]),
      ),
    ),
  );
}

const drawnOf = ({ p }: Settings): Nd => ({
  dtype: 'int64',
  shape: [2],
  data: p === 0 ? [0, 0] : [source.key, source.counter],
});

const statistic = (q: Nd, data: readonly number[]): Nd => ({
  dtype: q.dtype === 'float64' ? 'float64' : 'float32',
  shape: q.shape.slice(0, 3),
  data: [...data],
});

function forward(settings: Settings): NonNullable<Sample['reference']> {
  return (q, k, v, mask) => {
    const { shape, kept, group, logs } = attend(q, k, mask, settings);
    return [mix(shape, kept, v, group), statistic(q, logs), drawnOf(settings)];
  };
}

function backward(settings: Settings): NonNullable<Sample['reference']> {
  return (dout, q, k, v, out, _logs, _drawn, mask) => {
    const { shape, p, kept, group } = attend(q, k, mask, settings);
    const [batch = 0, heads = 0, queries = 0, keys = 0] = shape;
    const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
    const dp = [...indicesOf(shape)].map(([b = 0, h = 0, i = 0, j = 0], e) => {
      const terms = range(v.shape[3]!).map((d) => at(dout, [b, h, i, d]) * at(v, [b, Math.floor(h / group), j, d]));
      return p[e] === 0 ? 0 : (sumOf(terms) * kept[e]!) / p[e]!;
    });
    const slopes = [...indicesOf(shape)].map((index, e) => {
      const row = index.slice(0, 3);
      const delta = sumOf(range(v.shape[3]!).map((d) => at(dout, [...row, d]) * at(out, [...row, d])));
      return p[e]! * (dp[e]! - delta) * settings.scale;
    });
    const fromQueries = (weights: readonly number[], x: Nd, target: Nd): Nd =>
      build(target.dtype, target.shape, ([b = 0, g = 0, j = 0, d = 0]) =>
        sumOf(
          range(group * queries).map((n) => {
            const [h, i] = [g * group + Math.floor(n / queries), n % queries];
            return weights[position([b, h, i, j], [batch, heads, queries, keys])]! * at(x, [b, h, i, d]);
          }),
        ),
      );
    return [mix(shape, slopes, k, group), fromQueries(slopes, q, k), fromQueries(kept, dout, v)];
  };
}

type Masking = 'bool' | 'float' | 'none';

function inputsOf({ batch = 2, heads = 2, keyHeads = heads, queries, keys, width, valueWidth = width }: Shapes) {
  return {
    q: uniform([batch, heads, queries, width], -1.5, 1.5),
    k: uniform([batch, keyHeads, keys, width], -1.5, 1.5),
    v: uniform([batch, keyHeads, keys, valueWidth], -1.5, 1.5),
  };
}

const maskOf = ({ batch = 2, heads = 2, queries, keys }: Shapes, masking: Masking): InputSpec[] => {
  const shape = [batch, heads, queries, keys];
  return masking === 'none' ? [] : [masking === 'bool' ? flags(shape) : uniform(shape, -2, 2)];
};

const tolerance = { relative: 64, absolute: 256 };

function forwardSample(
  shapes: Shapes,
  given: Partial<Settings> = {},
  masking: Masking = 'none',
  order: 0 | 2 = 0,
): Sample {
  const settings = { scale: 0.6, causal: false, p: 0, ...given };
  const draws = settings.p === 0 ? { key: 0, counter: 0 } : source;
  return {
    inputs: { ...inputsOf(shapes), masks: maskOf(shapes, masking) },
    attrs: { ...settings, ...draws },
    differentiable: 1,
    order,
    tolerance,
    reference: forward(settings),
  };
}

function backwardSample(
  shapes: Shapes,
  given: Partial<Settings> = {},
  masking: Masking = 'none',
  order: 0 | 2 = 0,
): Sample {
  const settings = { scale: 0.6, causal: false, p: 0, ...given };
  const { batch = 2, heads = 2, queries, width, valueWidth = width } = shapes;
  const { q, k, v } = inputsOf(shapes);
  const result = uniform([batch, heads, queries, valueWidth]);
  return {
    inputs: {
      gradient: result,
      q,
      k,
      v,
      result,
      logSum: uniform([batch, heads, queries]),
      drawn: values([2], [0, 0], 'int64'),
      masks: maskOf(shapes, masking),
    },
    attrs: settings,
    // The result and the logarithms are functions of the others, and derivatives by those see that.
    by: ['gradient'],
    // What is dropped makes results differ also where the inputs of a batch repeat.
    ...(settings.p === 0 ? {} : { layouts: ['gradient', 'q', 'k', 'v'] }),
    order,
    derive: (gradient, q_, k_, v_, _result, _logs, _drawn, ...masks) => {
      const [out, logs, drawn] = forward(settings)(q_, k_, v_, ...masks) as [Nd, Nd, Nd];
      return [gradient, q_, k_, v_, out, logs, drawn, ...masks];
    },
    tolerance,
    reference: backward(settings),
  };
}

const small = { queries: 3, keys: 4, width: 2 };
const odd = { batch: 1, heads: 1, queries: 70, keys: 133, width: 3, valueWidth: 2 };
const cases: readonly (readonly [Shapes, Partial<Settings>, Masking, 0 | 2])[] = [
  [small, {}, 'none', 2],
  [{ ...small, keyHeads: 1, valueWidth: 3 }, { causal: true }, 'none', 2],
  [small, {}, 'bool', 2],
  [small, {}, 'float', 2],
  [{ ...small, queries: 5 }, {}, 'float', 2],
  [{ ...small, queries: 1 }, { p: 0.4 }, 'none', 2],
  [{ ...small, heads: 4 }, { p: 1 }, 'none', 0],
  [odd, {}, 'none', 0],
  [{ ...odd, heads: 2, keys: 66, keyHeads: 1 }, { causal: true, p: 0.3 }, 'none', 0],
  [{ ...odd, queries: 5 }, {}, 'bool', 0],
  [{ ...odd, heads: 6, keyHeads: 2, queries: 2, width: 5 }, {}, 'bool', 0],
  [{ ...odd, heads: 4, queries: 4 }, {}, 'float', 0],
  [{ ...small, batch: 0 }, {}, 'none', 0],
  [{ ...small, queries: 0 }, {}, 'none', 0],
  [{ ...small, keys: 0 }, {}, 'none', 0],
];
const large: Shapes = { batch: 1, heads: 8, queries: 130, keys: 70, width: 16 };

const real = (shape: readonly number[], dtype: FloatDType = 'float32'): Tensor<FloatDType> => zeros(shape, { dtype });
const call = scaledDotProductAttention<FloatDType>;
const x = (): Tensor<FloatDType> => real([2, 3, 4]);
const refusals: readonly ErrorCase[] = [
  { call: () => call(real([4]), x(), x()), code: 'SHAPE', message: /query is float32\[4\].*\[\.\.\., T, D\]/ },
  { call: () => call(x(), real([2, 3, 5]), x()), code: 'SHAPE', message: /query\.shape\[-1\] = key\.shape\[-1\]/ },
  { call: () => call(x(), x(), real([2, 2, 4])), code: 'SHAPE', message: /key\.shape\[-2\] = value\.shape\[-2\]/ },
  { call: () => call(x(), real([5, 3, 4]), x()), code: 'SHAPE', message: /batches and heads that broadcast/ },
  {
    call: () => call(real([3, 3, 4]), x(), x(), { enableGqa: true }),
    code: 'SHAPE',
    message: /a multiple of them for queries/,
  },
  { call: () => call(x(), real([2, 3, 4], 'float64'), x()), code: 'DTYPE', message: /need one dtype/ },
  {
    call: () => call(x(), x(), x(), { attnMask: ones([3, 4]) }),
    code: 'SHAPE',
    message: /broadcasts to the scores, \[2,3,3\]/,
  },
  {
    call: () => call(x(), x(), x(), { attnMask: ones([3, 3], { dtype: 'int32' }) }),
    code: 'DTYPE',
    message: /need bool/,
  },
  { call: () => call(x(), x(), x(), { attnMask: 3 as never }), code: 'TYPE', message: /attnMask is 3/ },
  {
    call: () => call(x(), x(), x(), { attnMask: ones([3, 3]), isCausal: true }),
    code: 'VALUE',
    message: /one of them/,
  },
  { call: () => call(x(), x(), x(), { dropoutP: 2 }), code: 'VALUE', message: /0 <= dropoutP <= 1/ },
  { call: () => call(x(), x(), x(), { scale: NaN }), code: 'VALUE', message: /scale is NaN/ },
  { call: () => call(x(), x(), null as never), code: 'TYPE', message: /value is null/ },
  { call: () => call(x(), x(), x(), null as never), code: 'TYPE', message: /options is null/ },
];

/** What is called by rules and functions that have checked already. */
const internal = 'called by functions and gradient rules only, with what they have checked';

const without = { scalar: 'it needs axes of steps and features' };

/** Shapes as users give them, as [B, H, T, D]. */
function publicSample(
  shapes: readonly [q: readonly number[], k: readonly number[], v: readonly number[]],
  mask: InputSpec | undefined,
  attrs: Readonly<Record<string, boolean | number>>,
  heads: readonly [q: readonly number[], k: readonly number[], v: readonly number[]] = shapes,
): Sample {
  const [q, k, v] = shapes.map((shape) => uniform(shape, -1.5, 1.5)) as [InputSpec, InputSpec, InputSpec];
  return {
    inputs: mask === undefined ? { q, k, v } : { q, k, v, mask },
    attrs,
    tolerance,
    reference: (...given) => {
      const spread = (value: Nd, shape: readonly number[]): Nd => {
        const offset = shape.length - value.shape.length;
        return build(value.dtype, shape, (index) =>
          at(
            value,
            value.shape.map((extent, axis) => (extent === 1 ? 0 : index[axis + offset]!)),
          ),
        );
      };
      const four = (value: Nd, shape: readonly number[]): Nd =>
        spread(value, [...[1, 1, 1, 1].slice(shape.length), ...shape]);
      const [a, b, c] = heads.map((shape, i) => four(given[i]!, shape)) as [Nd, Nd, Nd];
      const scores = [...a.shape.slice(0, 3), b.shape[2]!];
      const masked = given[3] === undefined ? undefined : spread(given[3], scores);
      const settings = { scale: attrs['scale'] ?? a.shape[3]! ** -0.5, causal: attrs['isCausal'] === true, p: 0 };
      const { shape, kept, group } = attend(a, b, masked, settings as Settings);
      const out = mix(shape, kept, c, group);
      return { ...out, shape: [...heads[0].slice(0, -1), heads[2].at(-1)!] };
    },
  };
}

const keptSample = (shape: readonly number[]): Sample => ({
  inputs: { drawn: values([2], [source.key, source.counter], 'int64') },
  attrs: { p: 0.3, shape },
  dtypes: ['bool'],
  order: 0,
  layouts: false,
  reference: () => numbered('bool', shape, (i) => Number(unit.float32(i) >= 0.3)),
});

const even = (shape: readonly number[]) => [shape, shape, shape] as const;

export const attention: SampleTable = {
  attention: {
    samples: cases.map(([shapes, settings, masking, order]) => forwardSample(shapes, settings, masking, order)),
    large: forwardSample({ ...large, heads: 16 }),
    errors: [],
    neverFails: internal,
    without,
  },
  attentionBackward: {
    samples: cases.map(([shapes, settings, masking, order]) => backwardSample(shapes, settings, masking, order)),
    large: backwardSample({ ...large, keyHeads: 4 }),
    errors: [],
    neverFails: internal,
    without,
  },
  dropoutMask: {
    samples: [[3, 5], [130], [0]].map(keptSample),
    large: keptSample([5000]),
    errors: [],
    neverFails: internal,
    neverEmpty: 'it takes two integers',
    without: { scalar: 'it takes two integers', layouts: 'of two integers there is one order' },
  },
  scaledDotProductAttention: {
    samples: [
      publicSample(even([3, 4]), undefined, {}),
      publicSample(even([2, 3, 4]), flags([3, 3]), {}),
      publicSample(even([1, 2, 3, 4]), uniform([2, 1, 3], -1, 1), { scale: 0.3 }),
      publicSample(
        [
          [1, 4, 3, 2],
          [1, 2, 5, 2],
          [1, 2, 5, 3],
        ],
        undefined,
        { enableGqa: true, isCausal: true },
      ),
      publicSample(
        [
          [2, 1, 3, 2],
          [3, 2, 2],
          [2, 1, 2, 2],
        ],
        undefined,
        {},
        [
          [2, 3, 3, 2],
          [2, 3, 2, 2],
          [2, 3, 2, 2],
        ],
      ),
      publicSample(even([1, 2, 0, 4]), undefined, {}),
    ],
    run: ({ q, k, v, mask }, attrs) =>
      scaledDotProductAttention(q as Tensor<FloatDType>, k as Tensor<FloatDType>, v as Tensor<FloatDType>, {
        ...attrs,
        attnMask: mask,
      }),
    errors: refusals,
    without,
  },
};
