import { buffer } from '../nn/init.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { where } from '../ops/compare.js';
import { full } from '../ops/creation.js';
import { add } from '../ops/arithmetic.js';
import { checkArray, checkAtLeast, checkDecay, checkFlag, checkObject, checkTensor } from '../ops/checks.js';
import { clone } from '../ops/move.js';
import { describe, fail, show } from '../tensor/errors.js';
import { Variable, type Buffer } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What every optimizer can be told. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
  /** How strongly parameters are drawn towards 0, relative to themselves; default 0 where nothing else is said. */
  readonly weightDecay: number;
  /**
   * Whether weight decay takes lr · weightDecay · param from a parameter itself (decoupled) instead of adding
   * weightDecay · param to its gradient (an L2 penalty); default `false` where nothing else is said.
   */
  readonly decoupledWeightDecay: boolean;
  /** L1 penalty: l1 · sign(param) is added to the gradient; default 0. */
  readonly l1: number;
  /** Whether to climb instead of descend; penalties still draw towards 0. Default `false`. */
  readonly maximize: boolean;
}

/** The options that optimizers share, as they are unless something else is said. */
export const commonDefaults = { weightDecay: 0, decoupledWeightDecay: false, l1: 0, maximize: false } as const;

/** The shared options as the ops of optimizers take them. */
export const commonAttrs = ({ weightDecay, decoupledWeightDecay: decoupled, l1, maximize }: OptimizerOptions) => ({
  weightDecay,
  decoupled,
  l1,
  maximize,
});

/** Parameters for which some options differ. A parameter belongs to the first group that matches it. */
export type ParameterGroup<O extends OptimizerOptions> = Partial<O> & {
  /** Whether the parameter of this state-dict name belongs to the group. */
  readonly match: (name: string, parameter: Variable) => boolean;
};

/** What to train, by name: `model.parameters()`. */
export type NamedParameters = Readonly<Record<string, Variable>>;

/** Options as constructors take them: those that should differ from their defaults, and groups. */
export type OptimizerArguments<O extends OptimizerOptions> = Partial<O> & {
  readonly groups?: readonly ParameterGroup<O>[];
};

/** What one update works on: lists that run in parallel, momentum and rate as tensors that compiled steps read anew. */
export interface Update<Slot extends string> {
  readonly params: readonly Tensor[];
  readonly grads: readonly Tensor[];
  readonly state: Readonly<Record<Slot, readonly Tensor[]>>;
  readonly momentum: Tensor;
  readonly lr: Tensor;
}

/** Something that is remembered for each parameter: in a tensor, or as a single number. */
export interface SlotSpec {
  readonly start: number;
  readonly single: boolean;
  /** Of which shape the tensor is, by the parameter's; undefined for parameters that need none. */
  readonly shape: (shape: Shape) => Shape | undefined;
}

/** Remembers a tensor like each parameter, filled with a number at first. */
export const eachElement = (start = 0): SlotSpec => ({ start, single: false, shape: (own) => own });
/** Remembers zeros of a shape that follows from the parameter's. */
export const zerosOf = (shape: SlotSpec['shape']): SlotSpec => ({ start: 0, single: false, shape });
/** Remembers a number for each parameter. */
export const singleNumber = (start = 0): SlotSpec => ({ start, single: true, shape: () => [] });

/** The algorithm of an optimizer; {@link Optimizer} does the rest. */
export interface UpdateRule<O extends OptimizerOptions, Slot extends string> {
  readonly name: string;
  readonly defaults: O;
  /** Refuses options that make no sense. */
  check(options: O): void;
  /** What is remembered for each parameter, undefined where the options need none. PyTorch's names. */
  slots(options: O): Readonly<Record<Slot, SlotSpec | undefined>>;
  /** How much of the last direction, or of the average of gradients, is kept; undefined where nothing is. */
  momentum?(options: O): number | undefined;
  /** How to make updates with such options; what they are for the op is found out once, as every step would make it anew. */
  update(options: O): (update: Update<Slot>) => void;
}

/** Parameters that share their options. */
interface Group<O> {
  readonly options: O;
  /** Learning rate relative to the optimizer's. */
  readonly scale: number;
  readonly parameters: ReadonlyMap<string, Variable>;
}

