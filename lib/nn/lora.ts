import { add, mul, sub } from '../ops/arithmetic.js';
import { checkFraction, checkInteger, checkObject, checkPositive } from '../ops/checks.js';
import { zeros } from '../ops/creation.js';
import { linear, matmul } from '../ops/linalg.js';
import { dropout as drop } from '../ops/random.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import { noteFlag } from '../tensor/flags.js';
import { Variable, type Parameter } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { kaimingUniform, parameter } from './init.js';
import { Linear } from './linear.js';
import { checkModule, Module, type AnyModule } from './module.js';
import { matcherOf, type NameMatch } from './name-match.js';

/** Options of {@link LoRALinear}. */
export interface LoRAOptions {
  /** Rank of the change of the weight. Default 8. */
  readonly rank?: number;
  /** The change is scaled by alpha / rank. Default: the rank, and so 1. */
  readonly alpha?: number;
  /** Share of the inputs of the change that is zeroed in training. Default 0. */
  readonly dropout?: number;
}

/**
 * A linear layer whose weight stays as it is and that learns a change of low rank beside it.
 *
 * out = x · weightᵀ + bias + alpha / rank · dropout(x) · Aᵀ · Bᵀ
 *
 * Shapes: x [..., inFeatures] → [..., outFeatures]; `lora_A` [rank, inFeatures], which begins random, and `lora_B`
 * [outFeatures, rank], which begins as zeros: at first the layer computes what it did before. `weight` and `bias` are those of
 * the given layer, frozen, and keep their names in the state dict. Dtypes: those of the layer.
 *
 * @param base the layer to adapt
 * @param options.rank default 8
 * @param options.alpha default the rank
 * @param options.dropout default 0
 * @throws MyelinError `TYPE` for what is no Linear; `VALUE` for wrong options
 *
 * Source: Hu et al. 2021, «LoRA: Low-Rank Adaptation of Large Language Models», section 4.1; names as in its loralib.
 * @example
 * ```ts
 * import { Linear, LoRALinear } from 'myelin';
 * const layer = new LoRALinear(new Linear(64, 32), { rank: 4 });
 * console.log(Object.keys(layer.parameters())); // [ 'lora_A', 'lora_B' ]
 * ```
 */
export class LoRALinear<D extends FloatDType = 'float32'> extends Module {
  readonly weight: Parameter<D>;
  readonly bias: Parameter<D> | undefined;
  /** Named as in loralib, because it is the name in state dicts. */
  readonly lora_A: Parameter<D>;
  readonly lora_B: Parameter<D>;
  readonly inFeatures: number;
  readonly outFeatures: number;
  private readonly scaling: number;
  private readonly dropout: number;
  private joined = false;

  constructor(base: Linear<D>, options: LoRAOptions = {}) {
    super();
    const given: unknown = base;
    if (!(given instanceof Linear)) fail('TYPE', 'LoRALinear', `base is ${show(given)} (need a Linear)`);
    const { weight }: { readonly weight: Tensor } = base;
    if (!(weight instanceof Variable)) {
      fail('TYPE', 'LoRALinear', 'the weight of base is parametrized (need removeParametrizations before)');
    }
    checkObject('LoRALinear', 'options', options);
    const { rank = 8, alpha = rank, dropout = 0 } = options;
    checkInteger('LoRALinear', 'rank', rank, 1);
    checkPositive('LoRALinear', 'alpha', alpha);
    checkFraction('LoRALinear', 'dropout', dropout);
    ({ weight: this.weight, bias: this.bias, inFeatures: this.inFeatures, outFeatures: this.outFeatures } = base);
    const { dtype } = this.weight;
    this.lora_A = parameter<D>(() => kaimingUniform([rank, this.inFeatures], { a: Math.sqrt(5), dtype }));
    this.lora_B = parameter<D>(() => zeros([this.outFeatures, rank], { dtype }));
    this.scaling = alpha / rank;
    this.dropout = dropout;
    for (const frozen of [this.weight, this.bias]) if (frozen !== undefined) frozen.trainable = false;
  }

  /** Whether the change is part of the weight at the moment. */
  get merged(): boolean {
    noteFlag(() => this.joined);
    return this.joined;
  }

  override forward(x: Tensor<D>): Tensor<D> {
    if (this.merged) return linear<D>(x, this.weight, this.bias);
    return scope(() => {
      const seen = this.dropout > 0 ? drop(x, { p: this.dropout, training: this.training }) : x;
      const change = linear<D>(linear<D>(seen, this.lora_A), this.lora_B);
      return add(linear<D>(x, this.weight, this.bias), mul(change, this.scaling));
    }) as Tensor<D>;
  }

  /** Adds the change to the weight: inference then costs what it did before. The change no longer learns. */
  merge(): this {
    if (!this.joined) scope(() => void this.weight.assign(add(this.weight, this.change())));
    this.joined = true;
    return this;
  }

