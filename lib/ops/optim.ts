import { defineOp, type AttrKinds, type Attrs } from '../engine/define.js';
import { describe, fail } from '../tensor/errors.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { checkDTypeOf, floats } from './checks.js';

// One step of an optimizer is one op for many parameters. It writes into its inputs: parameters, what the optimizer
// remembers of each, and how many steps each has made. Those counts, momentum and learning rate are tensors, so
// that they can change from one run of a plan to the next.

type Lists = Readonly<Record<string, readonly Tensor[]>>;

function checkLength(op: string, name: string, list: readonly Tensor[], params: readonly Tensor[]): void {
  if (list.length === params.length) return;
  fail('SHAPE', op, `${list.length} ${name} for ${params.length} params (need one for each)`);
}

/** The shape of what is remembered, by the parameter's. */
type ShapeRule = (shape: Shape) => Shape;

/** The shape of averages of the rows of matrices. */
export const rowAverages = (shape: Shape): Shape => [...shape.slice(0, -1), 1];
/** The shape of averages of the columns of matrices. */
export const columnAverages = (shape: Shape): Shape => [...shape.slice(0, -2), 1, ...shape.slice(-1)];

// Every list has one tensor per parameter, of its dtype, and of its shape where there is no rule; all but the gradients lie in
// memory as it does.
function checkLists(
  op: string,
  params: readonly Tensor[],
  lists: Lists,
  rules: Partial<Readonly<Record<string, ShapeRule>>>,
): void {
  params.forEach((param, i) => checkDTypeOf(op, `params[${i}]`, param, floats));
  for (const [name, list] of Object.entries(lists)) {
    checkLength(op, name, list, params);
    list.forEach((x, i) => {
      const param = params[i]!;
      const shape = rules[name]?.(param.shape) ?? param.shape;
      if (sameShape(x.shape, shape) && x.dtype === param.dtype) return;
      const given = `params[${i}] is ${describe(param)}, ${name}[${i}] is ${describe(x)}`;
      const need = shape === param.shape ? 'equal shapes and dtypes' : describe({ dtype: param.dtype, shape });
      fail(x.dtype === param.dtype ? 'SHAPE' : 'DTYPE', op, `${given} (need ${need})`);
    });
  }
}

function checkScalar(op: string, name: string, x: Tensor): void {
  if (x.rank !== 0 || x.dtype !== 'float64') fail('SHAPE', op, `${name} is ${describe(x)} (need float64[])`);
}

// What all optimizers do with gradients: g = ±grad + weightDecay · param + l1 · sign(param), where the sign is − to
// maximize; decoupled, weight decay takes lr · weightDecay · param from the parameter instead.
const commonAttrs = { weightDecay: 'float', decoupled: 'bool', l1: 'float', maximize: 'bool' } as const;

interface StepSpec<State extends string, Scalar extends string, A extends AttrKinds, M extends boolean> {
  readonly name: string;
  /** What is remembered of a parameter in a tensor like it, in the order of the native body. */
  readonly states: readonly State[];
  /** What is remembered in a single number. */
  readonly scalars?: readonly Scalar[];
  readonly attrs: A;
  /** Whether a momentum comes before the learning rate: what Adam and its kin call β₁. */
  readonly momentum?: M;
  /** Lists that the options make needless: they are empty. */
  readonly absent?: (attrs: Attrs<A>) => readonly (State | Scalar)[];
  /** Refuses parameters that these options are not for, and says of which shape the states are that are not like a parameter. */
  readonly shapes?: (params: readonly Tensor[], attrs: Attrs<A>) => Partial<Readonly<Record<State, ShapeRule>>>;
}

// The inputs are params[], grads[], the states, the scalars, momentum if there is one, and lr.
function defineStep<
  const State extends string,
  const A extends AttrKinds,
  const Scalar extends string = never,
  const M extends boolean = false,