interface GroupState<O, Slot extends string> extends Group<O> {
  readonly lr: Buffer;
  readonly momentum: Buffer;
  readonly update: (update: Update<Slot>) => void;
  /** What is remembered, by parameter name; empty maps for what the options need not. */
  readonly slots: Readonly<Record<Slot, ReadonlyMap<string, Buffer>>>;
}

/**
 * Base of all optimizers: changes parameters by their gradients, and remembers what that needs from step to step.
 *
 * State is kept by parameter name. One native command updates all parameters of a group.
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions, Slot extends string = string> {
  private readonly parameters = new Map<string, Variable>();
  private readonly groups: GroupState<O, Slot>[] = [];
  private readonly common: O;
  private readonly rate: Buffer;
  private readonly kept: Buffer;
  private readonly steps: Buffer;

  protected constructor(
    private readonly rule: UpdateRule<O, Slot>,
    parameters: NamedParameters,
    given: OptimizerArguments<O>,
  ) {
    checkObject(rule.name, 'options', given);
    const { groups = [], ...own } = given;
    this.common = optionsOf(rule, rule.defaults, own);
    const parts = partition(rule, parameters, groups, this.common);
    this.rate = scalar(this.common.lr);
    this.kept = scalar(rule.momentum?.(this.common) ?? 0);
    this.steps = scalar(0);
    this.enroll(parts);
  }

  /** Learning rate. Setting it scales the rates of all groups alike. */
  get lr(): number {
    return this.rate.item() as number;
  }

  set lr(value: number) {
    checkAtLeast(this.rule.name, 'lr', value, 0);
    this.rate.assign(value);
    this.scaleGroups();
  }

  /**
   * How much of the last direction is kept: the momentum of SGD and RMSprop, β₁ of Adam and its kin. Setting it leaves groups
   * with a momentum of their own as they are.
   */
  get momentum(): number {
    return this.kept.item() as number;
  }

  set momentum(value: number) {
    checkDecay(this.rule.name, 'momentum', value);
    if (!this.hasMomentum) {
      fail('VALUE', this.rule.name, 'there is no momentum (need an optimizer that was made with one, or with betas)');
    }
    this.kept.assign(value);
  }

  /** How many steps have been made. */
  get stepCount(): number {
    return this.steps.item() as number;
  }

  /**
   * Takes on more parameters, such as those that were frozen until now: what is remembered of them begins anew.
   *
   * @param parameters by name; none of them may be known already
   * @param options.groups as for the constructor; other options are those of the optimizer
   * @throws MyelinError `VALUE` for a name that is known already, or options out of range
   */
  addParameters(parameters: NamedParameters, options: { readonly groups?: readonly ParameterGroup<O>[] } = {}): void {
    checkObject(this.rule.name, 'options', options);
    const parts = partition(this.rule, parameters, options.groups ?? [], this.common);
    for (const name of Object.keys(parameters)) {
      if (this.parameters.has(name)) fail('VALUE', this.rule.name, `${show(name)} is a parameter already`);
    }
    this.enroll(parts);
  }

  /**
   * Changes the parameters by one step. Parameters without a gradient stay as they are, and so does what is remembered of
   * them; gradients stay the caller's.
   *
   * @param gradients by parameter name, as {@link valueAndGrad} returns them
   * @param options.when a single bool: whether to make the step at all, for compiled functions too; default is to make it
   * @throws MyelinError `VALUE` for a name that is no parameter; `SHAPE` when a gradient is not like its parameter
   */
  step(gradients: Readonly<Record<string, Tensor>>, options: { readonly when?: Tensor<'bool'> } = {}): void {
    checkGradients(this.rule.name, gradients, this.parameters);
    checkObject(this.rule.name, 'options', options);
    const { when } = options;
    if (when !== undefined) checkCondition(this.rule.name, when);
    scope(() => {
      const before = when === undefined ? [] : this.variables().map((variable) => [variable, clone(variable)] as const);
      this.steps.assign(add(this.steps, 1));
      for (const group of this.groups) this.updateGroup(group, gradients);
      // What a step writes is only known when it runs; so it is made in any case, and undone.
      for (const [variable, value] of before) variable.assign(where(when!, variable, value));
    });
  }

  /**
   * Learning rate `lr`, number of steps `step`, `momentum` if there is one, and what is remembered, as `<parameter>.<what>`: the
   * live tensors.
   */
  stateDict(): Record<string, Variable> {
    const state: Record<string, Variable> = { lr: this.rate, step: this.steps };
    if (this.hasMomentum) state['momentum'] = this.kept;
    for (const { parameters, slots } of this.groups) {
      for (const name of parameters.keys()) {
        for (const [slot, buffers] of Object.entries<ReadonlyMap<string, Buffer>>(slots)) {
          const remembered = buffers.get(name);
          if (remembered !== undefined) state[`${name}.${slot}`] = remembered;
        }
      }
    }
    return state;
  }

  /**
   * Goes on where another optimizer of the same kind and over the same parameters was.
   *
   * @throws MyelinError `VALUE` naming missing and unexpected tensors; `SHAPE` naming those of another shape
   */
  loadStateDict(state: StateDict): void {
    assignState(this.stateDict(), state, true);
    this.scaleGroups();
  }

  /** Frees what the optimizer remembers; the parameters stay. */
  dispose(): void {
    for (const variable of Object.values(this.stateDict())) variable.dispose();
    this.kept.dispose();
    for (const { lr, momentum } of this.groups) for (const own of [lr, momentum]) own.dispose();
  }

  /** Frees the state at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private get hasMomentum(): boolean {
    return this.rule.momentum?.(this.common) !== undefined;
  }

  private enroll(parts: readonly Group<O>[]): void {
    for (const part of parts) {
      for (const [name, parameter] of part.parameters) this.parameters.set(name, parameter);
      const lr = part.scale === 1 ? this.rate : scalar(this.lr * part.scale);
      const own = this.rule.momentum?.(part.options);
      const momentum = own === this.rule.momentum?.(this.common) ? this.kept : scalar(own ?? 0);
      const slots = remember(this.rule.slots(part.options), part.parameters);
      this.groups.push({ ...part, lr, momentum, update: this.rule.update(part.options), slots });
    }
  }

  /** All that a step may change. */
  private variables(): Variable[] {
    return [...this.parameters.values(), ...Object.values(this.stateDict())];
  }

  private scaleGroups(): void {
    for (const { lr, scale } of this.groups) if (lr !== this.rate) lr.assign(this.lr * scale);
  }

  private updateGroup(group: GroupState<O, Slot>, gradients: Readonly<Record<string, Tensor>>): void {
    const names = [...group.parameters.keys()].filter((name) => Object.hasOwn(gradients, name));
    if (names.length === 0) return;
    const state = mapSlots(group.slots, (buffers) => buffersOf(buffers, names));
    const params = names.map((name) => group.parameters.get(name)!);
    group.update({
      params,
      grads: names.map((name) => gradients[name]!),
      state,
      momentum: group.momentum,
      lr: group.lr,
    });
  }
}

