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
import { TransposedConvolution } from './conv-transpose.js';
import { buffer, parameter } from './init.js';
import { checkModule, Module, type AnyModule } from './module.js';

type Weight = Parameter<FloatDType>;

/** What a parameter is made of in the first place, by the names of PyTorch's state dicts, and how. */
interface Source {
  readonly originals: Readonly<Record<string, Weight>>;
  /** The parameter whose place is taken: one of the originals. */
  readonly taken: Weight;
  /** How many of the steps of PyTorch's list this is. */
  readonly steps: 0 | 1;
  value(): Tensor<FloatDType>;
  /** Frees what was made beside the parameter. */
  free(): void;
}

const plainSource = (original: Weight): Source => ({
  originals: { original },
  taken: original,
  steps: 0,
  value: () => original,
  free: () => undefined,
});

function weightNormSource(weight: Weight, axis: number | null): Source {
  const axes = axis === null ? null : weight.shape.map((_, i) => i).filter((i) => i !== axis);
  const lengths = (): Tensor<FloatDType> =>
    axes === null ? vectorNorm(weight) : vectorNorm(weight, { axis: axes, keepDims: true });
  const original0 = parameter(lengths);
  return {
    originals: { original0, original1: weight },
    taken: weight,
    steps: 1,
    value: () => mul(weight, div(original0, lengths())),
    free: () => {
      original0.dispose();
    },
  };
}

/** Makes a parameter anew whenever it is read: from its source, by one step after the other. */
class Parametrization extends Module<readonly []> {
  private readonly steps: SpectralNorm[] = [];

  constructor(readonly source: Source) {
    super();
  }

  /** Adds a step to those there are. */
  append(step: SpectralNorm): void {
    this.steps.push(step.train(this.training));
  }

  protected override fields(): Iterable<readonly [string, unknown]> {
    const { originals, steps: before } = this.source;
    return Object.entries({
      ...originals,
      ...Object.fromEntries(this.steps.map((step, i) => [`${before + i}`, step] as const)),
    });
  }

  override forward(): Tensor<FloatDType> {
    return this.steps.reduce((value, step) => step.forward(value), this.source.value());
  }

  /** Frees all but the parameter itself. */
  free(): void {
    this.source.free();
    for (const step of this.steps) step.dispose();
  }
}

const normalized = (x: Tensor<FloatDType>, eps: number): Tensor<FloatDType> => div(x, maximum(vectorNorm(x), eps));

/**
 * Divides by the largest singular value of a matrix, which is found step by step. Fields have PyTorch's names, because they are
 * those of state dicts; a parameter of one axis has no singular vectors.
 */
class SpectralNorm extends Module<readonly [value: Tensor<FloatDType>]> {
  readonly _u: Buffer | undefined;
  readonly _v: Buffer | undefined;

  constructor(
    value: Tensor<FloatDType>,
    private readonly axis: number,
    private readonly options: { readonly powerIterations: number; readonly eps: number },
  ) {
    super();
    if (value.rank < 2) return;
    const matrix = this.matrix(value);
    const draw = (length: number): Buffer =>
      buffer(() => normalized(normal([length], { dtype: matrix.dtype }), options.eps));
    this._u = draw(matrix.shape[0]!);
    this._v = draw(matrix.shape[1]!);
    this.approach(matrix, this._u, this._v, 15);
  }

  /** The value over its largest singular value, uᵀ · matrix · v; in training the vectors come nearer to the singular ones. */
  override forward(value: Tensor<FloatDType>): Tensor<FloatDType> {
    const { _u: u, _v: v } = this;
    const { powerIterations, eps } = this.options;
    if (u === undefined || v === undefined) return normalized(value, eps);
    const matrix = this.matrix(value);
    if (this.training) this.approach(matrix, u, v, powerIterations);
    // The gradient needs the vectors of now, which a later step overwrites.
    return div(value, sum(mul(clone(u), matmul(matrix, clone(v)))));
  }

  /** Power iteration. */
  private approach(matrix: Tensor<FloatDType>, u: Buffer, v: Buffer, steps: number): void {
    const { eps } = this.options;
    stopGradient(() =>
      scope(() => {
        for (let step = 0; step < steps; step++) {
          u.assign(normalized(matmul(matrix, v), eps));
          v.assign(normalized(matmul(u, matrix), eps));
        }
      }),
    );
  }

