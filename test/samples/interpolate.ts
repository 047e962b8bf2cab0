import { interpolate, ones, type FloatDType, type InterpolateMode, type Tensor } from 'myelin';

import { accumulate, at, indicesOf, sumOf, type Nd } from '../support/reference';
import { uniform, type Sample, type SampleTable, neverScalar } from './sample';

type List = readonly number[];
type Kind = 'nearest' | 'nearestExact' | 'linear' | 'cubic';

interface Axis {
  readonly kind: Kind;
  readonly aligned: boolean;
  readonly extent: number;
  readonly scale: number;
  readonly antialias?: boolean;
}

/** Keys' cubic at distances from 0 on. */
function cubic(d: number, a: number): number {
  if (d < 1) return (a + 2) * d ** 3 - (a + 3) * d ** 2 + 1;
  return d < 2 ? a * (d ** 3 - 5 * d ** 2 + 8 * d - 4) : 0;
}

/** All places of an axis with the weights of a filter that grows with what is left out. */
function filtered({ kind, extent, scale }: Axis, place: number): [source: number, weight: number][] {
  const center = scale * (place + 0.5);
  const weights = Array.from({ length: extent }, (_, j) => {
    const d = Math.abs(j + 0.5 - center) / Math.max(1, scale);
    return kind === 'linear' ? Math.max(0, 1 - d) : cubic(d, -0.5);
  });
  const total = sumOf(weights);
  return weights.map((weight, j) => [j, weight / total]);
}

/** Neighbours of a place of the result, with their weights. */
function mixture(axis: Axis, place: number): [source: number, weight: number][] {
  const { kind, aligned, extent, scale, antialias = false } = axis;
  if (antialias) return filtered(axis, place);
  const inside = (i: number): number => Math.min(extent - 1, Math.max(0, i));
  if (kind === 'nearest') return [[inside(Math.floor(place * scale)), 1]];
  if (kind === 'nearestExact') return [[inside(Math.floor((place + 0.5) * scale)), 1]];
  const exact = aligned ? scale * place : scale * (place + 0.5) - 0.5;
  const source = kind === 'linear' ? Math.min(extent - 1, Math.max(0, exact)) : exact;
  const first = Math.floor(source);
  const t = source - first;
  if (kind === 'linear') return [[inside(first), 1 - t], [inside(first + 1), t]]; // prettier-ignore
  return [-1, 0, 1, 2].map((i) => [inside(first + i), cubic(Math.abs(t - i), -0.75)]);
}

/** Calls `term` for every place of the result and every place of the input that it is made of. */
function visit(axes: readonly Axis[], outShape: List, term: (out: List, x: List, weight: number) => void): void {
  for (const out of indicesOf(outShape)) {
    let mixed: [List, number][] = [[out.slice(0, 2), 1]];
    axes.forEach((axis, i) => {
      const found = mixture(axis, out[2 + i]!);
      mixed = mixed.flatMap(([index, weight]) => found.map(([j, w]): [List, number] => [[...index, j], weight * w]));
    });
    for (const [index, weight] of mixed) term(out, index, weight);
  }
}

function mix(x: Nd, axes: readonly Axis[], size: List): Nd {
  const shape = [...x.shape.slice(0, 2), ...size];
  return accumulate(x.dtype, shape, (add) => visit(axes, shape, (out, i, w) => add(out, w * at(x, i))));
}

interface Case {
  readonly x: List;
  readonly size: List;
  readonly kind: Kind;
  readonly aligned?: boolean;
  readonly antialias?: boolean;
}

function axesOf({ x, size, kind, aligned = false, antialias = false }: Case): Axis[] {
  return size.map((out, i) => {
    const extent = x[2 + i]!;
    const scale = aligned ? (out > 1 ? (extent - 1) / (out - 1) : 0) : extent / out;
    return { kind, aligned, extent, scale, antialias };
  });
}

const attrsOf = (given: Case): NonNullable<Sample['attrs']> => {
  const [vertical, horizontal] = axesOf(given).map(({ scale }) => scale) as [number, number];
  return { mode: given.kind, alignCorners: given.aligned ?? false, vertical, horizontal };
};

const tolerance = { relative: 16, absolute: 64 };

const forward = (given: Case): Sample => ({
  inputs: { x: uniform(given.x) },
  attrs: { size: given.size, ...attrsOf(given) },
  tolerance,
  reference: (x) => mix(x, axesOf(given), given.size),
});

function backward(given: Case): Sample {
  const outShape = [...given.x.slice(0, 2), ...given.size];
  return {
    inputs: { gradient: uniform(outShape) },
    attrs: { inputShape: given.x, ...attrsOf(given) },
    tolerance,
    reference: (dout) =>
      accumulate(dout.dtype, given.x, (add) =>
        visit(axesOf(given), outShape, (out, i, w) => add(i, w * at(dout, out))),
      ),
  };
}

