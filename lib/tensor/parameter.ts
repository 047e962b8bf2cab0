import type { IndexSpec } from '../ops/at.js';
import { checkDType, dtypeInfo, type DType } from './dtype.js';
import { fail, show } from './errors.js';
import { noteFlag } from './flags.js';
import { checkShape, sizeOf, stridesOf, type Shape } from './shape.js';
import { Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** What a tensor gains that is not immutable. */
export interface Assignable {
  /** Overwrites the contents in place; a number fills, a tensor of the same dtype broadcasts. */
  assign(source: Tensor | number): this;
  /** Overwrites a part, named as in `at`, in place; the source broadcasts to it. */
  assignAt(specs: readonly IndexSpec[], source: Tensor | number): this;
}

// The three kinds are types beside their classes: compared as classes, member by member, a Parameter<'float32'> would
// not be a Parameter, because the rules of promotion in its methods' types make D invariant.

/** A tensor whose contents can be assigned and that no scope frees: {@link Parameter} or {@link Buffer}. */
export type Variable<D extends DType = DType, S extends Shape = Shape> = Tensor<D, S> & Assignable;

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
export type Parameter<D extends DType = DType, S extends Shape = Shape> = Variable<D, S> & {
  /** Whether gradients are wanted; `false` freezes the parameter. */
  trainable: boolean;
};

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
export type Buffer<D extends DType = DType, S extends Shape = Shape> = Variable<D, S>;

let write: (target: Variable, source: Tensor | number) => void;
let writeAt: (target: Variable, specs: readonly IndexSpec[], source: Tensor | number) => void;

/** Assignment is an op, and ops are made of tensors: this file comes before them and is told later. */
export function provideAssign(whole: typeof write, part: typeof writeAt): void {
  write = whole;
  writeAt = part;
}

abstract class VariableTensor<D extends DType, S extends Shape> extends Tensor<D, S> implements Assignable {
  /** Takes over the contents of `source`, which stays usable. */
  constructor(source: Tensor<D, S>) {
    super(allocate(source), source.dtype, source.shape, stridesOf(source.shape), 0);
    this.assign(source);
  }

  assign(source: Tensor | number): this {
    write(this, source);
    return this;
  }

  assignAt(specs: readonly IndexSpec[], source: Tensor | number): this {
    writeAt(this, specs, source);
    return this;
  }

  protected override enroll(): void {
    // Lives as long as the module that holds it.
  }
}

class ParameterTensor<D extends DType, S extends Shape> extends VariableTensor<D, S> {
  private wanted = true;

  get trainable(): boolean {
    noteFlag(() => this.wanted);
    return this.wanted;
  }

  set trainable(wanted: boolean) {
    this.wanted = wanted;
  }
}

class BufferTensor<D extends DType, S extends Shape> extends VariableTensor<D, S> {}

for (const [name, kind] of Object.entries({ Parameter: ParameterTensor, Buffer: BufferTensor })) {
  Object.defineProperty(kind, 'name', { value: name });
}

/** The class that Parameters and Buffers are instances of: `x instanceof Variable`. */
export const Variable: abstract new <D extends DType, S extends Shape>(source: Tensor<D, S>) => Variable<D, S> =
  VariableTensor;
/** Makes a Parameter that takes over the contents of `source`, which stays usable. */
export const Parameter: new <D extends DType, S extends Shape>(source: Tensor<D, S>) => Parameter<D, S> =
  ParameterTensor;
/** Makes a Buffer that takes over the contents of `source`, which stays usable. */
export const Buffer: new <D extends DType, S extends Shape>(source: Tensor<D, S>) => Buffer<D, S> = BufferTensor;

function allocate(source: Tensor): Storage {
  if (!(source instanceof Tensor)) fail('TYPE', 'parameter', `the source is ${show(source)} (need a tensor)`);
  source.check('parameter');
  checkDType('parameter', source.dtype);
  checkShape('parameter', source.shape);
  return Storage.allocate(sizeOf(source.shape) * dtypeInfo(source.dtype).size);
}
