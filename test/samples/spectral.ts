import {
  eigh as eighOf,
  eigvalsh as eigvalshOf,
  ones,
  pinv as pinvOf,
  qr as qrOf,
  scope,
  svd as svdOf,
  svdvals as svdvalsOf,
  tensor,
  zeros,
  type DType,
  type Tensor,
} from 'myelin';

import { cropped, distance, eachMatrix, identity, matricesOf, ofMatrices, times, turned } from '../support/matrices';
import { build, position, type Nd } from '../support/reference';
import {
  halfSum,
  large,
  layoutsOf,
  notMatrix,
  notSquare,
  perMatrix,
  squares,
  type Real,
  type Shape,
} from './matrix-cases';
import { integers, refused, uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

// Factors that are not unique, but must obey laws.

const notFinite = (call: (x: Real) => unknown): ErrorCase[] =>
  [NaN, Infinity].map((value) =>
    refused(
      () =>
        call(
          tensor([
            [
              [1, 0],
              [0, 1],
            ],
            [
              [1, 2],
              [2, value],
            ],
          ]),
        ),
      'VALUE',
      /x\[1\] has no (eigen|singular )values/,
    ),
  );

/** Throws unless a condition holds to within some rounding errors of the dtype. */
function holds(what: string, error: number, dtype: DType, units = 512): void {
  const eps = { float64: 2 ** -52, float32: 2 ** -23, bfloat16: 2 ** -7, float16: 2 ** -10 }[dtype as string] ?? 0;
  if (!(error <= units * eps)) throw new Error(`${what} is off by ${error / eps} units of ${dtype}`);
}
const product = (a: Nd, b: Nd): Nd => {
  const right = matricesOf(b);
  const made = matricesOf(a).map((rows, i) => times(rows, right[i]!));
  return ofMatrices(a, made, [a.shape.at(-2)!, b.shape.at(-1)!]);
};
const transposed = (x: Nd): Nd => eachMatrix(x, (a) => turned(a, x.shape.at(-1)), [x.shape.at(-1)!, x.shape.at(-2)!]);
const identityLike = (x: Nd): Nd => eachMatrix(x, (a) => identity(a.length));
const withFactors = (x: Nd, factors: Nd): Nd =>
  build(x.dtype, x.shape, (index) => {
    const [column] = index.slice(-1) as [number];
    const row = index.slice(0, -2).reduce((at, i, axis) => at * x.shape[axis]! + i, 0);
    return x.data[position(index, x.shape)]! * factors.data[row * factors.shape.at(-1)! + column]!;
  });
function orthonormal(what: string, columns: Nd): void {
  const gram = product(transposed(columns), columns);
  holds(`${what}ᵀ ${what}`, distance(gram, identityLike(gram)), columns.dtype);
}
function descending(values: Nd, sign: number): void {
  const n = values.shape.at(-1)!;
  values.data.forEach((value, i) => {
    if (i % n > 0 && sign * value > sign * values.data[i - 1]!) throw new Error('values are not in order');
  });
}
const halved = (x: Nd): Nd => {
  const other = transposed(x);
  return { ...x, data: x.data.map((value, i) => (value + other.data[i]!) / 2) };
};

function eighLaw([values, vectors]: readonly Nd[], x: Nd): void {
  descending(values!, -1);
  orthonormal('v', vectors!);
  holds('x v - v w', distance(product(halved(x), vectors!), withFactors(vectors!, values!)), x.dtype);
}

const spectral = (shape: Shape, law: NonNullable<Sample['law']>, rest: Partial<Sample> = {}): Sample => ({
  inputs: { x: uniform(shape) },
  law,
  ...layoutsOf(shape),
  ...rest,
});
const eighSample = (shape: Shape, rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => eighLaw(outputs, x!), rest);

function svdLaw([u, s, vh]: readonly Nd[], x: Nd): void {
  const size = s!.shape.at(-1)!;
  descending(s!, 1);
  orthonormal('u', u!);
  orthonormal('v', transposed(vh!));
  const left = withFactors(cropped(u!, u!.shape.at(-2)!, size), s!);
  holds('u s vh - x', distance(product(left, cropped(vh!, size, vh!.shape.at(-1)!)), x), x.dtype);
}
const svdSample = (shape: Shape, fullMatrices: boolean, rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => svdLaw(outputs, x!), { attrs: { fullMatrices }, ...rest });

function qrLaw([q, r]: readonly Nd[], x: Nd): void {
  orthonormal('q', q!);
  holds('q r - x', distance(product(q!, r!), x), x.dtype);
  const n = r!.shape.at(-1)!;
  const below = r!.data.some((value, i) => Math.floor(i / n) % r!.shape.at(-2)! > i % n && value !== 0);
  if (below) throw new Error('r is not upper triangular');
}
const qrSample = (shape: Shape, mode: 'reduced' | 'complete', rest: Partial<Sample> = {}): Sample =>
  spectral(shape, (outputs, [x]) => qrLaw(outputs, x!), { attrs: { mode }, ...rest });

function pinvLaw([p]: readonly Nd[], x: Nd): void {
  const [xp, px] = [product(x, p!), product(p!, x)];
  const scale = 1 + p!.data.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  holds('x p x - x', distance(product(xp, x), x), x.dtype, 512 * scale);
  holds('p x p - p', distance(product(px, p!), p!), x.dtype, 512 * scale * scale);
  holds('x p', distance(xp, transposed(xp)), x.dtype, 512 * scale);
  holds('p x', distance(px, transposed(px)), x.dtype, 512 * scale);
}

const rectangles: readonly Shape[] = [
  [4, 3],
  [3, 4],
  [2, 3, 3],
  [2, 4, 2],
  [0, 3, 2],
  [2, 3, 0],
  [2, 0, 3],
];
const bigRectangles: readonly Shape[] = [
  [1, 40, 40],
  [1, 70, 35],
  [1, 35, 70],
];

export const spectra: SampleTable = {
  qr: {
    samples: [
      ...rectangles.map((shape) => qrSample(shape, 'reduced')),
      ...[
        [3, 4],
        [2, 3, 3],
      ].map((shape) => qrSample(shape, 'complete')),
      ...[
        [4, 3],
        [2, 5, 2],
      ].map((shape) => qrSample(shape, 'complete', { order: 0 })),
      ...bigRectangles.map((shape) => qrSample(shape, 'reduced', { order: 0 })),
      qrSample([1, 70, 35], 'complete', { order: 0 }),
    ],
    large: qrSample([300, 200], 'reduced'),
    errors: [
      ...notMatrix(qrOf),
      refused(
        () => qrOf(ones([2, 2]), { mode: 'r' as never }),
        'VALUE',
        /mode is "r" \(need "reduced" or "complete"\)/,
      ),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  eigh: {
    run: ({ x }) => scope(() => Object.values(eighOf(halfSum(x as Real))) as Tensor[]),
    samples: [
      ...squares.map((shape) => eighSample(shape)),
      eighSample([1, 40, 40], { order: 0 }),
      eighSample([1, 3, 3], { order: 0, inputs: { x: integers([1, 3, 3], 0, 1) } }),
    ],
    large: eighSample([200, 200]),
    errors: [...notSquare(eighOf), ...notFinite(eighOf)],
    without: { scalar: 'it needs a matrix' },
  },
  eigvalsh: {
    run: ({ x }) => scope(() => eigvalshOf(halfSum(x as Real))),
    samples: squares.map((shape) =>
      spectral(shape, ([values], [x]) => {
        descending(values!, -1);
        // Σ w = trace, Σ w² = Σ x².
        const size = 1 + x!.data.length;
        const symmetric = halved(x!);
        const traces = perMatrix(symmetric, (a) => a.reduce((sum, row, i) => sum + row[i]!, 0));
        const squaresOf = perMatrix(symmetric, (a) => a.flat().reduce((sum, value) => sum + value * value, 0));
        holds(
          'the sum',
          distance(
            sums(values!, (w) => w),
            traces,
          ),
          x!.dtype,
          64 * size,
        );
        holds(
          'the sum of squares',
          distance(
            sums(values!, (w) => w * w),
            squaresOf,
          ),
          x!.dtype,
          64 * size,
        );
      }),
    ),
    large: eighSample([200, 200]),
    errors: [...notSquare(eigvalshOf), ...notFinite(eigvalshOf)],
    without: { scalar: 'it needs a matrix' },
  },
  svd: {
    run: ({ x }, { fullMatrices }) =>
      Object.values(svdOf(x as Real, { fullMatrices: fullMatrices as boolean })) as Tensor[],
    samples: [
      ...rectangles.map((shape) => svdSample(shape, false)),
      ...rectangles.map((shape) => svdSample(shape, true, { order: 0 })),
      ...bigRectangles.map((shape) => svdSample(shape, shape[1] === 35, { order: 0 })),
      svdSample([1, 3, 3], true, { order: 0, inputs: { x: integers([1, 3, 3], 0, 1) } }),
    ],
    large: svdSample([150, 130], false),
    errors: [...notMatrix(svdOf), ...notFinite(svdOf)],
    without: { scalar: 'it needs a matrix' },
  },
  svdvals: {
    samples: rectangles.map((shape) =>
      spectral(shape, ([values], [x]) => {
        descending(values!, 1);
        const squaresOf = perMatrix(x!, (a) => a.flat().reduce((sum, value) => sum + value * value, 0));
        holds(
          'the sum of squares',
          distance(
            sums(values!, (w) => w * w),
            squaresOf,
          ),
          x!.dtype,
          64 * (1 + x!.data.length),
        );
      }),
    ),
    large: large(spectral([150, 130], () => undefined)),
    errors: [...notMatrix(svdvalsOf), ...notFinite(svdvalsOf)],
    without: { scalar: 'it needs a matrix' },
  },
  pinv: {
    samples: [
      ...rectangles.map((shape) =>
        spectral(shape, (outputs, [x]) => pinvLaw(outputs, x!), { attrs: { rtol: 1e-5, atol: 0 } }),
      ),
      spectral([1, 5, 4], (outputs, [x]) => pinvLaw(outputs, x!), {
        attrs: { rtol: 1e-3, atol: 0 },
        order: 0,
        dtypes: ['float64'],
        derive: (x) => [
          eachMatrix(x, (a) =>
            times(
              a.map((row) => row.slice(0, 2)),
              a.slice(0, 2),
            ),
          ),
        ],
      }),
    ],
    large: large(spectral([150, 130], () => undefined, { attrs: { rtol: 1e-5, atol: 0 } })),
    errors: [
      ...notMatrix(pinvOf),
      ...notFinite(pinvOf),
      refused(() => pinvOf(zeros([2, 2]), { rtol: -1 }), 'VALUE', /rtol is -1/),
      refused(() => pinvOf(zeros([2, 2]), { atol: NaN }), 'VALUE', /atol is NaN/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
};

function sums(values: Nd, f: (value: number) => number): Nd {
  const n = values.shape.at(-1)!;
  return build(values.dtype, values.shape.slice(0, -1), (index) => {
    const start = position(index, values.shape.slice(0, -1)) * n;
    return values.data.slice(start, start + n).reduce((sum, value) => sum + f(value), 0);
  });
}