/** Refuses gradients that are not like a parameter of their name. */
export function checkGradients(
  op: string,
  gradients: Readonly<Record<string, Tensor>>,
  parameters: ReadonlyMap<string, Variable>,
): void {
  checkObject(op, 'gradients', gradients);
  for (const [name, gradient] of Object.entries(gradients)) {
    const parameter = parameters.get(name);
    if (parameter === undefined) {
      fail('VALUE', op, `there is no parameter ${show(name)} (need one of ${[...parameters.keys()].join(', ')})`);
    }
    checkTensor(op, `the gradient of ${name}`, gradient);
    if (!sameShape(gradient.shape, parameter.shape) || gradient.dtype !== parameter.dtype) {
      fail('SHAPE', op, `the gradient of ${name} is ${describe(gradient)} (need ${describe(parameter)})`);
    }
  }
}

function checkCondition(op: string, when: Tensor): void {
  checkTensor(op, 'when', when);
  if (when.rank !== 0 || when.dtype !== 'bool') fail('SHAPE', op, `when is ${describe(when)} (need bool[])`);
}

/** The buffers of those names that have one. */
function buffersOf(map: ReadonlyMap<string, Buffer>, names: readonly string[]): Buffer[] {
  const buffers: Buffer[] = [];
  for (const name of names) {
    const buffer = map.get(name);
    if (buffer !== undefined) buffers.push(buffer);
  }
  return buffers;
}

