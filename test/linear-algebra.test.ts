import {
  MyelinError,
  cholesky,
  cond,
  det,
  eigh,
  eigvalsh,
  grad,
  inv,
  lstsq,
  luFactor,
  matrixExp,
  matrixPower,
  ones,
  pinv,
  qr,
  scope,
  slogdet,
  solve,
  solveTriangular,
  sum,
  svd,
  svdvals,
  tensor,
  type Tensor,
} from 'myelin';

import { caught } from './support/caught';

type Double = Tensor<'float64'>;

const functions: readonly (readonly [string, (x: Double) => unknown])[] = [
  ['cholesky', cholesky],
  ['cond', cond],
  ['det', det],
  ['eigh', eigh],
  ['eigvalsh', eigvalsh],
  ['inv', inv],
  ['lstsq', (x) => lstsq(x, x)],
  ['luFactor', luFactor],
  ['matrixExp', matrixExp],
  ['matrixPower', (x) => matrixPower(x, 3)],
  ['pinv', pinv],
  ['qr', qr],
  ['slogdet', slogdet],
  ['solve', (x) => solve(x, x)],
  ['solveTriangular', (x) => solveTriangular(x, x)],
  ['svd', svd],
  ['svdvals', svdvals],
];
const huge = Number.MAX_VALUE;
const hostile = [NaN, Infinity, -Infinity, huge, -huge, Number.MIN_VALUE, 0, -0];

/** Square matrices of hostile numbers: alone, on the diagonal of others, and everywhere. */
function* hostileMatrices(n: number): Generator<number[][]> {
  for (const value of hostile) {
    yield Array.from({ length: n }, () => new Array<number>(n).fill(value));
    yield Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i === j ? value : 1)));
    yield Array.from({ length: n }, (_, i) => Array.from({ length: n }, (__, j) => (i + j === n - 1 ? value : i - j)));
  }
}

test.each(functions)('%s ends, with numbers or with an error of its own, whatever the matrix holds', (_, f) => {
  for (const n of [1, 2, 5, 40]) {
    for (const matrix of hostileMatrices(n)) {
      try {
        scope(() => void f(tensor(matrix, { dtype: 'float64' })));
      } catch (error) {
        expect(error).toBeInstanceOf(MyelinError);
        expect((error as MyelinError).code).toBe('VALUE');
      }
    }
  }
});

test('small singular values of a graded matrix keep their digits', () => {
  const tiny = 1e-12;
  const [large, small] = svdvals(
    tensor(
      [
        [1, 1],
        [0, tiny],
      ],
      { dtype: 'float64' },
    ),
  ).toArray() as [number, number];
  // Their product is the determinant, the sum of their squares that of the elements.
  expect(large / Math.sqrt(2) - 1).toBeCloseTo(0, 14);
  expect((small * large) / tiny - 1).toBeCloseTo(0, 13);
});

test('eigenvalues of the second difference are those of its formula', () => {
  const n = 60;
  const rows = Array.from({ length: n }, (_, i) =>
    Array.from({ length: n }, (__, j) => (i === j ? 2 : Math.abs(i - j) === 1 ? -1 : 0)),
  );
  const found = eigvalsh(tensor(rows, { dtype: 'float64' })).toArray() as number[];
  found.forEach((value, k) => expect(value).toBeCloseTo(2 - 2 * Math.cos(((k + 1) * Math.PI) / (n + 1)), 12));
});

test('huge and tiny matrices are decomposed as their multiples are', () => {
  const x = tensor(
    [
      [3, 1],
      [1, 2],
    ],
    { dtype: 'float64' },
  );
  for (const factor of [1e300, 1e-300]) {
    const scaled = svdvals(x.mul(factor)).toArray() as number[];
    const plain = svdvals(x).toArray() as number[];
    scaled.forEach((value, i) => expect(value / factor / plain[i]! - 1).toBeCloseTo(0, 13));
  }
});

test('the gradient of a complete decomposition of a tall matrix is refused', () => {
  const x = ones([3, 2], { dtype: 'float64' });
  const error = caught(() => grad(() => sum(qr(x, { mode: 'complete' }).q), [x]));
  expect([error.code, error.message]).toEqual(['GRADIENT', expect.stringMatching(/need mode "reduced"/)]);
});
