import {
  countNonzero,
  cumulativeTrapezoid,
  diff,
  logSumExp,
  nanmean,
  nansum,
  norm,
  ones,
  std,
  stdMean,
  trapezoid,
  variance,
  varMean,
  vectorNorm,
  type DType,
  type Tensor,
} from 'myelin';

import { alongAxis, groups, meanOf, reduce, sumOf, zip, type Nd } from '../support/reference';
import {
  distinct,
  everyDType,
  floats,
  integers,
  numbers,
  uniform,
  values,
  type ErrorCase,
  type InputSpec,
  type OpSamples,
  type RunComposed,
  type Sample,
  type SampleTable,
  wrap,
} from './sample';

type Fold = (list: number[]) => number;
type Attrs = Parameters<RunComposed>[1];

const badAxis = (call: () => unknown): ErrorCase => ({ call, code: 'INDEX', message: /axis 2 .*rank 2/ });
const real = (x: Tensor | undefined): Tensor<'float64'> => x as Tensor<'float64'>;
const integerOf = (call: (x: never) => unknown): ErrorCase => ({
  call: () => call(ones([2], { dtype: 'int32' }) as never),
  code: 'DTYPE',
  message: /int32\[2\]/,
});

type Run = (x: Tensor<'float64'>, attrs: Attrs) => Tensor | readonly Tensor[];

interface FoldSamples {
  /** One per output. */
  readonly folds: readonly Fold[];
  readonly attrs?: Attrs;
  readonly inputs?: readonly (readonly [x: InputSpec, axis: readonly number[], order?: 0 | 1 | 2])[];
  readonly dtypes?: readonly DType[];
  readonly out?: (dtype: DType) => DType;
}

const usual: NonNullable<FoldSamples['inputs']> = [
  [distinct([2, 3, 4]), [0, 1, 2]],
  [distinct([2, 3, 4]), [1]],
  [distinct([2, 3, 4]), [0, 2]],
  [distinct([3, 30]), [1]],
  [distinct([2, 0]), [0]],
  [distinct([]), []],
];

function reductions({ folds, attrs = {}, inputs = usual, dtypes = floats, out = (x) => x }: FoldSamples): Sample[] {
  return inputs.flatMap(([x, axis, order = 2]) =>
    [false, true].map((keepDims): Sample => ({
      inputs: { x },
      attrs: { axis, keepDims, ...attrs },
      dtypes,
      order,
      tolerance: { relative: 16, absolute: 32 },
      reference: (array) => folds.map((fold) => reduce(array, axis, keepDims, fold, out(array.dtype))),
    })),
  );
}

function entry(run: Run, samples: readonly Sample[], errors: readonly ErrorCase[]): OpSamples {
  return { run: ({ x }, attrs) => run(real(x), attrs), samples, errors };
}

const varianceOf =
  (correction: number): Fold =>
  (list) => {
    const mean = meanOf(list);
    return sumOf(list.map((x) => (x - mean) ** 2)) / Math.max(0, list.length - correction);
  };
const stdOf: (correction: number) => Fold = (correction) => (list) => Math.sqrt(varianceOf(correction)(list));

/** Samples of a function of deviations, with both usual corrections; a row of equal numbers and one of a single one. */
function deviations(run: Run, of: (correction: number) => readonly Fold[]): OpSamples {
  return entry(
    run,
    [
      ...reductions({ folds: of(1), attrs: { correction: 1 }, inputs: usual.slice(0, -1) }),
      ...reductions({ folds: of(1), attrs: { correction: 1 }, inputs: [[distinct([]), [], 0]] }),
      ...reductions({ folds: of(0), attrs: { correction: 0 }, inputs: [[distinct([5, 3]), [0]]] }),
      ...reductions({ folds: of(1), attrs: { correction: 1 }, inputs: [[values([2, 1], [1, 2]), [1], 0]] }),
    ],
    [
      badAxis(() => run(real(ones([2, 3])), { axis: 2 })),
      integerOf((x) => run(x, {})),
      {
        call: () => run(real(ones([2])), { correction: 'all' }),
        code: 'VALUE',
        message: /correction is "all"/,
      },
    ],
  );
}

const normOf =
  (p: number): Fold =>
  (list) => {
    const sizes = list.map(Math.abs);
    if (p === 0) return sizes.filter((x) => x !== 0).length;
    if (p === Infinity) return Math.max(...sizes);
    if (p === -Infinity) return Math.min(...sizes);
    return sumOf(sizes.map((x) => x ** p)) ** (1 / p);
  };