>({
  name,
  states,
  scalars = [],
  attrs,
  momentum,
  absent = () => [],
  shapes = () => ({}),
}: StepSpec<State, Scalar, A, M>) {
  type List = 'params' | 'grads' | State | Scalar;
  type Common = 'lr' | (M extends true ? 'momentum' : never);
  const common = (momentum === true ? ['momentum', 'lr'] : ['lr']) as readonly Common[];
  const listed = <N extends string>(names: readonly N[]) => names.map((list): `${N}[]` => `${list}[]`);
  return defineOp<`${List}[]` | Common, typeof commonAttrs & A, never, never>({
    name,
    inputs: ['params[]', 'grads[]', ...listed(states), ...listed(scalars), ...common],
    outputs: [],
    overwrites: ['params', ...states, ...scalars] as never,
    attrs: { ...commonAttrs, ...attrs },
    save: [],
    infer: (inputs, options) => {
      const { params, grads, ...rest } = inputs as unknown as Lists;
      const missing: readonly string[] = absent(options);
      const present = (names: readonly string[]): Lists =>
        Object.fromEntries(names.filter((list) => !missing.includes(list)).map((list) => [list, rest[list]!]));
      checkLists(name, params!, { grads: grads!, ...present(states) }, shapes(params!, options));
      for (const [list, tensors] of Object.entries(present(scalars))) {
        checkLength(name, list, tensors, params!);
        tensors.forEach((x, i) => checkScalar(name, `${list}[${i}]`, x));
      }
      for (const each of common)
        checkScalar(name, each, (inputs as unknown as Readonly<Record<string, Tensor>>)[each]!);
      return {};
    },
    grad: 'none',
  });
}

/**
 * Stochastic gradient descent on all parameters at once, in place.
 *
 * With momentum v = momentum · v + (1 − dampening) · g, which starts as g at step 1, and g = v (Nesterov:
 * g + momentum · v); param −= lr · g. `velocities` and `steps` are empty unless it `remembers`, as it
 * does with momentum.
 */
export const sgdStep = defineStep({
  name: 'sgdStep',
  states: ['velocities'],
  scalars: ['steps'],
  attrs: { remembers: 'bool', dampening: 'float', nesterov: 'bool' },
  momentum: true,
  absent: ({ remembers }) => (remembers ? [] : ['velocities', 'steps']),
});

/** Attributes of an {@link sgdStep} that adds lr · g, and nothing else. */
export const ascent = {
  weightDecay: 0,
  decoupled: false,
  l1: 0,
  maximize: true,
  remembers: false,
  dampening: 0,
  nesterov: false,
} as const;

/**
 * Adam on all parameters at once, in place; decoupled weight decay makes it AdamW.
 *
 * m = β₁ m + (1 − β₁) g; v = β₂ v + (1 − β₂) g²; param −= lr / (1 − β₁ᵗ) · m / (√v / √(1 − β₂ᵗ) + eps), where t is the
 * step, counted from 1. With `amsgrad` the largest v so far takes the place of v; else `maxima` is empty.
 */
export const adamStep = defineStep({
  name: 'adamStep',
  states: ['means', 'squares', 'maxima'],
  scalars: ['steps'],
  attrs: { beta2: 'float', eps: 'float', amsgrad: 'bool' },
  momentum: true,
  absent: ({ amsgrad }) => (amsgrad ? [] : ['maxima']),
});

/**
 * RMSprop on all parameters at once, in place.
 *
 * s = α s + (1 − α) g²; centered: m = α m + (1 − α) g and s − m² in place of s; u = g / (√s + eps); with momentum
 * u = b = momentum · b + u; param −= lr · u. `means` is empty unless centered, and `velocities` unless it `remembers`.
 */
export const rmspropStep = defineStep({
  name: 'rmspropStep',
  states: ['squares', 'means', 'velocities'],
  attrs: { alpha: 'float', eps: 'float', remembers: 'bool', centered: 'bool' },
  momentum: true,
  absent: ({ remembers, centered }) => [
    ...(centered ? [] : ['means' as const]),
    ...(remembers ? [] : ['velocities' as const]),
  ],
});

/**
 * Adagrad on all parameters at once, in place.
 *
 * s = s + g²; param −= lr / (1 + (t − 1) · lrDecay) · g / (√s + eps), where t is the step, counted from 1.
 */
export const adagradStep = defineStep({
  name: 'adagradStep',
  states: ['squares'],
  scalars: ['steps'],
  attrs: { lrDecay: 'float', eps: 'float' },
});

/**
 * Adadelta on all parameters at once, in place.
 *
 * s = ρ s + (1 − ρ) g²; u = √(d + eps) / √(s + eps) · g; d = ρ d + (1 − ρ) u²; param −= lr · u
 */
export const adadeltaStep = defineStep({
  name: 'adadeltaStep',
  states: ['squares', 'moves'],
  attrs: { rho: 'float', eps: 'float' },
});

/**
 * Adamax on all parameters at once, in place.
 *
 * m = β₁ m + (1 − β₁) g; u = max(β₂ u, |g| + eps); param −= lr / (1 − β₁ᵗ) · m / u, where t is the step, counted from 1.
 */
export const adamaxStep = defineStep({
  name: 'adamaxStep',
  states: ['means', 'largest'],
  scalars: ['steps'],
  attrs: { beta2: 'float', eps: 'float' },
  momentum: true,
});