  /** Takes the change out of the weight again; the weight is what it was before, but for the rounding of both. */
  unmerge(): this {
    if (this.joined) scope(() => void this.weight.assign(sub(this.weight, this.change())));
    this.joined = false;
    return this;
  }

  private change(): Tensor {
    return mul(matmul(this.lora_B, this.lora_A), this.scaling);
  }
}

/** Options of {@link addLoRA}. */
export interface AddLoRAOptions extends LoRAOptions {
  /** Which Linear layers are adapted, by their names in the model. Default: all. */
  readonly match?: NameMatch;
}

/**
 * Freezes a model and puts a {@link LoRALinear} in the place of its Linear layers: only their changes are trained.
 *
 * State-dict names stay, and those of the changes are added. An optimizer is to be made afterwards. {@link loraState} gives
 * what is worth saving; `loadModel(file, model, { strict: false })` loads it.
 *
 * @param model changed in place
 * @param options.match which layers, by name: a RegExp or a function; default all
 * @param options.rank default 8
 * @param options.alpha default the rank
 * @param options.dropout default 0
 * @returns names of the adapted layers
 * @throws MyelinError `VALUE` when no layer matches
 *
 * Source: Hu et al. 2021, «LoRA: Low-Rank Adaptation of Large Language Models».
 * @example
 * ```ts
 * import { addLoRA, Linear, ReLU, Sequential } from 'myelin';
 * const model = new Sequential(new Linear(8, 8), new ReLU(), new Linear(8, 2));
 * console.log(addLoRA(model, { rank: 2, match: /^0$/ }), Object.keys(model.parameters())); // [ '0' ] [ '0.lora_A', '0.lora_B' ]
 * ```
 */
export function addLoRA(model: AnyModule, options: AddLoRAOptions = {}): string[] {
  checkModule('addLoRA', model);
  checkObject('addLoRA', 'options', options);
  const { match, ...own } = options;
  const wanted = matcherOf('addLoRA', match);
  const layers = linearLayers(model).filter(([name]) => wanted(name));
  if (layers.length === 0) {
    const names = linearLayers(model).map(([name]) => name);
    fail('VALUE', 'addLoRA', `no Linear layer matches (names are ${names.join(', ')})`);
  }
  const parents = [...model.namedModules().values()];
  model.freeze();
  for (const [, layer] of layers) {
    const adapted = new LoRALinear(layer, own);
    for (const parent of parents) replaceIn(parent, layer, adapted);
  }
  return layers.map(([name]) => name);
}

const linearLayers = (model: AnyModule): (readonly [name: string, layer: Linear<FloatDType>])[] =>
  [...model.namedModules()].flatMap(([name, part]: readonly [string, unknown]) =>
    part instanceof Linear ? [[name, part] as const] : [],
  );

/** Puts another member in the place of one, in the fields of an object and in arrays there. */
function replaceIn(holder: object, old: unknown, next: unknown): void {
  for (const [key, value] of Object.entries(holder)) {
    if (value === old) (holder as Record<string, unknown>)[key] = next;
    else if (Array.isArray(value)) replaceIn(value, old, next);
  }
}

const adapters = (model: AnyModule): (readonly [name: string, layer: LoRALinear<FloatDType>])[] =>
  [...model.namedModules()].flatMap(([name, part]: readonly [string, unknown]) =>
    part instanceof LoRALinear ? [[name, part] as const] : [],
  );

/**
 * The changes that a model with {@link LoRALinear} layers has learned, by state-dict name: all that an adapted model needs
 * beside the file of its weights.
 *
 * @example
 * ```ts
 * import { addLoRA, Linear, loraState, Sequential } from 'myelin';
 * const model = new Sequential(new Linear(4, 4));
 * addLoRA(model);
 * console.log(Object.keys(loraState(model))); // [ '0.lora_A', '0.lora_B' ]
 * ```
 */
export function loraState(model: AnyModule): Record<string, Parameter> {
  checkModule('loraState', model);
  const named = adapters(model).flatMap(([name, { lora_A, lora_B }]) => {
    const prefix = name === '' ? '' : `${name}.`;
    return [[`${prefix}lora_A`, lora_A] as const, [`${prefix}lora_B`, lora_B] as const];
  });
  return Object.fromEntries(named);
}

/**
 * Adds the changes of all {@link LoRALinear} layers of a model to their weights, or takes them out again.
 *
 * @param merged whether they are to be part of the weights; default `true`
 * @example
 * ```ts
 * import { addLoRA, Linear, mergeLoRA, Sequential } from 'myelin';
 * const model = new Sequential(new Linear(4, 4));
 * addLoRA(model);
 * mergeLoRA(model); // for inference
 * mergeLoRA(model, false); // for training
 * ```
 */
export function mergeLoRA(model: AnyModule, merged = true): void {
  checkModule('mergeLoRA', model);
  for (const [, layer] of adapters(model)) {
    if (merged) layer.merge();
    else layer.unmerge();
  }
}
