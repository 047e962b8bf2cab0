import * as m from 'myelin';
import { ones, type FloatDType, type LossReduction, type Tensor } from 'myelin';

import { groups, meanOf, sigmoid, sumOf, type Nd } from '../support/reference';
import {
  integers,
  uniform,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type Sample,
  type SampleTable,
} from './sample';

type Real = Tensor<FloatDType>;
type Options = Readonly<Record<string, number | boolean>>;
type Call = (inputs: readonly Real[], options: { readonly reduction: LossReduction }) => Tensor;

/** One set of inputs and options, and what each row of the inputs costs: plain numbers in, losses out. */
interface Try {
  readonly options?: Options;
  readonly inputs: readonly InputSpec[];
  /** Losses of elements, or of rows, from the elements of all inputs. */
  readonly loss: (...rows: number[][]) => number | number[];
  /** Whether inputs are taken row by row, along the last axis. */
  readonly rows?: boolean;
  readonly order?: 0 | 1 | 2;
  readonly by?: readonly string[];
}

const reductions: readonly LossReduction[] = ['none', 'mean', 'sum'];
const names = ['a', 'b', 'c'];

function referenceOf({ loss, rows = false }: Try, reduction: LossReduction) {
  return (...inputs: Nd[]): Nd => {
    const [first] = inputs as [Nd, ...Nd[]];
    const last = first.shape.length - 1;
    const lists = inputs.map((x) =>
      rows && x.shape.length === last + 1 ? groups(x, [last]).lists : x.data.map((value) => [value]),
    );
    const data = lists[0]!.flatMap((_, i) => loss(...lists.map((list) => list[i]!)));
    if (reduction === 'none') return { dtype: first.dtype, shape: rows ? first.shape.slice(0, -1) : first.shape, data };
    return { dtype: first.dtype, shape: [], data: [reduction === 'mean' ? meanOf(data) : sumOf(data)] };
  };
}

function sampleOf(attempt: Try, reduction: LossReduction): Sample {
  const { options = {}, inputs, order = 2, by } = attempt;
  return {
    inputs: Object.fromEntries(inputs.map((spec, i) => [names[i]!, spec])),
    attrs: { ...options, reduction },
    order,
    ...(by === undefined ? {} : { by }),
    tolerance: { relative: 64, absolute: 64 },
    halves: { steps: 8, scale: 4 },
    reference: referenceOf(attempt, reduction),
  };
}

/** A loss tried in every reduction, and on nothing. */
function tried(call: Call, tries: readonly Try[], errors: readonly ErrorCase[], ofRows = false): OpSamples {
  const empty = tries[0]!;
  const nothing = empty.inputs.map((spec) => ({ ...spec, shape: [0, ...spec.shape.slice(1)] }));
  return {
    run: (inputs, { reduction, ...options }) =>
      call(
        names.flatMap((name) => (inputs[name] as Real | undefined) ?? []),
        {
          ...(options as Options),
          reduction: reduction as LossReduction,
        },
      ),
    samples: [
      ...tries.flatMap((attempt) => reductions.map((reduction) => sampleOf(attempt, reduction))),
      sampleOf({ ...empty, inputs: nothing }, 'none'),
    ],
    errors,
    without: {
      broadcast: 'shapes that differ are refused: a loss of what was broadcast is mostly a mistake',
      ...(ofRows ? { scalar: 'it compares the numbers of a row' } : {}),
    },
  };
}

const alike = (call: (x: Real, y: Real) => unknown, code: 'SHAPE' = 'SHAPE'): ErrorCase[] => [
  { call: () => call(ones([2, 3]), ones([2, 4])), code, message: /float32\[2,4\]/ },
  { call: () => call(ones([2, 3], { dtype: 'int32' }) as never, ones([2, 3])), code: 'DTYPE', message: /int32\[2,3\]/ },
];

const shape = [4, 3];
// Far enough apart that no difference is near a kink.
const low = uniform(shape, -1, 0);
const near = uniform(shape, 0.1, 0.4);
const far = uniform(shape, 2.2, 3);
const shares = uniform(shape, 0.1, 0.9);
const signs: InputSpec = {
  shape,
  dtype: 'int32',
  fill: (random, size) =>
    integers(shape, 0, 2)
      .fill(random, size)
      .map((x) => 2 * x - 1),
};

