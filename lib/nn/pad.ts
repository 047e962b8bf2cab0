import { checkNumber, extentsOf } from '../ops/checks.js';
import { pad, type PadMode } from '../ops/padding.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/**
 * Widths of a border: one number for all sides, or one for each in PyTorch's order, the last axis first: [left, right], then
 * top and bottom, then front and back.
 */
export type Border = number | readonly number[];

abstract class Padding extends Module {
  private readonly widths: readonly (readonly [before: number, after: number])[];

  protected constructor(
    private readonly op: string,
    axes: number,
    readonly padding: Border,
    private readonly borderMode: PadMode,
    private readonly value = 0,
  ) {
    super();
    checkNumber(op, 'value', value);
    const sides = extentsOf(op, 'padding', padding, 2 * axes);
    this.widths = Array.from({ length: axes }, (_, i) => [sides[2 * (axes - 1 - i)]!, sides[2 * (axes - 1 - i) + 1]!]);
  }

  override forward<D extends FloatDType>(x: Tensor<D>): Tensor<D> {
    const axes = this.widths.length;
    if (x.rank <= axes) fail('SHAPE', this.op, `x is ${describe(x)} (need more than ${axes} axes)`, { x: x.shape });
    return pad(x, this.widths, { mode: this.borderMode, value: this.value });
  }
}

/**
 * Puts a border around a signal: one value everywhere. Shapes: x [B, C, L] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @param value what the border holds
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ConstantPad1d, tensor } from 'myelin';
 * console.log(new ConstantPad1d(1, 9).forward(tensor([[[1, 2, 3]]])).toArray()); // [ [ [ 9, 1, 2, 3, 9 ] ] ]
 * ```
 */
export class ConstantPad1d extends Padding {
  constructor(padding: Border, value: number) {
    super('ConstantPad1d', 1, padding, 'constant', value);
  }
}

/**
 * Puts a border around an image: one value everywhere. Shapes: x [B, C, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @param value what the border holds
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ConstantPad2d, ones } from 'myelin';
 * console.log(new ConstantPad2d(1, 9).forward(ones([1, 1, 2, 3])).shape); // [ 1, 1, 4, 5 ]
 * ```
 */
export class ConstantPad2d extends Padding {
  constructor(padding: Border, value: number) {
    super('ConstantPad2d', 2, padding, 'constant', value);
  }
}

/**
 * Puts a border around a volume: one value everywhere. Shapes: x [B, C, D, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @param value what the border holds
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ConstantPad3d, ones } from 'myelin';
 * console.log(new ConstantPad3d(1, 9).forward(ones([1, 1, 2, 3, 4])).shape); // [ 1, 1, 4, 5, 6 ]
 * ```
 */
export class ConstantPad3d extends Padding {
  constructor(padding: Border, value: number) {
    super('ConstantPad3d', 3, padding, 'constant', value);
  }
}

/**
 * Puts a border around a signal: zeros. Shapes: x [B, C, L] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { tensor, ZeroPad1d } from 'myelin';
 * console.log(new ZeroPad1d(1).forward(tensor([[[1, 2, 3]]])).toArray()); // [ [ [ 0, 1, 2, 3, 0 ] ] ]
 * ```
 */
export class ZeroPad1d extends Padding {
  constructor(padding: Border) {
    super('ZeroPad1d', 1, padding, 'constant');
  }
}

/**
 * Puts a border around an image: zeros. Shapes: x [B, C, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ZeroPad2d } from 'myelin';
 * console.log(new ZeroPad2d(1).forward(ones([1, 1, 2, 3])).shape); // [ 1, 1, 4, 5 ]
 * ```
 */
export class ZeroPad2d extends Padding {
  constructor(padding: Border) {
    super('ZeroPad2d', 2, padding, 'constant');
  }
}

/**
 * Puts a border around a volume: zeros. Shapes: x [B, C, D, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ZeroPad3d } from 'myelin';
 * console.log(new ZeroPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [ 1, 1, 4, 5, 6 ]
 * ```
 */
export class ZeroPad3d extends Padding {
  constructor(padding: Border) {
    super('ZeroPad3d', 3, padding, 'constant');
  }
}

