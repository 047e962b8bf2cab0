// Results in float64 at the sample places of some kinds of work, straight from their definitions: what errors are measured by.
import { convolutionNames, numbersOf, productNames, type Arguments } from './case.js';
import { patternAt, samplePlaces } from './protocol.js';

type Sampled = readonly number[];
type At = (index: number) => number;

const fromPattern =
  (seed: number): At =>
  (index) =>
    patternAt(index, seed);

function sumOver(
  extents: readonly [number, number, number],
  term: (i: number, j: number, k: number) => number,
): number {
  let total = 0;
  for (let i = 0; i < extents[0]; i++)
    for (let j = 0; j < extents[1]; j++) for (let k = 0; k < extents[2]; k++) total += term(i, j, k);
  return total;
}

function matmul(args: Arguments): Sampled[] {
  const { m, n, k, batch, aTransposed, bTransposed } = numbersOf(args, ...productNames);
  const at = (seed: number, transposed: number, rows: number, columns: number) => {
    const value = fromPattern(seed);
    return (matrix: number, row: number, column: number) =>
      value(matrix * rows * columns + (transposed === 1 ? column * rows + row : row * columns + column));
  };
  const [a, b] = [at(1, aTransposed, m, k), at(2, bTransposed, k, n)];
  return [
    samplePlaces(batch * m * n).map((place) => {
      const [matrix, row, column] = [Math.floor(place / (m * n)), Math.floor(place / n) % m, place % n];
      return sumOver([1, 1, k], (_i, _j, inner) => a(matrix, row, inner) * b(matrix, inner, column));
    }),
  ];
}

/** The extents of a convolution, and its input, weight and output gradient as functions of their coordinates. */
function convolution(args: Arguments) {
  const extents = numbersOf(args, ...convolutionNames);
  const { channels, size, filters, kernel, stride, padding, dilation, groups } = extents;
  const out = Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const [depth, width] = [channels / groups, filters / groups];
  const [input, weight, gradient] = [fromPattern(1), fromPattern(2), fromPattern(3)];
  const inside = (y: number, x: number, extent: number): boolean => y >= 0 && x >= 0 && y < extent && x < extent;
  const x = (b: number, c: number, i: number, j: number): number =>
    inside(i, j, size) ? input(((b * channels + c) * size + i) * size + j) : 0;
  const w = (o: number, c: number, i: number, j: number): number => weight(((o * depth + c) * kernel + i) * kernel + j);
  const dy = (b: number, o: number, i: number, j: number): number =>
    inside(i, j, out) ? gradient(((b * filters + o) * out + i) * out + j) : 0;
  return { ...extents, out, depth, width, x, w, dy };
}

function unravel(place: number, extents: readonly number[]): number[] {
  return extents.reduceRight<{ rest: number; at: number[] }>(
    ({ rest, at }, extent) => ({ rest: Math.floor(rest / extent), at: [rest % extent, ...at] }),
    { rest: place, at: [] },
  ).at;
}

function sampled(shape: readonly number[], value: (...at: number[]) => number): Sampled {
  const size = shape.reduce((a, b) => a * b, 1);
  return samplePlaces(size).map((place) => value(...unravel(place, shape)));
}

function conv2d(args: Arguments): Sampled[] {
  const { batch, filters, kernel, stride, padding, dilation, out, depth, width, x, w } = convolution(args);
  return [
    sampled([batch, filters, out, out], (b = 0, o = 0, i = 0, j = 0) => {
      const first = Math.floor(o / width) * depth;
      return sumOver([depth, kernel, kernel], (c, u, v) => {
        const [row, column] = [i * stride - padding + u * dilation, j * stride - padding + v * dilation];
        return x(b, first + c, row, column) * w(o, c, u, v);
      });
    }),
  ];
}

function conv2dBackward(args: Arguments): Sampled[] {
  const { batch, channels, size, filters, kernel, stride, padding, dilation, out, depth, width, x, w, dy } =
    convolution(args);
  const dInput = sampled([batch, channels, size, size], (b = 0, c = 0, i = 0, j = 0) => {
    const first = Math.floor(c / depth) * width;
    return sumOver([width, kernel, kernel], (o, u, v) => {
      const [row, column] = [i + padding - u * dilation, j + padding - v * dilation];
      if (row % stride !== 0 || column % stride !== 0) return 0;
      return dy(b, first + o, row / stride, column / stride) * w(first + o, c % depth, u, v);
    });
  });
  const dWeight = sampled([filters, depth, kernel, kernel], (o = 0, c = 0, u = 0, v = 0) => {
    const channel = Math.floor(o / width) * depth + c;
    return sumOver([batch, out, out], (b, i, j) => {
      const [row, column] = [i * stride - padding + u * dilation, j * stride - padding + v * dilation];
      return x(b, channel, row, column) * dy(b, o, i, j);
    });
  });
  return [dInput, dWeight];
}

/**
 * What a case gives, in float64, at the places of its digests: [output][sample]. Undefined where there is no definition
 * here; the first contender's result is the measure then.
 */
export function referenceOf(kind: string, args: Arguments): readonly Sampled[] | undefined {
  if (kind === 'matmul' && args['dtype'] === 'float32') return matmul(args);
  if (kind === 'conv2d') return conv2d(args);
  return kind === 'conv2dBackward' ? conv2dBackward(args) : undefined;
}