const huber = (limit: number) => (x: number[], t: number[]) => {
  const e = Math.abs(x[0]! - t[0]!);
  return e < limit ? (e * e) / 2 : limit * (e - limit / 2);
};
const entropy = (x: number, t: number): number => Math.max(x, 0) - x * t + Math.log1p(Math.exp(-Math.abs(x)));
const dot = (a: readonly number[], b: readonly number[]): number => sumOf(a.map((x, i) => x * b[i]!));
const cosine = (a: readonly number[], b: readonly number[]): number =>
  dot(a, b) / Math.sqrt((dot(a, a) + 1e-12) * (dot(b, b) + 1e-12));
const angle = (a: readonly number[], b: readonly number[]): number => dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
const distance = (a: readonly number[], b: readonly number[], p: number): number =>
  sumOf(a.map((x, i) => Math.abs(x - b[i]! + 1e-6) ** p)) ** (1 / p);

const odd = <D extends FloatDType>(a: Tensor<D>, b: Tensor<D>): Tensor<D> => m.pairwiseDistance(a, b, { p: 1.5 });

function overlap(p: readonly number[], t: readonly number[], alpha: number, beta: number, smooth: number): number {
  const both = dot(p, t);
  return 1 - (both + smooth) / (both + alpha * (sumOf(p) - both) + beta * (sumOf(t) - both) + smooth);
}