  private matrix(value: Tensor<FloatDType>): Tensor<FloatDType> {
    return reshape(moveAxis(value, this.axis, 0), [value.shape[this.axis]!, -1]);
  }
}

/** A module by its fields, of which one has a name with a dot: what state dicts call it. */
type Fields = Record<string, unknown>;
const fieldsOf = (module: AnyModule): Fields => module as unknown as Fields;
const placeOf = (name: string): string => `parametrizations.${name}`;

/** The parametrization of a parameter, if it has one. */
function parametrizationOf(op: string, module: AnyModule, name: unknown): Parametrization | undefined {
  checkModule(op, module);
  if (typeof name !== 'string') fail('TYPE', op, `name is ${show(name)} (need a string)`);
  const made = fieldsOf(module)[placeOf(name)];
  return made instanceof Parametrization ? made : undefined;
}

function weightOf(op: string, module: AnyModule, name: string): Weight {
  const weight = module.ownVariables().get(name);
  if (weight === undefined) {
    fail('VALUE', op, `there is no ${show(name)} (need one of ${[...module.ownVariables().keys()].join(', ')})`);
  }
  if (!isFloat(weight.dtype) || !(weight instanceof Parameter)) {
    fail('TYPE', op, `${name} is ${describe(weight)} (need a Parameter of a float dtype)`);
  }
  return weight as Weight;
}

function register(module: AnyModule, name: string, source: Source): Parametrization {
  const fields = fieldsOf(module);
  const made = new Parametrization(source).train(module.training);
  fields[placeOf(name)] = made;
  Object.defineProperty(module, name, { get: () => made.forward(), configurable: true, enumerable: false });
  // Weights that are made for a call are freed at its end.
  const forward = (fields['forward'] as (...inputs: readonly unknown[]) => Tensors).bind(module);
  Object.defineProperty(module, 'forward', {
    value: (...inputs: readonly unknown[]) => scope(() => forward(...inputs)),
    configurable: true,
    writable: true,
  });
  return made;
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
  if (parametrizationOf('weightNorm', module, name) !== undefined) {
    fail('VALUE', 'weightNorm', `${name} is parametrized already (need weightNorm before spectralNorm, and once)`);
  }
  const weight = weightOf('weightNorm', module, name);
  const along = axis === null ? null : normalizeAxis('weightNorm', axis, weight.rank);
  register(module, name, weightNormSource(weight, along));
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
 * is to be made afterwards. Of a parameter of one axis, σ is the norm. What {@link weightNorm} makes can be divided too, and
 * what was divided along one axis once more along another.
 *
 * Dtypes: float dtypes.
 *
 * @param module changed in place: a Linear, a convolution, an Embedding, any module that has the parameter itself
 * @param options.name which parameter; default `'weight'`
 * @param options.powerIterations steps of the power iteration for each use in training; default 1
 * @param options.eps least norm that is divided by; default 1e-12
 * @param options.axis the axis of the outputs; default 1 for transposed convolutions, 0 otherwise
 * @returns the module
 * @throws MyelinError `TYPE` for what is no module; `VALUE` when it has no such parameter, or for options out of range
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
  const made = parametrizationOf('spectralNorm', module, name);
  const weight = made === undefined ? weightOf('spectralNorm', module, name) : made.source.taken;
  checkInteger('spectralNorm', 'powerIterations', powerIterations, 1);
  checkPositive('spectralNorm', 'eps', eps);
  const given: unknown = module;
  const usual = given instanceof TransposedConvolution ? 1 : 0;
  const axis = normalizeAxis('spectralNorm', options.axis ?? usual, weight.rank);
  const step = stopGradient(() =>
    scope(() => new SpectralNorm(made === undefined ? weight : made.forward(), axis, { powerIterations, eps })),
  );
  (made ?? register(module, name, plainSource(weight))).append(step);
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
  checkObject('removeParametrizations', 'options', options);
  const { name = 'weight' } = options;
  const made = parametrizationOf('removeParametrizations', module, name);
  if (made === undefined) {
    fail(
      'VALUE',
      'removeParametrizations',
      `${show(name)} is not parametrized (need what weightNorm or spectralNorm made)`,
    );
  }
  const { taken } = made.source;
  stopGradient(() => scope(() => void taken.assign(made.forward())));
  made.free();
  Reflect.deleteProperty(fieldsOf(module), placeOf(name));
  Object.defineProperty(module, name, { value: taken, configurable: true, enumerable: true, writable: true });
  return module;
}