const scalar = (value: number): Buffer => buffer(() => full([], value, { dtype: 'float64' }));

function mapSlots<Slot extends string, A, B>(slots: Readonly<Record<Slot, A>>, map: (slot: A) => B): Record<Slot, B> {
  return Object.fromEntries(Object.entries<A>(slots).map(([name, slot]) => [name, map(slot)])) as Record<Slot, B>;
}

function remember<Slot extends string>(
  slots: Readonly<Record<Slot, SlotSpec | undefined>>,
  parameters: ReadonlyMap<string, Variable>,
): Record<Slot, ReadonlyMap<string, Buffer>> {
  const first = ({ start, single, shape }: SlotSpec, { shape: own, dtype }: Variable): Buffer | undefined => {
    const wanted = shape(own);
    if (wanted === undefined) return undefined;
    return single ? scalar(start) : buffer(() => full(wanted, start, { dtype }));
  };
  return mapSlots(slots, (slot) => {
    const buffers = new Map<string, Buffer>();
    if (slot === undefined) return buffers;
    for (const [name, parameter] of parameters) {
      const made = first(slot, parameter);
      if (made !== undefined) buffers.set(name, made);
    }
    return buffers;
  });
}

/** Deals the parameters out to the groups, and what no group wants to a last one with the common options. */
function partition<O extends OptimizerOptions, Slot extends string>(
  rule: UpdateRule<O, Slot>,
  parameters: NamedParameters,
  groups: readonly ParameterGroup<O>[],
  common: O,
): Group<O>[] {
  checkParameters(rule.name, parameters);
  checkArray(rule.name, 'groups', groups);
  const rest = new Map(Object.entries(parameters));
  const parts = groups.map((group, i) => {
    checkObject(rule.name, `groups[${i}]`, group);
    const { match, ...own } = group;
    if (typeof match !== 'function') fail('TYPE', rule.name, `match of group ${i} is ${show(match)} (need a function)`);
    const options = optionsOf(rule, common, own);
    const scale = options.lr === common.lr ? 1 : options.lr / common.lr;
    if (!Number.isFinite(scale))
      fail('VALUE', rule.name, 'a group has its own lr (need an lr above 0 to relate it to)');
    const members = new Map([...rest].filter(([name, parameter]) => match(name, parameter)));
    if (members.size === 0) {
      fail('VALUE', rule.name, `group ${i} matches no parameter (names are ${[...rest.keys()].join(', ')})`);
    }
    for (const name of members.keys()) rest.delete(name);
    return { options, scale, parameters: members };
  });
  return rest.size === 0 ? parts : [...parts, { options: common, scale: 1, parameters: rest }];
}

/** Refuses what are no parameters by name, and none at all. */
export function checkParameters(op: string, parameters: unknown): asserts parameters is NamedParameters {
  checkObject(op, 'parameters', parameters);
  const entries = Object.entries(parameters as object);
  if (entries.length === 0) fail('VALUE', op, 'there are no parameters to train (are all of them frozen?)');
  for (const [name, parameter] of entries) {
    checkTensor(op, name, parameter);
    if (!(parameter instanceof Variable)) fail('TYPE', op, `${name} is ${describe(parameter)} (need a Parameter)`);
  }
}

/** Options that differ from others in some, all checked. */
function optionsOf<O extends OptimizerOptions, Slot extends string>(
  rule: UpdateRule<O, Slot>,
  common: O,
  own: object,
): O {
  const given = Object.entries(own).filter(([, value]: [string, unknown]) => value !== undefined);
  for (const [name] of given) {
    if (name in rule.defaults) continue;
    const known = Object.keys(rule.defaults).join(', ');
    fail('VALUE', rule.name, `there is no option ${show(name)} (need one of ${known})`);
  }
  const options: O = { ...common, ...Object.fromEntries(given) };
  const { lr, weightDecay, l1, decoupledWeightDecay, maximize } = options;
  for (const [name, value] of Object.entries({ lr, weightDecay, l1 })) checkAtLeast(rule.name, name, value, 0);
  for (const [name, value] of Object.entries({ decoupledWeightDecay, maximize })) checkFlag(rule.name, name, value);
  rule.check(options);
  return options;
}