/**
 * NAdam on all parameters at once, in place.
 *
 * m and v as Adam's; μₜ = β₁ (1 − 0.96^(t · momentumDecay) / 2) and p the product of all μ up to t (`products`, which start
 * at 1); param −= lr · ((1 − μₜ) / (1 − p) · g + μₜ₊₁ / (1 − p μₜ₊₁) · m) / (√(v / (1 − β₂ᵗ)) + eps)
 */
export const nadamStep = defineStep({
  name: 'nadamStep',
  states: ['means', 'squares'],
  scalars: ['steps', 'products'],
  attrs: { beta2: 'float', eps: 'float', momentumDecay: 'float' },
  momentum: true,
});

/**
 * RAdam on all parameters at once, in place.
 *
 * m and v as Adam's; n = 2 / (1 − β₂) − 1 and nₜ = n − 2 t β₂ᵗ / (1 − β₂ᵗ); m̂ = m / (1 − β₁ᵗ); while nₜ ≤ 5
 * param −= lr · m̂, later param −= lr · m̂ · √((1 − β₂ᵗ) (nₜ − 4) (nₜ − 2) n / ((n − 4) (n − 2) nₜ)) / (√v + eps)
 */
export const radamStep = defineStep({
  name: 'radamStep',
  states: ['means', 'squares'],
  scalars: ['steps'],
  attrs: { beta2: 'float', eps: 'float' },
  momentum: true,
});

/**
 * Lion on all parameters at once, in place.
 *
 * param −= lr · sign(β₁ m + (1 − β₁) g); then m = β₂ m + (1 − β₂) g
 */
export const lionStep = defineStep({
  name: 'lionStep',
  states: ['means'],
  attrs: { beta2: 'float' },
  momentum: true,
});

/**
 * LAMB on all parameters at once, in place.
 *
 * m and v as Adam's; r = m̂ / (√v̂ + eps), to which decoupled weight decay adds weightDecay · param;
 * param −= lr · ‖param‖ / ‖r‖ · r, where the quotient is 1 if either length is 0.
 */
export const lambStep = defineStep({
  name: 'lambStep',
  states: ['means', 'squares'],
  scalars: ['steps'],
  attrs: { beta2: 'float', eps: 'float' },
  momentum: true,
});

/**
 * Rprop on all parameters at once, in place.
 *
 * Each element has a size: times etaPlus while its gradient keeps the sign of the step before (`previous`), times etaMinus where
 * it changes it, within bounds; param −= size · sign(g), where g = 0 after a change.
 */
export const rpropStep = defineStep({
  name: 'rpropStep',
  states: ['previous', 'sizes'],
  attrs: { etaMinus: 'float', etaPlus: 'float', minSize: 'float', maxSize: 'float' },
});

/**
 * ASGD on all parameters at once, in place.
 *
 * param = (1 − lambd · η) param − η g; mean += μ (param − mean); then η = lr / (1 + lambd · lr · t)^alpha and
 * μ = 1 / max(1, t − t0), where t is the step, counted from 1. `rates` are η, `weights` are μ.
 */
export const asgdStep = defineStep({
  name: 'asgdStep',
  states: ['means'],
  scalars: ['steps', 'rates', 'weights'],
  attrs: { lambd: 'float', alpha: 'float', t0: 'float' },
});

/**
 * Adafactor on matrices (`factored`), or on vectors and numbers, at once, in place.
 *
 * w = t^decay at step t, counted from 1; rows r and columns c keep (1 − w) of themselves and take w of the mean of g² along an axis;
 * v = r c / max(mean r, eps), for vectors v = c is kept by element; u = g / max(√v, eps);
 * param −= min(lr, 1 / √t) · max(least, RMS(param)) / max(1, RMS(u) / clip) · u
 */
export const adafactorStep = defineStep({
  name: 'adafactorStep',
  states: ['rows', 'columns'],
  scalars: ['steps'],
  attrs: { decay: 'float', eps: 'float', least: 'float', clip: 'float', factored: 'bool' },
  absent: ({ factored }) => (factored ? [] : ['rows']),
  shapes: (params, { factored }) => {
    const odd = params.find(({ rank }) => rank > 1 !== factored);
    if (odd !== undefined) {
      const need = factored ? 'at least two axes' : 'at most one axis';
      fail('SHAPE', 'adafactorStep', `a parameter is ${describe(odd)} (need ${need})`);
    }
    return factored ? { rows: rowAverages, columns: columnAverages } : {};
  },
});
