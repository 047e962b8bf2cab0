import type { DType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkInteger, checkTensor } from './checks.js';
import { onBehalf } from './on-behalf.js';
import { permute } from './permute.js';
import { reshape } from './reshape.js';
import { swapAxes } from './views.js';

function checkImages(op: string, name: string, x: unknown, factor: number): asserts x is Tensor {
  checkTensor(op, 'x', x);
  checkInteger(op, name, factor, 1);
  if (x.rank < 3) fail('SHAPE', op, `x is ${describe(x)} (need [..., C, H, W])`, { x: x.shape });
}

/** The axes before the channels, and then some others. */
const after = (lead: readonly number[], ...axes: readonly number[]): number[] => [
  ...lead.map((_, axis) => axis),
  ...axes.map((axis) => lead.length + axis),
];

/**
 * Turns channels into pixels: out[…, c, h·r + i, w·r + j] = x[…, c·r² + i·r + j, h, w].
 *
 * Shapes: x [..., C·r², H, W] → [..., C, H·r, W·r]. Dtypes: all.
 *
 * @param upscaleFactor the factor r
 * @throws MyelinError `SHAPE` when the channels do not divide by r²; `VALUE` unless r is a positive integer
 *
 * Source: Shi and others, "Real-time single image and video super-resolution …", 2016, section 3.2.
 * @example
 * ```ts
 * import { pixelShuffle, tensor } from 'myelin';
 * console.log(pixelShuffle(tensor([[[1]], [[2]], [[3]], [[4]]]), 2).toArray()); // [ [ [ 1, 2 ], [ 3, 4 ] ] ]
 * ```
 */
export function pixelShuffle<D extends DType>(x: Tensor<D>, upscaleFactor: number): Tensor<D> {
  checkImages('pixelShuffle', 'upscaleFactor', x, upscaleFactor);
  const r = upscaleFactor;
  const lead = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (channels % r ** 2 !== 0) {
    fail('SHAPE', 'pixelShuffle', `x is ${describe(x)} (need channels that divide by ${r ** 2})`, { x: x.shape });
  }
  return onBehalf('pixelShuffle', () => {
    const parts = reshape(x, [...lead, channels / r ** 2, r, r, height, width]);
    return reshape(permute(parts, after(lead, 0, 3, 1, 4, 2)), [...lead, channels / r ** 2, height * r, width * r]);
  });
}

/**
 * Turns pixels into channels, the opposite of {@link pixelShuffle}: out[…, c·r² + i·r + j, h, w] = x[…, c, h·r + i, w·r + j].
 *
 * Shapes: x [..., C, H·r, W·r] → [..., C·r², H, W]. Dtypes: all.
 *
 * @param downscaleFactor the factor r
 * @throws MyelinError `SHAPE` when height or width do not divide by r; `VALUE` unless r is a positive integer
 * @example
 * ```ts
 * import { pixelUnshuffle, tensor } from 'myelin';
 * console.log(pixelUnshuffle(tensor([[[1, 2], [3, 4]]]), 2).flatten().toArray()); // [ 1, 2, 3, 4 ]
 * ```
 */
export function pixelUnshuffle<D extends DType>(x: Tensor<D>, downscaleFactor: number): Tensor<D> {
  checkImages('pixelUnshuffle', 'downscaleFactor', x, downscaleFactor);
  const r = downscaleFactor;
  const lead = x.shape.slice(0, -3);
  const [channels, height, width] = x.shape.slice(-3) as [number, number, number];
  if (height % r !== 0 || width % r !== 0) {
    fail('SHAPE', 'pixelUnshuffle', `x is ${describe(x)} (need height and width that divide by ${r})`, { x: x.shape });
  }
  return onBehalf('pixelUnshuffle', () => {
    const parts = reshape(x, [...lead, channels, height / r, r, width / r, r]);
    return reshape(permute(parts, after(lead, 0, 2, 4, 1, 3)), [...lead, channels * r ** 2, height / r, width / r]);
  });
}

/**
 * Mixes the channels of groups: channel j of group i becomes channel i of the j-th lot, so that what follows in groups sees some
 * of each. out[b, j·groups + i, …] = x[b, i·C/groups + j, …].
 *
 * Shapes: x [B, C, …] → the same. Dtypes: all.
 *
 * @param groups how many groups there are
 * @throws MyelinError `SHAPE` when the channels do not divide into the groups; `VALUE` unless groups is a positive integer
 *
 * Source: Zhang et al. 2018, «ShuffleNet», section 3.1.
 * @example
 * ```ts
 * import { channelShuffle, tensor } from 'myelin';
 * console.log(channelShuffle(tensor([[1, 2, 3, 4]]), 2).toArray()); // [ [ 1, 3, 2, 4 ] ]
 * ```
 */
export function channelShuffle<D extends DType>(x: Tensor<D>, groups: number): Tensor<D> {
  checkTensor('channelShuffle', 'x', x);
  checkInteger('channelShuffle', 'groups', groups, 1);
  const [batch, channels, ...places] = x.shape;
  if (batch === undefined || channels === undefined || channels % groups !== 0) {
    fail('SHAPE', 'channelShuffle', `x is ${describe(x)}, groups is ${groups} (need [B, C, ...] with C a multiple)`);
  }
  return onBehalf('channelShuffle', () => {
    const parts = reshape(x, [batch, groups, channels / groups, ...places]);
    return reshape(swapAxes(parts, 1, 2), x.shape);
  });
}