const cases: readonly Case[] = [
  { x: [2, 3, 3, 4], size: [6, 8], kind: 'nearest' },
  { x: [1, 2, 5, 3], size: [3, 7], kind: 'nearestExact' },
  { x: [1, 2, 3, 4], size: [6, 8], kind: 'linear' },
  { x: [2, 1, 7, 6], size: [3, 4], kind: 'linear' },
  { x: [1, 17, 3, 2], size: [5, 5], kind: 'linear', aligned: true },
  { x: [1, 2, 4, 3], size: [7, 5], kind: 'cubic' },
  { x: [1, 1, 2, 6], size: [1, 4], kind: 'cubic', aligned: true },
  { x: [0, 2, 3, 3], size: [4, 4], kind: 'linear' },
];
const big: Case = { x: [2, 33, 23, 29], size: [47, 50], kind: 'linear' };

const composed = (mode: InterpolateMode, given: Case): Sample => ({
  inputs: { x: uniform(given.x) },
  attrs: { mode, size: given.size, alignCorners: given.aligned ?? false, antialias: given.antialias ?? false },
  tolerance,
  halves: { steps: 4, scale: 3 },
  reference: (x) => mix(x, axesOf(given), given.size),
});

const image = (): Tensor<'float32'> => ones([1, 1, 4, 4]);
const internal = 'called by interpolate only, which checks for it';

export const interpolations: SampleTable = neverScalar('inputs have a batch, channels and places', {
  resample: { samples: cases.map(forward), large: forward(big), errors: [], neverFails: internal },
  resampleBackward: { samples: cases.map(backward), large: backward(big), errors: [], neverFails: internal },
  interpolate: {
    run: ({ x }, { mode, size, alignCorners, antialias }) =>
      interpolate(x as unknown as Tensor<FloatDType>, {
        mode: mode as InterpolateMode,
        size: size as List,
        alignCorners: alignCorners as boolean,
        antialias: antialias as boolean,
      }),
    samples: [
      composed('linear', { x: [2, 3, 5], size: [8], kind: 'linear' }),
      composed('nearest', { x: [1, 2, 4], size: [6], kind: 'nearest' }),
      composed('bilinear', { x: [1, 2, 3, 4], size: [5, 7], kind: 'linear', aligned: true }),
      composed('trilinear', { x: [1, 2, 2, 3, 4], size: [4, 5, 3], kind: 'linear' }),
      composed('nearest', { x: [1, 1, 2, 3, 2], size: [3, 6, 1], kind: 'nearest' }),
      composed('bicubic', { x: [1, 2, 4, 3], size: [6, 6], kind: 'cubic' }),
      composed('bicubic', { x: [0, 2, 4, 3], size: [6, 6], kind: 'cubic' }),
      composed('bilinear', { x: [1, 2, 7, 6], size: [3, 8], kind: 'linear', antialias: true }),
      composed('bilinear', { x: [2, 1, 5, 4], size: [2, 3], kind: 'linear', aligned: true, antialias: true }),
      composed('bicubic', { x: [1, 1, 7, 5], size: [3, 8], kind: 'cubic', antialias: true }),
    ],
    errors: [
      { call: () => interpolate(image(), {}), code: 'VALUE', message: /either size or scaleFactor/ },
      { call: () => interpolate(image(), { size: 2, scaleFactor: 2 }), code: 'VALUE', message: /either size or/ },
      { call: () => interpolate(image(), { size: [2] }), code: 'VALUE', message: /size is \[2\]/ },
      { call: () => interpolate(image(), { scaleFactor: 0 }), code: 'VALUE', message: /scaleFactor is 0/ },
      { call: () => interpolate(image(), { scaleFactor: 0.1 }), code: 'VALUE', message: /size is 0/ },
      { call: () => interpolate(image(), { size: 2, mode: 'linear' }), code: 'SHAPE', message: /need 3 axes/ },
      { call: () => interpolate(image(), { size: 2, mode: 'sinc' as never }), code: 'VALUE', message: /mode is/ },
      { call: () => interpolate(image(), { size: 2, alignCorners: true }), code: 'VALUE', message: /alignCorners/ },
      { call: () => interpolate(image(), { size: 2, antialias: true }), code: 'VALUE', message: /antialias is true/ },
      {
        call: () => interpolate(image(), { size: 2, recomputeScaleFactor: true }),
        code: 'VALUE',
        message: /recomputeScaleFactor is true/,
      },
      { call: () => interpolate(ones([1, 1, 0]), { size: 2 }), code: 'SHAPE', message: /need places/ },
    ],
  },
});
