import { checkDType, dtypeInfo, type DType } from './dtype.js';
import { checkShape, sizeOf, stridesOf, type Shape } from './shape.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** A tensor whose contents can be assigned and that no scope frees: {@link Parameter} or {@link Buffer}. */
export abstract class Variable<D extends DType = DType, S extends Shape = Shape> extends Tensor<D, S> {
  /** Takes over the contents of `source`, which stays usable. */
  constructor(source: Tensor<D, S>) {
    super(allocate(source), source.dtype, source.shape, stridesOf(source.shape), 0);
    this.assign(source);
  }

  protected override enroll(): void {
    // Lives as long as the module that holds it.
  }
}

function allocate(source: Tensor): Storage {
  checkDType('parameter', source.dtype);
  checkShape('parameter', source.shape);
  return Storage.allocate(sizeOf(source.shape) * dtypeInfo(source.dtype).size);
}

/**
 * A tensor that training changes: weights and biases. Gradients are taken with respect to Parameters, optimizers assign
 * them, and {@link Module} finds them by walking its fields.
 *
 * @example
 * ```ts
 * import { Parameter, zeros } from 'myelin';
 * const bias = new Parameter(zeros([10]));
 * console.log(bias.shape); // [ 10 ]
 * ```
 */
export class Parameter<D extends DType = DType, S extends Shape = Shape> extends Variable<D, S> {
  /** Whether gradients are wanted; `false` freezes the parameter. */
  trainable = true;
}

/**
 * A tensor that belongs to a model's state but is not trained, such as the running statistics of batch norm.
 *
 * @example
 * ```ts
 * import { Buffer, ones } from 'myelin';
 * const scale = new Buffer(ones([4]));
 * console.log(scale.sum().item()); // 4
 * ```
 */
export class Buffer<D extends DType = DType, S extends Shape = Shape> extends Variable<D, S> {
  protected readonly kind = 'buffer';
}