function norms(name: string, run: (x: Tensor<'float64'>, p: number, attrs: Attrs) => Tensor): OpSamples {
  const call: Run = (x, { p, ...attrs }) => run(x, p as number, attrs);
  const away: FoldSamples['inputs'] = [
    [distinct([2, 3, 4]), [0, 2]],
    [distinct([7]), [0]],
    [distinct([]), []],
  ];
  const origin = values([2, 3], [0, 0, 0, 3, 0, -4], 'float64');
  return entry(
    call,
    [
      ...[0, 1, 2, 3, 2.5, 0.5, -1, Infinity, -Infinity].flatMap((p) =>
        reductions({ folds: [normOf(p)], attrs: { p }, inputs: away }),
      ),
      ...[0, 1, 2, 3].flatMap((p) =>
        reductions({
          folds: [normOf(p)],
          attrs: { p },
          inputs: [
            [origin, [1], 0],
            [distinct([0, 2]), [0], 0],
          ],
        }),
      ),
    ],
    [
      { ...badAxis(() => run(real(ones([2, 3])), 2, { axis: 2 })), op: 'sum' },
      integerOf((x) => run(x, 2, {})),
      { call: () => run(real(ones([2])), 'fro' as never, {}), code: 'VALUE', message: /"fro"/ },
    ].map((wrong) => ({ op: name, ...wrong })) as readonly ErrorCase[],
  );
}

const logSumExpOf: Fold = (list) => {
  const most = Math.max(...list);
  return Number.isFinite(most) ? most + Math.log(sumOf(list.map((x) => Math.exp(x - most)))) : most;
};

const missing = values([3, 4], [1, NaN, 3, 2, NaN, NaN, NaN, NaN, -1, 0, 5, NaN]);
const known = (list: readonly number[]): number[] => list.filter((x) => !Number.isNaN(x));
const withMissing: NonNullable<FoldSamples['inputs']> = [...usual, [missing, [0], 0], [missing, [1], 0]];

/** Differences of neighbours, n times. */
function differences(list: readonly number[], n: number): number[] {
  if (n === 0 || list.length === 0) return [...list];
  return differences(
    list.slice(1).map((x, i) => x - list[i]!),
    n - 1,
  );
}

/** Lists along an axis turned into lists of another length. */
function resized(x: Nd, axis: number, f: (list: number[]) => number[]): Nd {
  const { lists } = groups(x, [axis], true);
  const found = lists.map(f);
  const extent = f(new Array<number>(x.shape[axis]!).fill(0)).length;
  const shape = x.shape.map((old, a) => (a === axis ? extent : old));
  const filler: Nd = { dtype: x.dtype, shape, data: new Array<number>(shape.reduce((n, e) => n * e, 1)).fill(0) };
  let row = 0;
  return alongAxis([filler], axis, () => found[row++]!);
}

const areasOf = (list: readonly number[], places: readonly number[]): number[] =>
  list.slice(1).map((y, i) => ((places[i + 1]! - places[i]!) * (y + list[i]!)) / 2);
const running = (list: readonly number[]): number[] => list.map((_, i) => sumOf(list.slice(0, i + 1)));
const evenly = (n: number, dx: number): number[] => Array.from({ length: n }, (_, i) => i * dx);

function trapezoids(f: typeof trapezoid, finish: (areas: number[]) => number[], drop: boolean): OpSamples {
  const shaped = (out: Nd, axis: number): Nd =>
    drop ? { ...out, shape: out.shape.filter((_, a) => a !== axis) } : out;
  const even = (shape: readonly number[], axis: number, dx: number): Sample => ({
    inputs: { y: uniform(shape) },
    attrs: { axis, dx },
    reference: (y) =>
      shaped(
        resized(y, axis, (list) => finish(areasOf(list, evenly(list.length, dx)))),
        axis,
      ),
  });
  return {
    run: ({ y, x }, attrs) => f(real(y), { ...attrs, ...(x !== undefined && { x }) }),
    samples: [
      even([2, 3, 4], 1, 1),
      even([2, 3, 4], 2, 0.5),
      even([1], 0, 1),
      even([0, 3], 1, 1),
      {
        inputs: { y: uniform([3, 4]), x: uniform([3]) },
        attrs: { axis: 0 },
        reference: (y, x) =>
          shaped(
            resized(y, 0, (list) => finish(areasOf(list, x.data))),
            0,
          ),
      },
      {
        inputs: { y: uniform([3, 4]), x: uniform([4]) },
        attrs: { axis: 1 },
        reference: (y, x) =>
          shaped(
            resized(y, 1, (list) => finish(areasOf(list, x.data))),
            1,
          ),
      },
      {
        inputs: { y: uniform([3, 4]), x: uniform([3, 4]) },
        attrs: { axis: 1 },
        reference: (y, x) => {
          let row = 0;
          const rows = groups(x, [1]).lists;
          const out = resized({ ...y, shape: y.shape }, 1, (list) => finish(areasOf(list, rows[row++] ?? list)));
          return shaped(out, 1);
        },
      },
    ],
    errors: [
      badAxis(() => f(real(ones([2, 3])), { axis: 2 })),
      { call: () => f(ones([2, 3]), { x: ones([2]) }), code: 'SHAPE', message: /x is float32\[2\]/ },
      { call: () => f(ones([2, 3]), { dx: '1' as never }), code: 'VALUE', message: /dx is "1"/ },
      integerOf((x) => f(x)),
    ],
  };
}

const countOf: Fold = (list) => list.filter((x) => x !== 0).length;

