import { describe, fail, show } from '../tensor/errors.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import { checkInteger, checkOneFloat, checkShapeOf, extentsOf } from './checks.js';

// What convolutions of signals, images and volumes have in common: where the kernel looks, along `n` spatial axes.

/** Where the kernel looks; padding lists all axes before their starts, then all axes behind their ends. */
export interface Geometry {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Options of convolutions; `E` is a number, or one for each spatial axis. */
export interface ConvOptions<E> {
  /** One value per output channel, added to every place; default none. */
  readonly bias?: Tensor | undefined;
  /** Places between neighbouring positions of the kernel; default 1. */
  readonly stride?: E;
  /**
   * Zeros around the input; `'valid'` is 0, and `'same'` keeps the extents (stride 1 only; where an odd number is needed,
   * the extra one is at the end). Default 0.
   */
  readonly padding?: E | 'same' | 'valid';
  /** Places between neighbouring elements of the kernel; default 1. */
  readonly dilation?: E;
  /** Parts into which the channels are split, each with kernels of its own; default 1. */
  readonly groups?: number;
}

const inputNames = ['[B, C, L]', '[B, C, H, W]', '[B, C, D, H, W]'] as const;
const kernelNames = ['K', 'KH, KW', 'KD, KH, KW'] as const;
const paddedNames = ['signal', 'image', 'volume'] as const;

/** Refuses what is no input of rank n + 2 with kernels to match, all of one float dtype. */
export function checkRanks(
  op: string,
  operands: { readonly x: Tensor; readonly weight: Tensor; readonly bias?: Tensor | undefined },
  n: number,
  channels: string,
): void {
  const { x, weight, bias } = operands;
  checkOneFloat(op, bias === undefined ? { x, weight } : { x, weight, bias });
  if (x.rank === n + 2 && weight.rank === n + 2) return;
  fail(
    'SHAPE',
    op,
    `x is ${describe(x)}, weight is ${describe(weight)} (need x ${inputNames[n - 1]} and weight [${channels}, ${kernelNames[n - 1]}])`,
  );
}

/** Zeros before and behind each axis for a padding as users say it. */
export function paddingOf(op: string, padding: unknown, kernel: Shape, stride: Shape, dilation: Shape): number[] {
  const n = kernel.length;
  if (padding === 'valid') return new Array<number>(2 * n).fill(0);
  if (padding !== 'same') {
    if (typeof padding === 'string') {
      fail('VALUE', op, `padding is ${show(padding)} (need a number, one for each axis, "same" or "valid")`);
    }
    const before = extentsOf(op, 'padding', padding, n, 0);
    return [...before, ...before];
  }
  if (stride.some((step) => step !== 1)) {
    fail('VALUE', op, `padding is "same" and stride is ${stride.join(',')} (need stride 1, or padding as numbers)`);
  }
  const total = kernel.map((extent, i) => dilation[i]! * Math.max(0, extent - 1));
  const before = total.map((count) => Math.floor(count / 2));
  return [...before, ...total.map((count, i) => count - before[i]!)];
}

/** Checks the arguments of a convolution over `n` axes and says where its kernel looks. */
export function checkConvolution(
  op: string,
  x: Tensor,
  weight: Tensor,
  options: ConvOptions<unknown>,
  n: number,
): Geometry {
  const { bias, groups = 1 } = options;
  checkRanks(op, { x, weight, bias }, n, 'O, C / groups');
  const stride = extentsOf(op, 'stride', options.stride ?? 1, n, 1);
  const dilation = extentsOf(op, 'dilation', options.dilation ?? 1, n, 1);
  const padding = paddingOf(op, options.padding ?? 0, weight.shape.slice(2), stride, dilation);
  checkInteger(op, 'groups', groups, 1);
  // An empty bias means none to the native side, which is right only for an image without output channels.
  if (bias?.size === 0) checkShapeOf(op, 'bias', bias, [weight.shape[0]!], 'one value per output channel');
  return { stride, padding, dilation, groups };
}

// Output extent along spatial axis `i`; 0 when the kernel does not fit.
function extentOf(x: Shape, weight: Shape, { stride, padding, dilation }: Geometry, i: number): number {
  const kernel = weight[2 + i]!;
  const room = x[2 + i]! + padding[i]! + padding[stride.length + i]! - dilation[i]! * (kernel - 1) - 1;
  return room < 0 || kernel === 0 ? 0 : Math.floor(room / stride[i]!) + 1;
}

/** The shape of a convolution's result. */
export function convolvedShape(op: string, x: TensorSpec, weight: TensorSpec, geometry: Geometry): Shape {
  const given = `x is ${describe(x)}, weight is ${describe(weight)}`;
  const { groups, stride } = geometry;
  const [batch, channels] = [x.shape[0]!, x.shape[1]!];
  const [outChannels, groupChannels] = [weight.shape[0]!, weight.shape[1]!];
  if (channels !== groupChannels * groups) {
    fail('SHAPE', op, `channels differ: ${given}, groups is ${groups} (need x.shape[1] = weight.shape[1] * groups)`);
  }
  if (outChannels % groups !== 0) {
    fail('SHAPE', op, `${given}, groups is ${groups} (need weight.shape[0] to be a multiple of groups)`);
  }
  const extents = stride.map((_, i) => extentOf(x.shape, weight.shape, geometry, i));
  if (extents.includes(0)) {
    const padding = `padding is ${geometry.padding.join(',')}, dilation is ${geometry.dilation.join(',')}`;
    const what = paddedNames[stride.length - 1];
    fail('SHAPE', op, `${given}, ${padding} (need a padded ${what} at least as large as the kernel)`);
  }
  return [batch, outChannels, ...extents];
}
