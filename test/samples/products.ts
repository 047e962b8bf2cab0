import { addmm, baddbmm, cross, inner, kron, multiDot, ones, outer, tensordot, trace, type DType } from 'myelin';

import { einsum as plainEinsum } from '../support/einsum';
import { at, build, matmul, sumOf, zip, type Nd } from '../support/reference';
import { numbers, refused, uniform, wrapped, type Sample, type SampleTable } from './sample';

const flags = (shape: readonly number[]) => ones(shape, { dtype: 'bool' });

/** A product of two inputs, in every dtype that has products. */
function pair(
  [a, b]: readonly [readonly number[], readonly number[]],
  reference: (a: Nd, b: Nd) => Nd,
  rest: Partial<Sample> = {},
): Sample {
  return {
    inputs: { a: uniform(a), b: uniform(b) },
    dtypes: numbers,
    tolerance: { relative: 4, absolute: 128 },
    reference: (x, y) => wrapped(reference(x, y)),
    ...rest,
  };
}

const contracted = (equation: string) => (a: Nd, b: Nd) => plainEinsum(equation, [a, b]);

const kronOf = (x: Nd, y: Nd): Nd => {
  const rank = Math.max(x.shape.length, y.shape.length);
  const lengthened = (z: Nd): Nd => ({
    ...z,
    shape: [...new Array<number>(rank - z.shape.length).fill(1), ...z.shape],
  });
  const [a, b] = [lengthened(x), lengthened(y)];
  return build(
    x.dtype,
    a.shape.map((extent, axis) => extent * b.shape[axis]!),
    (index) =>
      at(
        a,
        index.map((i, axis) => Math.floor(i / b.shape[axis]!)),
      ) *
      at(
        b,
        index.map((i, axis) => i % b.shape[axis]!),
      ),
  );
};

/** Cross product along an axis, of equal shapes. */
const crossOf =
  (axis: number) =>
  (x: Nd, y: Nd): Nd =>
    build(x.dtype, x.shape, (index) => {
      const value = (z: Nd, step: number): number =>
        at(
          z,
          index.map((i, a) => (a === axis ? (i + step) % 3 : i)),
        );
      return value(x, 1) * value(y, 2) - value(x, 2) * value(y, 1);
    });

const plus = (
  shapes: readonly (readonly number[])[],
  alpha: number,
  beta: number,
  dtypes: readonly DType[] = numbers,
): Sample => ({
  inputs: { x: uniform(shapes[0]!), a: uniform(shapes[1]!), b: uniform(shapes[2]!) },
  attrs: { alpha, beta },
  dtypes,
  tolerance: { relative: 8, absolute: 512 },
  reference: (x, a, b) => wrapped(zip([matmul(a, b), x], (product, value) => beta * value + alpha * product, x.dtype)),
});

const chain = (...shapes: readonly (readonly number[])[]): Sample => ({
  inputs: { matrices: shapes.map((shape) => uniform(shape)) },
  dtypes: numbers,
  tolerance: { relative: 16, absolute: 4096 },
  reference: (...matrices) => {
    const row = shapes[0]!.length === 1;
    const column = shapes.at(-1)!.length === 1;
    const all = matrices.map((x, i) =>
      x.shape.length === 2 ? x : { ...x, shape: i === 0 ? [1, x.data.length] : [x.data.length, 1] },
    );
    const product = all.reduce((total, x) => matmul(total, x));
    const [m, n] = product.shape as [number, number];
    return wrapped({ ...product, shape: [...(row ? [] : [m]), ...(column ? [] : [n])] });
  },
});