export const statistics: SampleTable = {
  variance: deviations(
    (x, attrs) => variance(x, attrs),
    (correction) => [varianceOf(correction)],
  ),
  std: deviations(
    (x, attrs) => std(x, attrs),
    (correction) => [stdOf(correction)],
  ),
  varMean: deviations(
    (x, attrs) => {
      const found = varMean(x, attrs);
      return [found.variance, found.mean];
    },
    (correction) => [varianceOf(correction), meanOf],
  ),
  stdMean: deviations(
    (x, attrs) => {
      const found = stdMean(x, attrs);
      return [found.std, found.mean];
    },
    (correction) => [stdOf(correction), meanOf],
  ),
  norm: norms('norm', (x, p, attrs) => norm(x, { p, ...attrs })),
  vectorNorm: norms('vectorNorm', (x, ord, attrs) => vectorNorm(x, { ord, ...attrs })),
  logSumExp: entry(
    (x, attrs) => logSumExp(x, attrs),
    reductions({
      folds: [logSumExpOf],
      inputs: [...usual, [distinct([0, 2]), [0], 0], [values([2, 2], [-Infinity, -Infinity, Infinity, 1]), [1], 0]],
    }),
    [badAxis(() => logSumExp(ones([2, 3]), { axis: 2 })), integerOf((x) => logSumExp(x))],
  ),
  nansum: entry(
    (x, attrs) => nansum(x, attrs),
    [
      ...reductions({ folds: [(list) => sumOf(known(list))], inputs: withMissing }),
      ...reductions({
        folds: [sumOf],
        inputs: [[integers([3, 4], 0, 5), [1], 0]],
        dtypes: everyDType,
        out: (dtype) => (floats.includes(dtype) ? dtype : 'int64'),
      }),
    ],
    [{ ...badAxis(() => nansum(ones([2, 3]), { axis: 2 })), op: 'sum' }],
  ),
  nanmean: entry(
    (x, attrs) => nanmean(x, attrs),
    reductions({ folds: [(list) => meanOf(known(list))], inputs: withMissing }),
    [{ ...badAxis(() => nanmean(ones([2, 3]), { axis: 2 })), op: 'sum' }, integerOf((x) => nanmean(x))],
  ),
  countNonzero: entry(
    (x, attrs) => countNonzero(x, attrs),
    reductions({
      folds: [countOf],
      inputs: [
        [integers([2, 3, 4], 0, 3), [0, 2], 0],
        [integers([3, 40], 0, 3), [1], 0],
        [integers([0, 3], 0, 3), [0], 0],
        [integers([], 0, 3), [], 0],
      ],
      dtypes: everyDType,
      out: () => 'int64',
    }),
    [badAxis(() => countNonzero(ones([2, 3]), { axis: 2 }))],
  ),
  diff: {
    run: ({ x, prepend, append }, attrs) =>
      diff(x!, { ...attrs, ...(prepend !== undefined && { prepend }), ...(append !== undefined && { append }) }),
    samples: [
      ...[0, 1, 2, 5].map((n): Sample => ({
        inputs: { x: integers([2, 4, 3], -9, 9) },
        attrs: { n, axis: 1 },
        dtypes: numbers,
        reference: (x) => resized(x, 1, (list) => differences(list, n).map((value) => wrap(x.dtype, value))),
        layouts: n === 0 ? false : ['x'],
      })),
      {
        inputs: { x: uniform([2, 3]), prepend: uniform([2, 1]), append: uniform([2, 2]) },
        attrs: { axis: 1 },
        reference: (x, before, after) => {
          const rows = [before, x, after].map((part) => groups(part, [1]).lists);
          const data = [0, 1].flatMap((row) =>
            differences(
              rows.flatMap((part) => part[row]!),
              1,
            ),
          );
          return { ...x, shape: [2, 5], data };
        },
      },
      {
        inputs: { x: integers([9], 0, 2, 'bool') },
        order: 0,
        reference: (x) =>
          zip(
            [
              { ...x, shape: [8], data: x.data.slice(1) },
              { ...x, shape: [8], data: x.data.slice(0, 8) },
            ],
            (a, b) => Number(a !== b),
          ),
      },
      { inputs: { x: uniform([3, 0]) }, attrs: { axis: 1 }, reference: (x) => x },
    ],
    errors: [
      badAxis(() => diff(ones([2, 3]), { axis: 2 })),
      { call: () => diff(ones([2, 3]), { n: -1 }), code: 'VALUE', message: /n is -1/ },
      {
        call: () => diff(ones([2, 3]), { prepend: ones([3, 1]) }),
        code: 'SHAPE',
        op: 'concat',
        message: /float32\[3,1\]/,
      },
    ],
    without: { scalar: 'it needs an axis' },
  },
  trapezoid: { ...trapezoids(trapezoid, (areas) => [sumOf(areas)], true), without: { scalar: 'it needs an axis' } },
  cumulativeTrapezoid: { ...trapezoids(cumulativeTrapezoid, running, false), without: { scalar: 'it needs an axis' } },
};