export const losses: SampleTable = {
  smoothL1Loss: tried(
    ([x, t], options) => m.smoothL1Loss(x!, t!, options),
    [
      { inputs: [low, near], loss: huber(1), order: 1 },
      { options: { beta: 0.5 }, inputs: [low, far], loss: (x, t) => huber(0.5)(x, t) / 0.5 },
    ],
    alike((x, t) => m.smoothL1Loss(x, t)),
  ),
  huberLoss: tried(
    ([x, t], options) => m.huberLoss(x!, t!, options),
    [
      { inputs: [low, near], loss: huber(1), order: 1 },
      { options: { delta: 0.5 }, inputs: [low, far], loss: huber(0.5) },
    ],
    [
      ...alike((x, t) => m.huberLoss(x, t)),
      { call: () => m.huberLoss(ones([1]), ones([1]), { delta: 0 }), code: 'VALUE', message: /delta is 0/ },
    ],
  ),
  klDiv: tried(
    ([x, t], options) => m.klDiv(x!, t!, options),
    [
      { inputs: [low, shares], loss: ([x], [t]) => t! * (Math.log(t!) - x!) },
      { options: { logTarget: true }, inputs: [low, near], loss: ([x], [t]) => Math.exp(t!) * (t! - x!) },
    ],
    alike((x, t) => m.klDiv(x, t)),
  ),
  poissonNllLoss: tried(
    ([x, t], options) => m.poissonNllLoss(x!, t!, options),
    [
      { inputs: [low, near], loss: ([x], [t]) => Math.exp(x!) - t! * x! },
      {
        options: { logInput: false, full: true, eps: 1e-3 },
        inputs: [near, far],
        loss: ([x], [t]) => x! - t! * Math.log(x! + 1e-3) + t! * Math.log(t!) - t! + Math.log(2 * Math.PI * t!) / 2,
      },
    ],
    alike((x, t) => m.poissonNllLoss(x, t)),
  ),
  gaussianNllLoss: tried(
    ([x, t, v], options) => m.gaussianNllLoss(x!, t!, v!, options),
    [
      { inputs: [low, near, shares], loss: ([x], [t], [v]) => (Math.log(v!) + (x! - t!) ** 2 / v!) / 2 },
      {
        options: { full: true },
        inputs: [low, near, shares],
        loss: ([x], [t], [v]) => (Math.log(v!) + (x! - t!) ** 2 / v! + Math.log(2 * Math.PI)) / 2,
      },
    ],
    [
      ...alike((x, t) => m.gaussianNllLoss(x, t, x)),
      { call: () => m.gaussianNllLoss(ones([2]), ones([2]), ones([3])), code: 'SHAPE', message: /variance is/ },
    ],
  ),
  focalLoss: tried(
    ([x, t], options) => m.focalLoss(x!, t!, options),
    [
      {
        inputs: [low, shares],
        loss: ([x], [t]) => {
          const q = sigmoid(x!) * t! + (1 - sigmoid(x!)) * (1 - t!);
          return (0.25 * t! + 0.75 * (1 - t!)) * (1 - q) ** 2 * entropy(x!, t!);
        },
      },
    ],
    alike((x, t) => m.focalLoss(x, t)),
  ),
  hingeLoss: tried(
    ([x, t], options) => m.hingeLoss(x!, t!, options),
    [
      { inputs: [near, signs], loss: ([x], [t]) => Math.max(0, 1 - t! * x!) },
      { options: { squared: true }, inputs: [far, signs], loss: ([x], [t]) => Math.max(0, 1 - t! * x!) ** 2 },
    ],
    alike((x, t) => m.hingeLoss(x, t)),
  ),
  hingeEmbeddingLoss: tried(
    ([x, t], options) => m.hingeEmbeddingLoss(x!, t!, options),
    [
      { inputs: [near, signs], loss: ([x], [t]) => (t === 1 ? x! : Math.max(0, 1 - x!)) },
      { options: { margin: 2 }, inputs: [far, signs], loss: ([x], [t]) => (t === 1 ? x! : Math.max(0, 2 - x!)) },
    ],
    alike((x, t) => m.hingeEmbeddingLoss(x, t)),
  ),
  softMarginLoss: tried(
    ([x, t], options) => m.softMarginLoss(x!, t!, options),
    [{ inputs: [low, signs], loss: ([x], [t]) => Math.log1p(Math.exp(-t! * x!)) }],
    alike((x, t) => m.softMarginLoss(x, t)),
  ),
  multiMarginLoss: tried(
    ([x, t], options) => m.multiMarginLoss(x!, t!, options),
    [
      {
        inputs: [low, integers([4], 0, 3, 'int32')],
        rows: true,
        loss: (x, [y]) => sumOf(x.map((score, c) => (c === y ? 0 : Math.max(0, 1 - x[y!]! + score)))) / x.length,
      },
    ],
    [
      { call: () => m.multiMarginLoss(ones([2, 3]), ones([2])), code: 'VALUE', message: /dtype of target/ },
      {
        call: () => m.multiMarginLoss(ones([1, 3]), m.tensor([3], { dtype: 'int32' })),
        code: 'INDEX',
        message: /target 0 is 3 \(need 0 <= class < 3\)/,
      },
    ],
    true,
  ),
  multilabelMarginLoss: tried(
    ([x, t], options) => m.multilabelMarginLoss(x!, t!, options),
    [
      {
        inputs: [low, integers(shape, -1, 3, 'int64')],
        rows: true,
        loss: (x, y) => {
          const end = y.indexOf(-1);
          const right = end < 0 ? y : y.slice(0, end);
          const others = x.filter((_, c) => !right.includes(c));
          return sumOf(right.flatMap((c) => others.map((other) => Math.max(0, 1 - x[c]! + other)))) / x.length;
        },
      },
    ],
    [
      {
        call: () => m.multilabelMarginLoss(ones([3]), m.tensor([3, -1, -1], { dtype: 'int32' })),
        code: 'INDEX',
        message: /target 0 is 3/,
      },
    ],
    true,
  ),
  multilabelSoftMarginLoss: tried(
    ([x, t], options) => m.multilabelSoftMarginLoss(x!, t!, options),
    [{ inputs: [low, shares], rows: true, loss: (x, t) => meanOf(x.map((z, c) => entropy(z, t[c]!))) }],
    alike((x, t) => m.multilabelSoftMarginLoss(x, t)),
    true,
  ),
  marginRankingLoss: tried(
    ([a, b, t], options) => m.marginRankingLoss(a!, b!, t!, options),
    [
      { inputs: [low, near, signs], loss: ([a], [b], [t]) => Math.max(0, -t! * (a! - b!)) },
      {
        options: { margin: 0.05 },
        inputs: [low, near, signs],
        loss: ([a], [b], [t]) => Math.max(0, 0.05 - t! * (a! - b!)),
      },
    ],
    alike((a, b) => m.marginRankingLoss(a, b, a)),
  ),
  tripletMarginLoss: tried(
    ([a, p, n], options) => m.tripletMarginLoss(a!, p!, n!, options),
    [
      {
        inputs: [low, far, near],
        rows: true,
        loss: (a, p, n) => Math.max(0, distance(a, p, 2) - distance(a, n, 2) + 1),
      },
      {
        options: { margin: 3, p: 3, swap: true },
        inputs: [low, far, near],
        rows: true,
        order: 1,
        loss: (a, p, n) => Math.max(0, distance(a, p, 3) - Math.min(distance(a, n, 3), distance(p, n, 3)) + 3),
      },
    ],
    alike((a, p) => m.tripletMarginLoss(a, p, a)),
    true,
  ),
  tripletMarginWithDistanceLoss: tried(
    ([a, p, n], options) => m.tripletMarginWithDistanceLoss(a!, p!, n!, { ...options, distance: odd }),
    [
      {
        inputs: [low, far, near],
        rows: true,
        loss: (a, p, n) => Math.max(0, distance(a, p, 1.5) - distance(a, n, 1.5) + 1),
      },
      {
        options: { margin: 3, swap: true },
        inputs: [low, far, near],
        rows: true,
        order: 1,
        loss: (a, p, n) => Math.max(0, distance(a, p, 1.5) - Math.min(distance(a, n, 1.5), distance(p, n, 1.5)) + 3),
      },
    ],
    [
      ...alike((a, p) => m.tripletMarginWithDistanceLoss(a, p, a)),
      {
        call: () => m.tripletMarginWithDistanceLoss(ones([1, 2]), ones([1, 2]), ones([1, 2]), { distance: 2 as never }),
        code: 'TYPE',
        message: /distance is 2/,
      },
    ],
    true,
  ),
  cosineEmbeddingLoss: tried(
    ([a, b, t], options) => m.cosineEmbeddingLoss(a!, b!, t!, options),
    [
      {
        inputs: [shares, near, { ...signs, shape: [4] }],
        rows: true,
        loss: (a, b, [t]) => (t === 1 ? 1 - cosine(a, b) : Math.max(0, cosine(a, b))),
      },
    ],
    alike((a, b) => m.cosineEmbeddingLoss(a, b, ones([2]))),
    true,
  ),
  diceLoss: tried(
    ([p, t], options) => m.diceLoss(p!, t!, options),
    [{ inputs: [shares, near], rows: true, loss: (p, t) => overlap(p, t, 0.5, 0.5, 0.5) }],
    alike((p, t) => m.diceLoss(p, t)),
  ),
  tverskyLoss: tried(
    ([p, t], options) => m.tverskyLoss(p!, t!, options),
    [
      {
        options: { alpha: 0.3, beta: 0.7, smooth: 0.2 },
        inputs: [shares, near],
        rows: true,
        loss: (p, t) => overlap(p, t, 0.3, 0.7, 0.2),
      },
      {
        inputs: [uniform([2, 2, 3], 0.1, 0.9), uniform([2, 2, 3], 0.1, 0.9)],
        rows: true,
        loss: (p, t) => overlap(p, t, 0.5, 0.5, 1),
      },
    ],
    alike((p, t) => m.tverskyLoss(p, t)),
  ),
  infoNce: {
    run: ({ a, b }, { symmetric, temperature }) =>
      m.infoNce(a as Real, b as Real, { symmetric: symmetric as boolean, temperature: temperature as number }),
    samples: [false, true].map((symmetric) => ({
      inputs: { a: shares, b: low },
      attrs: { symmetric, temperature: 0.5 },
      tolerance: { relative: 64, absolute: 64 },
      halves: { steps: 8, scale: 4 },
      reference: (a: Nd, b: Nd): Nd => {
        const [queries, keys] = [groups(a, [1]).lists, groups(b, [1]).lists];
        const find = (own: number[][], others: number[][]): number =>
          meanOf(
            own.map((x, i) => {
              const scores = others.map((y) => angle(x, y) / 0.5);
              return Math.log(sumOf(scores.map(Math.exp))) - scores[i]!;
            }),
          );
        const data = symmetric ? (find(queries, keys) + find(keys, queries)) / 2 : find(queries, keys);
        return { dtype: a.dtype, shape: [], data: [data] };
      },
    })),
    neverEmpty: 'the mean over no query is NaN',
    without: {
      broadcast: 'every query has its own key',
      scalar: 'it compares the vectors of a batch',
      threads: 'it compares all pairs',
    },
    errors: [
      { call: () => m.infoNce(ones([3]), ones([3])), code: 'SHAPE', message: /need \[N, D\]/ },
      { call: () => m.infoNce(ones([2, 3]), ones([2, 3]), { temperature: 0 }), code: 'VALUE', message: /temperature/ },
    ],
  },
};
