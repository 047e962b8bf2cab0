import { stopGradient } from '../engine/tape.js';
import type { Tensors } from '../engine/leaves.js';
import { div, maximum, mul } from '../ops/arithmetic.js';
import { checkInteger, checkObject, checkPositive } from '../ops/checks.js';
import { clone } from '../ops/move.js';
import { matmul } from '../ops/linalg.js';
import { normal } from '../ops/random.js';
import { sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { vectorNorm } from '../ops/statistics.js';
import { moveAxis } from '../ops/views.js';
import { isFloat, type FloatDType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import { Parameter, type Buffer } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { normalizeAxis } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { ConvTranspose1d, ConvTranspose2d } from './conv-transpose.js';
import { buffer, parameter } from './init.js';
import { checkModule, Module, type AnyModule } from './module.js';

type Weight = Parameter<FloatDType>;

/** Makes a parameter anew from others whenever it is read. Fields have PyTorch's names, because they are those of state dicts. */
abstract class Parametrization extends Module<readonly []> {
  /** The parameter whose place is taken. */
  abstract readonly taken: Weight;

  /** Frees what was made beside that parameter. */
  abstract free(): void;
}

class WeightNorm extends Parametrization {
  private readonly original0: Weight;
  private readonly original1: Weight;
  private readonly axes: readonly number[] | null;

  constructor(weight: Weight, axis: number | null) {
    super();
    this.axes = axis === null ? null : weight.shape.map((_, i) => i).filter((i) => i !== axis);
    this.original0 = parameter(() => this.lengths(weight));
    this.original1 = weight;
  }

  override get taken(): Weight {
    return this.original1;
  }

  override forward(): Tensor<FloatDType> {
    return mul(this.original1, div(this.original0, this.lengths(this.original1)));
  }

  override free(): void {
    this.original0.dispose();
  }

  private lengths(weight: Tensor<FloatDType>): Tensor<FloatDType> {
    return this.axes === null ? vectorNorm(weight) : vectorNorm(weight, { axis: this.axes, keepDims: true });
  }
}

const normalized = (x: Tensor<FloatDType>, eps: number): Tensor<FloatDType> => div(x, maximum(vectorNorm(x), eps));

/** The singular vectors of a matrix that belong to its largest singular value, step by step nearer. */
class SingularVectors extends Module<readonly [matrix: Tensor<FloatDType>]> {
  readonly _u: Buffer;
  readonly _v: Buffer;

  constructor(
    matrix: Tensor<FloatDType>,
    private readonly eps: number,
  ) {
    super();
    const draw = (length: number): Buffer => buffer(() => normalized(normal([length], { dtype: matrix.dtype }), eps));
    this._u = draw(matrix.shape[0]!);
    this._v = draw(matrix.shape[1]!);
    this.approach(matrix, 15);
  }

  /** Power iteration. */
  approach(matrix: Tensor<FloatDType>, steps: number): void {
    const { _u: u, _v: v, eps } = this;
    stopGradient(() =>
      scope(() => {
        for (let step = 0; step < steps; step++) {
          u.assign(normalized(matmul(matrix, v), eps));
          v.assign(normalized(matmul(u, matrix), eps));
        }
      }),
    );
  }

  /** The largest singular value: uᵀ · matrix · v. */
  override forward(matrix: Tensor<FloatDType>): Tensor<FloatDType> {
    // The gradient needs the vectors of now, which a later step overwrites.
    const [u, v] = [clone(this._u), clone(this._v)];
    return sum(mul(u, matmul(matrix, v)));
  }
}

class SpectralNorm extends Parametrization {
  private readonly vectors: SingularVectors | undefined;

  constructor(
    private readonly original: Weight,
    private readonly axis: number,
    private readonly options: { readonly powerIterations: number; readonly eps: number },
  ) {
    super();
    if (original.rank > 1) this.vectors = scope(() => new SingularVectors(this.matrix(), options.eps));
  }

  override get taken(): Weight {
    return this.original;
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    return Object.entries({ original: this.original, 0: this.vectors });
  }

  override forward(): Tensor<FloatDType> {
    const { vectors } = this;
    const { powerIterations, eps } = this.options;
    if (vectors === undefined) return normalized(this.original, eps);
    const matrix = this.matrix();
    if (this.training) vectors.approach(matrix, powerIterations);
    return div(this.original, vectors.forward(matrix));
  }

  override free(): void {
    this.vectors?.dispose();
  }

  private matrix(): Tensor<FloatDType> {
    return reshape(moveAxis(this.original, this.axis, 0), [this.original.shape[this.axis]!, -1]);
  }
}

/** A module by its fields, of which one has a name with a dot: what state dicts call it. */
type Fields = Record<string, unknown>;
const fieldsOf = (module: AnyModule): Fields => module as unknown as Fields;
const placeOf = (name: string): string => `parametrizations.${name}`;

function weightOf(op: string, module: AnyModule, name: unknown): Weight {
  checkModule(op, module);
  if (typeof name !== 'string') fail('TYPE', op, `name is ${show(name)} (need a string)`);
  if (placeOf(name) in module)
    fail('VALUE', op, `${name} is parametrized already (need removeParametrizations before)`);
  const weight = module.ownVariables().get(name);
  if (weight === undefined) {
    fail('VALUE', op, `there is no ${show(name)} (need one of ${[...module.ownVariables().keys()].join(', ')})`);
  }
  if (!isFloat(weight.dtype) || !(weight instanceof Parameter)) {
    fail('TYPE', op, `${name} is ${describe(weight)} (need a Parameter of a float dtype)`);
  }
  return weight as Weight;
}

function register(module: AnyModule, name: string, made: Parametrization): void {
  const fields = fieldsOf(module);
  fields[placeOf(name)] = made.train(module.training);
  Object.defineProperty(module, name, { get: () => made.forward(), configurable: true, enumerable: false });
  // Weights that are made for a call are freed at its end.
  const forward = (fields['forward'] as (...inputs: readonly unknown[]) => Tensors).bind(module);
  Object.defineProperty(module, 'forward', {
    value: (...inputs: readonly unknown[]) => scope(() => forward(...inputs)),
    configurable: true,
    writable: true,
  });
}

/** Options of {@link weightNorm}. */
export interface WeightNormOptions {
  /** Which parameter; default `'weight'`. */
  readonly name?: string;
  /** The axis along which lengths are learned, one for each index; `null` for one length of all. Default 0. */
  readonly axis?: number | null;
}

/**
 * Learns length and direction of a parameter apart from each other: weight = g · v / ‖v‖.
 *
 * The module stays the same object; in its state dict `weight` gives way to `parametrizations.weight.original0`, the lengths g,
 * and `parametrizations.weight.original1`, the directions v. `module.weight` is made of them anew whenever it is read. It begins
 * as it was. An optimizer is to be made afterwards.
 *
 * Shapes: g [n, 1, …] for n indices along the axis, or [] for the whole; v that of the parameter. Dtypes: float dtypes.
 *
 * @param module changed in place: a Linear, a convolution, an Embedding, any module that has the parameter itself
 * @param options.name which parameter; default `'weight'`
 * @param options.axis the axis along which lengths are learned; `null` for one length of all; default 0
 * @returns the module
 * @throws MyelinError `TYPE` for what is no module; `VALUE` when it has no such parameter, or one that is parametrized already
 *
 * Source: Salimans & Kingma 2016, «Weight Normalization», section 2. PyTorch: `torch.nn.utils.parametrizations.weight_norm`.
 * @example
 * ```ts
 * import { Linear, ones, weightNorm } from 'myelin';
 * const layer = weightNorm(new Linear(3, 2, { bias: false }));
 * console.log(Object.values(layer.parameters()).map(({ shape }) => shape)); // [ [ 2, 1 ], [ 2, 3 ] ]
 * console.log(layer.forward(ones([5, 3])).shape); // [ 5, 2 ]
 * ```
 */
export function weightNorm<M extends AnyModule>(module: M, options: WeightNormOptions = {}): M {
  checkObject('weightNorm', 'options', options);
  const { name = 'weight', axis = 0 } = options;
  const weight = weightOf('weightNorm', module, name);
  const along = axis === null ? null : normalizeAxis('weightNorm', axis, weight.rank);
  register(module, name, new WeightNorm(weight, along));
  return module;
}

/** Options of {@link spectralNorm}. */
export interface SpectralNormOptions {
  /** Which parameter; default `'weight'`. */
  readonly name?: string;
  /** Steps of the power iteration for each use in training; default 1. */
  readonly powerIterations?: number;
  /** Least norm that is divided by; default 1e-12. */
  readonly eps?: number;
  /** The axis of the outputs; default 1 for transposed convolutions, 0 otherwise. */
  readonly axis?: number;
}

/**
 * Divides a parameter by its largest singular value, so that the layer stretches nothing more than once: weight = W / σ(W).
 *
 * σ = uᵀ · W · v, where W is taken as a matrix of outputs by all else; u and v are remembered, and every use in training brings
 * them nearer to the singular vectors by steps of the power iteration. They get no gradient.
 *
 * The module stays the same object; in its state dict `weight` gives way to `parametrizations.weight.original`, which is trained,
 * and the Buffers `parametrizations.weight.0._u` and `_v`. `module.weight` is made of them anew whenever it is read. An optimizer
 * is to be made afterwards. Of a parameter of one axis, σ is the norm.
 *
 * Dtypes: float dtypes.
 *
 * @param module changed in place: a Linear, a convolution, an Embedding, any module that has the parameter itself
 * @param options.name which parameter; default `'weight'`
 * @param options.powerIterations steps of the power iteration for each use in training; default 1
 * @param options.eps least norm that is divided by; default 1e-12
 * @param options.axis the axis of the outputs; default 1 for transposed convolutions, 0 otherwise
 * @returns the module
 * @throws MyelinError `TYPE` for what is no module; `VALUE` when it has no such parameter, one that is parametrized already, or
 * options out of range
 *
 * Source: Miyato et al. 2018, «Spectral Normalization for Generative Adversarial Networks», algorithm 1. PyTorch:
 * `torch.nn.utils.parametrizations.spectral_norm`.
 * @example
 * ```ts
 * import { Conv2d, spectralNorm } from 'myelin';
 * const layer = spectralNorm(new Conv2d(3, 8, 3));
 * console.log(Object.keys(layer.parameters())); // [ 'bias', 'parametrizations.weight.original' ]
 * ```
 */
export function spectralNorm<M extends AnyModule>(module: M, options: SpectralNormOptions = {}): M {
  checkObject('spectralNorm', 'options', options);
  const { name = 'weight', powerIterations = 1, eps = 1e-12 } = options;
  const weight = weightOf('spectralNorm', module, name);
  checkInteger('spectralNorm', 'powerIterations', powerIterations, 1);
  checkPositive('spectralNorm', 'eps', eps);
  const given: unknown = module;
  const usual = given instanceof ConvTranspose1d || given instanceof ConvTranspose2d ? 1 : 0;
  const axis = normalizeAxis('spectralNorm', options.axis ?? usual, weight.rank);
  register(module, name, new SpectralNorm(weight, axis, { powerIterations, eps }));
  return module;
}

/**
 * Makes of a parameter with {@link weightNorm} or {@link spectralNorm} a plain one again, with the value that it has now.
 *
 * @param module changed in place
 * @param options.name which parameter; default `'weight'`
 * @returns the module
 * @throws MyelinError `TYPE` for what is no module; `VALUE` when the parameter is a plain one
 * @example
 * ```ts
 * import { Linear, removeParametrizations, weightNorm } from 'myelin';
 * const layer = removeParametrizations(weightNorm(new Linear(3, 2)));
 * console.log(Object.keys(layer.parameters())); // [ 'weight', 'bias' ]
 * ```
 */
export function removeParametrizations<M extends AnyModule>(module: M, options: { readonly name?: string } = {}): M {
  checkModule('removeParametrizations', module);
  checkObject('removeParametrizations', 'options', options);
  const { name = 'weight' } = options;
  const fields = fieldsOf(module);
  const made = fields[placeOf(name)];
  if (!(made instanceof Parametrization)) {
    fail(
      'VALUE',
      'removeParametrizations',
      `${show(name)} is not parametrized (need what weightNorm or spectralNorm made)`,
    );
  }
  stopGradient(() => scope(() => void made.taken.assign(made.forward())));
  made.free();
  Reflect.deleteProperty(fields, placeOf(name));
  Object.defineProperty(module, name, { value: made.taken, configurable: true, enumerable: true, writable: true });
  return module;
}