export const products: SampleTable = {
  outer: {
    run: ({ a, b }) => outer(a!, b!),
    samples: [pair([[3], [4]], contracted('i,j->ij')), pair([[0], [4]], contracted('i,j->ij'))],
    errors: [
      refused(
        () => outer(ones([2, 2]), ones([2])),
        'SHAPE',
        /a is float32\[2,2\], b is float32\[2\] \(need two vectors\)/,
      ),
      refused(() => outer(flags([2]), flags([2])), 'DTYPE', /bool\[2\]/),
      refused(() => outer([1] as never, ones([2])), 'TYPE', /a is \[1\] \(need a tensor\)/),
    ],
    without: { scalar: 'it needs vectors', broadcast: 'every element meets every other' },
  },
  inner: {
    run: ({ a, b }) => inner(a!, b!),
    samples: [
      pair([[4], [4]], contracted('k,k->')),
      pair(
        [
          [2, 3, 4],
          [5, 4],
        ],
        contracted('abk,ck->abc'),
      ),
      pair([[], [2, 3]], contracted(',ab->ab')),
      pair(
        [
          [2, 0],
          [3, 0],
        ],
        contracted('ak,bk->ab'),
      ),
    ],
    errors: [
      refused(() => inner(ones([2]), ones([3])), 'SHAPE', /axis 0 of float32\[2\] and axis 0 of float32\[3\]/),
      refused(() => inner(ones([2]), flags([2]).to('bool') && (undefined as never)), 'TYPE', /b is undefined/),
    ],
  },
  tensordot: {
    run: ({ a, b }, { axes }) =>
      tensordot(a!, b!, typeof axes === 'number' ? { axes } : { axes: halves(axes as unknown as readonly number[]) }),
    samples: [
      pair(
        [
          [2, 3, 4],
          [3, 4, 5],
        ],
        contracted('abc,bcd->ad'),
        { attrs: { axes: 2 } },
      ),
      pair([[2, 3], [4]], contracted('ab,c->abc'), { attrs: { axes: 0 } }),
      pair([[], []], contracted(',->'), { attrs: { axes: 0 } }),
      pair(
        [
          [2, 3, 4],
          [4, 5, 2],
        ],
        contracted('abc,cda->bd'),
        { attrs: { axes: [0, 2, 2, 0] } },
      ),
      pair(
        [
          [2, 3, 4],
          [4, 5, 2],
        ],
        contracted('abc,cda->bd'),
        { attrs: { axes: [-1, -3, 0, 2] } },
      ),
      pair(
        [
          [2, 0],
          [0, 3],
        ],
        contracted('ab,bc->ac'),
        { attrs: { axes: 1 } },
      ),
      pair([[3], [3]], contracted('a,a->'), { attrs: { axes: 1 } }),
    ],
    errors: [
      refused(() => tensordot(ones([2]), ones([2])), 'SHAPE', /axes is 2 \(need a number of axes that both have/),
      refused(
        () => tensordot(ones([2, 3]), ones([2, 3]), { axes: [[0], [1]] }),
        'SHAPE',
        /axis 0 of float32\[2,3\] and axis 1/,
      ),
      refused(() => tensordot(ones([2, 3]), ones([2, 3]), { axes: [[0], []] }), 'SHAPE', /two lists of as many/),
      refused(
        () =>
          tensordot(ones([2, 2]), ones([2, 2]), {
            axes: [
              [0, 0],
              [0, 1],
            ],
          }),
        'VALUE',
        /one axis twice/,
      ),
      refused(() => tensordot(ones([2, 2]), ones([2, 2]), { axes: [[2], [0]] }), 'INDEX', /axis 2/),
      refused(() => tensordot(ones([2, 2]), ones([2, 2]), { axes: 'x' as never }), 'SHAPE', /axes is "x"/),
      refused(() => tensordot(ones([2, 2]), ones([2, 2]), { axes: -1 }), 'VALUE', /axes is -1/),
    ],
    without: { broadcast: 'every element meets every other' },
  },
  kron: {
    run: ({ a, b }) => kron(a!, b!),
    samples: [
      pair(
        [
          [2, 3],
          [3, 2],
        ],
        kronOf,
      ),
      pair([[4], [2, 3]], kronOf),
      pair([[], [3]], kronOf),
      pair(
        [
          [2, 0],
          [3, 2],
        ],
        kronOf,
      ),
      pair(
        [
          [1, 2, 1, 2],
          [2, 1, 2, 2],
        ],
        kronOf,
        { order: 1 },
      ),
    ],
    errors: [
      refused(() => kron(ones([1, 1, 1, 1, 1]), ones([1])), 'SHAPE', /need at most 4 axes/),
      refused(() => kron(flags([1]), flags([1])), 'DTYPE', /bool/),
    ],
  },
  cross: {
    run: ({ a, b }, { axis }) => cross(a!, b!, { axis: axis as number }),
    samples: [
      pair([[3], [3]], crossOf(0), { attrs: { axis: -1 } }),
      pair(
        [
          [2, 3],
          [2, 3],
        ],
        crossOf(1),
        { attrs: { axis: 1 } },
      ),
      pair(
        [
          [3, 2],
          [3, 2],
        ],
        crossOf(0),
        { attrs: { axis: 0 } },
      ),
      pair(
        [
          [0, 3],
          [0, 3],
        ],
        crossOf(1),
        { attrs: { axis: 1 } },
      ),
      pair(
        [
          [2, 3],
          [1, 3],
        ],
        (x, y) =>
          crossOf(1)(
            x,
            build(y.dtype, [2, 3], ([, i]) => y.data[i!]!),
          ),
        { attrs: { axis: 1 } },
      ),
    ],
    errors: [
      refused(() => cross(ones([2]), ones([2])), 'SHAPE', /extent 3 at axis 0/),
      refused(() => cross(ones([3]), ones([1, 3])), 'SHAPE', /one rank/),
      refused(() => cross(ones([3]), ones([3]), { axis: 1 }), 'INDEX', /axis 1/),
    ],
    without: { scalar: 'it needs vectors' },
  },
  addmm: {
    run: ({ x, a, b }, { alpha, beta }) => addmm(x!, a!, b!, { alpha: alpha as number, beta: beta as number }),
    samples: [
      plus(
        [
          [3, 4],
          [3, 2],
          [2, 4],
        ],
        1,
        1,
      ),
      plus([[4], [3, 2], [2, 4]], 2, 3),
      plus([[], [3, 2], [2, 4]], 1, 0),
      plus(
        [
          [3, 1],
          [3, 2],
          [2, 4],
        ],
        0.5,
        -0.25,
        ['float32', 'float64'],
      ),
      plus(
        [
          [3, 4],
          [3, 0],
          [0, 4],
        ],
        1,
        1,
      ),
    ],
    errors: [
      refused(() => addmm(ones([2]), ones([2, 3]), ones([2, 3])), 'SHAPE', /need a \[M, K\] and b \[K, N\]/),
      refused(() => addmm(ones([5]), ones([2, 3]), ones([3, 4])), 'SHAPE', /need an x that broadcasts/),
      refused(() => addmm(ones([1, 2, 2]), ones([2, 3]), ones([3, 2])), 'SHAPE', /x is float32\[1,2,2\]/),
      refused(() => addmm(ones([2]), ones([2, 2]), ones([2, 2]), { alpha: '1' as never }), 'VALUE', /alpha is "1"/),
    ],
  },
  baddbmm: {
    run: ({ x, a, b }, { alpha, beta }) => baddbmm(x!, a!, b!, { alpha: alpha as number, beta: beta as number }),
    samples: [
      plus(
        [
          [2, 3, 4],
          [2, 3, 2],
          [2, 2, 4],
        ],
        1,
        1,
      ),
      plus(
        [
          [3, 1],
          [2, 3, 2],
          [2, 2, 4],
        ],
        2,
        3,
      ),
      plus([[4], [0, 3, 2], [0, 2, 4]], 1, 1),
    ],
    errors: [
      refused(
        () => baddbmm(ones([2]), ones([1, 2, 3]), ones([2, 3, 2])),
        'SHAPE',
        /need a \[B, M, K\] and b \[B, K, N\]/,
      ),
      refused(() => baddbmm(ones([2]), ones([2, 3]), ones([3, 2])), 'SHAPE', /a is float32\[2,3\]/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  multiDot: {
    run: ({ matrices }) => multiDot(matrices!),
    samples: [
      chain([2, 3], [3, 4]),
      chain([2, 5], [5, 1], [1, 4], [4, 3]),
      chain([3], [3, 2], [2, 4]),
      chain([2, 3], [3, 2], [2]),
      chain([3], [3]),
      chain([2, 0], [0, 3], [3, 2]),
    ],
    errors: [
      refused(() => multiDot([ones([2, 2])]), 'VALUE', /two or more matrices/),
      refused(() => multiDot(undefined as never), 'VALUE', /got undefined/),
      refused(() => multiDot([ones([2, 2]), ones([2]), ones([2, 2])]), 'SHAPE', /input 1 is float32\[2\]/),
      refused(
        () => multiDot([ones([2, 3]), ones([2, 3])]),
        'SHAPE',
        /inputs 0 and 1 are float32\[2,3\], float32\[2,3\]/,
      ),
      refused(() => multiDot([flags([2, 2]), flags([2, 2])]), 'DTYPE', /bool/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
  trace: {
    run: ({ x }) => trace(x!),
    samples: [
      [3, 3],
      [2, 4],
      [4, 2],
      [2, 3, 3],
      [0, 3],
      [2, 0, 0],
    ].map((shape): Sample => ({
      inputs: { x: uniform(shape) },
      dtypes: numbers,
      reference: (x) =>
        wrapped(
          build(x.dtype, shape.slice(0, -2), (index) =>
            sumOf(Array.from({ length: Math.min(...shape.slice(-2)) }, (_, i) => at(x, [...index, i, i]))),
          ),
        ),
    })),
    errors: [
      refused(() => trace(ones([3])), 'SHAPE', /at least two axes/),
      refused(() => trace(flags([3, 3])), 'DTYPE', /bool\[3,3\]/),
    ],
    without: { scalar: 'it needs a matrix' },
  },
};

const halves = (axes: readonly number[]): [readonly number[], readonly number[]] => [
  axes.slice(0, axes.length / 2),
  axes.slice(axes.length / 2),
];