/**
 * Puts a border around a signal: what lies inside, mirrored at the edge. Shapes: x [B, C, L] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ReflectionPad1d, tensor } from 'myelin';
 * console.log(new ReflectionPad1d(1).forward(tensor([[[1, 2, 3]]])).toArray()); // [ [ [ 2, 1, 2, 3, 2 ] ] ]
 * ```
 */
export class ReflectionPad1d extends Padding {
  constructor(padding: Border) {
    super('ReflectionPad1d', 1, padding, 'reflect');
  }
}

/**
 * Puts a border around an image: what lies inside, mirrored at the edge. Shapes: x [B, C, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ReflectionPad2d } from 'myelin';
 * console.log(new ReflectionPad2d(1).forward(ones([1, 1, 2, 3])).shape); // [ 1, 1, 4, 5 ]
 * ```
 */
export class ReflectionPad2d extends Padding {
  constructor(padding: Border) {
    super('ReflectionPad2d', 2, padding, 'reflect');
  }
}

/**
 * Puts a border around a volume: what lies inside, mirrored at the edge. Shapes: x [B, C, D, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ReflectionPad3d } from 'myelin';
 * console.log(new ReflectionPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [ 1, 1, 4, 5, 6 ]
 * ```
 */
export class ReflectionPad3d extends Padding {
  constructor(padding: Border) {
    super('ReflectionPad3d', 3, padding, 'reflect');
  }
}

/**
 * Puts a border around a signal: the edge, repeated. Shapes: x [B, C, L] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ReplicationPad1d, tensor } from 'myelin';
 * console.log(new ReplicationPad1d(1).forward(tensor([[[1, 2, 3]]])).toArray()); // [ [ [ 1, 1, 2, 3, 3 ] ] ]
 * ```
 */
export class ReplicationPad1d extends Padding {
  constructor(padding: Border) {
    super('ReplicationPad1d', 1, padding, 'replicate');
  }
}

/**
 * Puts a border around an image: the edge, repeated. Shapes: x [B, C, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ReplicationPad2d } from 'myelin';
 * console.log(new ReplicationPad2d(1).forward(ones([1, 1, 2, 3])).shape); // [ 1, 1, 4, 5 ]
 * ```
 */
export class ReplicationPad2d extends Padding {
  constructor(padding: Border) {
    super('ReplicationPad2d', 2, padding, 'replicate');
  }
}

/**
 * Puts a border around a volume: the edge, repeated. Shapes: x [B, C, D, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { ones, ReplicationPad3d } from 'myelin';
 * console.log(new ReplicationPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [ 1, 1, 4, 5, 6 ]
 * ```
 */
export class ReplicationPad3d extends Padding {
  constructor(padding: Border) {
    super('ReplicationPad3d', 3, padding, 'replicate');
  }
}

/**
 * Puts a border around a signal: what lies at the other side. Shapes: x [B, C, L] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { CircularPad1d, tensor } from 'myelin';
 * console.log(new CircularPad1d(1).forward(tensor([[[1, 2, 3]]])).toArray()); // [ [ [ 3, 1, 2, 3, 1 ] ] ]
 * ```
 */
export class CircularPad1d extends Padding {
  constructor(padding: Border) {
    super('CircularPad1d', 1, padding, 'circular');
  }
}

/**
 * Puts a border around an image: what lies at the other side. Shapes: x [B, C, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { CircularPad2d, ones } from 'myelin';
 * console.log(new CircularPad2d(1).forward(ones([1, 1, 2, 3])).shape); // [ 1, 1, 4, 5 ]
 * ```
 */
export class CircularPad2d extends Padding {
  constructor(padding: Border) {
    super('CircularPad2d', 2, padding, 'circular');
  }
}

/**
 * Puts a border around a volume: what lies at the other side. Shapes: x [B, C, D, H, W] → the same, wider. Dtypes: float dtypes.
 *
 * @param padding widths of the border, see {@link Border}
 * @throws MyelinError `VALUE` for widths that are no integers
 * @example
 * ```ts
 * import { CircularPad3d, ones } from 'myelin';
 * console.log(new CircularPad3d(1).forward(ones([1, 1, 2, 3, 4])).shape); // [ 1, 1, 4, 5, 6 ]
 * ```
 */
export class CircularPad3d extends Padding {
  constructor(padding: Border) {
    super('CircularPad3d', 3, padding, 'circular');
  }
}
