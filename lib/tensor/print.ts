import { dtypeInfo, isFloat, type DType } from './dtype.js';
import { decodeHalf, halfFormats } from './half.js';
import { stridesOf } from './shape.js';
import type { Tensor } from './tensor.js';

const edge = 3; // elements shown at each end of a shortened axis
const threshold = 200; // larger tensors are shortened
const lineWidth = 100;

/**
 * How a tensor prints: dtype and shape, then aligned rows, shortened in the middle when there are many elements.
 *
 *     float32[2,3]
 *     [[ 1.0000, 2.5000, 3.0000],
 *      [-4.0000, 5.0000, 6.0000]]
 */
export function format(tensor: Tensor): string {
  const head = `${tensor.dtype}[${tensor.shape.join(',')}]`;
  if (tensor.disposed) return `${head} (disposed)`;
  if (tensor.storage.withdrawn) return `${head} (its array was transferred)`;
  if (tensor.size === 0) return `${head} []`;
  const shown = tensor.shape.map((extent) => visible(extent, tensor.size > threshold));
  const cells = align(read(tensor, shown), tensor.dtype);
  if (tensor.rank === 0) return `${head} ${cells[0]!.trim()}`;
  const body = layOut(cells, shown);
  return `${head}${body.includes('\n') ? '\n' : ' '}${body}`;
}

/** Indices shown along an axis; -1 stands for the gap. */
function visible(extent: number, shorten: boolean): number[] {
  const all = Array.from({ length: extent }, (_, i) => i);
  if (!shorten || extent <= 2 * edge + 1) return all;
  return [...all.slice(0, edge), -1, ...all.slice(-edge)];
}

function read(tensor: Tensor, shown: number[][]): (number | bigint)[] {
  const { create, size } = dtypeInfo(tensor.dtype);
  const one = create(1);
  const half = halfFormats[tensor.dtype];
  const values: (number | bigint)[] = [];
  const walk = (axis: number, offset: number): void => {
    if (axis === tensor.rank) {
      tensor.storage.read(offset * size, one);
      values.push(half === undefined ? one[0]! : decodeHalf(half, Number(one[0])));
      return;
    }
    for (const index of shown[axis]!) if (index >= 0) walk(axis + 1, offset + index * tensor.strides[axis]!);
  };
  walk(0, tensor.offset);
  return values;
}

/** Every value as text of one width, so that columns line up. */
function align(values: (number | bigint)[], dtype: DType): string[] {
  const text = values.map(formatter(values, dtype));
  const width = Math.max(...text.map((cell) => cell.length));
  return text.map((cell) => cell.padStart(width));
}

function formatter(values: (number | bigint)[], dtype: DType): (value: number | bigint) => string {
  if (dtype === 'bool') return (value) => (value === 0 ? 'false' : 'true');
  if (!isFloat(dtype)) return String;
  const finite = values.map(Number).filter((value) => Number.isFinite(value) && value !== 0);
  if (finite.every(Number.isInteger) && finite.every((value) => Math.abs(value) < 1e8)) {
    return (value) => (Number.isFinite(value) ? `${Object.is(value, -0) ? '-0' : value}.` : special(Number(value)));
  }
  const magnitudes = finite.map(Math.abs);
  const scientific = Math.max(...magnitudes) >= 1e6 || Math.min(...magnitudes) < 1e-4;
  return (value) => {
    const number = Number(value);
    if (!Number.isFinite(number)) return special(number);
    return scientific ? number.toExponential(4) : number.toFixed(4);
  };
}

const special = (value: number): string => (Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf');

function layOut(cells: string[], shown: number[][]): string {
  const counts = shown.map((indices) => indices.filter((index) => index >= 0).length);
  const strides = stridesOf(counts);
  const build = (axis: number, start: number): string => {
    const last = axis === shown.length - 1;
    let position = -1;
    const parts = shown[axis]!.map((index) => {
      if (index < 0) return '...';
      position++;
      return last ? cells[start + position]! : build(axis + 1, start + position * strides[axis]!);
    });
    if (last) return `[${wrap(parts, axis + 1)}]`;
    const gap = `,${'\n'.repeat(shown.length - axis - 1)}${' '.repeat(axis + 1)}`;
    return `[${parts.join(gap)}]`;
  };
  return build(0, 0);
}

/** Cells of one row, broken into lines where they would run too long. */
function wrap(cells: string[], indent: number): string {
  const perLine = Math.max(1, Math.floor(lineWidth / ((cells[0]?.length ?? 0) + 2)));
  const lines: string[] = [];
  for (let i = 0; i < cells.length; i += perLine) lines.push(cells.slice(i, i + perLine).join(', '));
  return lines.join(`,\n${' '.repeat(indent)}`);
}
