import { buffer } from '../nn/init.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { full, fullLike } from '../ops/creation.js';
import { add } from '../ops/arithmetic.js';
import { checkAtLeast, checkTensor, checkObject } from '../ops/checks.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Buffer, Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What every optimizer can be told. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** Parameters for which some options differ. A parameter belongs to the first group that matches its name. */
export type ParameterGroup<O extends OptimizerOptions> = Partial<O> & {
  /** Whether the parameter of this state-dict name belongs to the group. */
  readonly match: (name: string) => boolean;
};

/** What to train, by name: `model.parameters()`. */
export type NamedParameters = Readonly<Record<string, Variable>>;

/** Options as constructors take them: those that should differ from their defaults, and groups. */
export type OptimizerArguments<O extends OptimizerOptions> = Partial<O> & {
  readonly groups?: readonly ParameterGroup<O>[];
};

/** What one update works on: lists that run in parallel, and the rate and step as tensors that compiled steps read anew. */
export interface Update<Slot extends string> {
  readonly parameters: readonly Tensor[];
  readonly gradients: readonly Tensor[];
  readonly state: Readonly<Record<Slot, readonly Tensor[]>>;
  readonly lr: Tensor;
  /** Number of this step, from 1. */
  readonly step: Tensor;
}

/** The algorithm of an optimizer; {@link Optimizer} does the rest. */
export interface UpdateRule<O extends OptimizerOptions, Slot extends string> {
  readonly name: string;
  readonly defaults: O;
  /** Refuses options that make no sense. */
  check(options: O): void;
  /** What is remembered for each parameter: its first value, or undefined where the options need none. PyTorch's names. */
  slots(options: O): Readonly<Record<Slot, number | undefined>>;
  update(update: Update<Slot>, options: O): void;
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
  /** What is remembered, by parameter name; empty maps for what the options need not. */
  readonly slots: Readonly<Record<Slot, ReadonlyMap<string, Buffer>>>;
}

/**
 * Base of all optimizers: changes parameters by their gradients, and remembers what that needs from step to step.
 *
 * State is kept by parameter name. One native command updates all parameters of a group.
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions, Slot extends string = string> {
  private readonly parameters: ReadonlyMap<string, Variable>;
  private readonly groups: readonly GroupState<O, Slot>[];
  private readonly rate: Buffer;
  private readonly steps: Buffer;

  protected constructor(
    private readonly rule: UpdateRule<O, Slot>,
    parameters: NamedParameters,
    given: OptimizerArguments<O>,
  ) {
    checkObject(rule.name, 'parameters', parameters);
    const { groups = [], ...own } = given;
    const options = { ...rule.defaults, ...own };
    const parts = partition(rule, parameters, groups, options);
    this.parameters = new Map(Object.entries(parameters));
    this.rate = scalar(options.lr);
    this.steps = scalar(0);
    this.groups = parts.map((part) => ({
      ...part,
      lr: part.scale === 1 ? this.rate : scalar(part.options.lr),
      slots: remember(rule.slots(part.options), part.parameters),
    }));
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

  /** How many steps have been made. */
  get stepCount(): number {
    return this.steps.item() as number;
  }

  /**
   * Changes the parameters by one step. Parameters without a gradient stay as they are; gradients stay the caller's.
   *
   * @param gradients by parameter name, as {@link valueAndGrad} returns them
   * @throws MyelinError `VALUE` for a name that is no parameter; `SHAPE` when a gradient is not like its parameter
   */
  step(gradients: Readonly<Record<string, Tensor>>): void {
    this.checkGradients(gradients);
    scope(() => {
      this.steps.assign(add(this.steps, 1));
      for (const group of this.groups) this.updateGroup(group, gradients);
    });
  }

  /** Learning rate `lr`, number of steps `step`, and what is remembered, as `<parameter>.<what>`: the live tensors. */
  stateDict(): Record<string, Variable> {
    const state: Record<string, Variable> = { lr: this.rate, step: this.steps };
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
    for (const { lr } of this.groups) lr.dispose();
  }

  /** Frees the state at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private scaleGroups(): void {
    for (const { lr, scale } of this.groups) if (lr !== this.rate) lr.assign(this.lr * scale);
  }

  private updateGroup(group: GroupState<O, Slot>, gradients: Readonly<Record<string, Tensor>>): void {
    const names = [...group.parameters.keys()].filter((name) => Object.hasOwn(gradients, name));
    if (names.length === 0) return;
    const { options, lr } = group;
    const state = mapSlots(group.slots, (buffers) => names.flatMap((name) => buffers.get(name) ?? []));
    const parameters = names.map((name) => group.parameters.get(name)!);
    this.rule.update(
      { parameters, gradients: names.map((name) => gradients[name]!), state, lr, step: this.steps },
      options,
    );
  }

  private checkGradients(gradients: Readonly<Record<string, Tensor>>): void {
    for (const [name, gradient] of Object.entries(gradients)) {
      const parameter = this.parameters.get(name);
      if (parameter === undefined) {
        const known = [...this.parameters.keys()].join(', ');
        fail('VALUE', this.rule.name, `there is no parameter ${show(name)} (need one of ${known})`);
      }
      checkTensor(this.rule.name, `the gradient of ${name}`, gradient);
      gradient.check(this.rule.name);
      if (!sameShape(gradient.shape, parameter.shape) || gradient.dtype !== parameter.dtype) {
        fail('SHAPE', this.rule.name, `the gradient of ${name} is ${describe(gradient)} (need ${describe(parameter)})`);
      }
    }
  }
}

const scalar = (value: number): Buffer => buffer(() => full([], value, { dtype: 'float64' }));

function mapSlots<Slot extends string, A, B>(slots: Readonly<Record<Slot, A>>, map: (slot: A) => B): Record<Slot, B> {
  return Object.fromEntries(Object.entries<A>(slots).map(([name, slot]) => [name, map(slot)])) as Record<Slot, B>;
}

function remember<Slot extends string>(
  slots: Readonly<Record<Slot, number | undefined>>,
  parameters: ReadonlyMap<string, Variable>,
): Record<Slot, ReadonlyMap<string, Buffer>> {
  return mapSlots(slots, (value) => {
    if (value === undefined) return new Map();
    return new Map([...parameters].map(([name, parameter]) => [name, buffer(() => fullLike(parameter, value))]));
  });
}

/** Deals the parameters out to the groups, and what no group wants to a last one with the common options. */
function partition<O extends OptimizerOptions, Slot extends string>(
  rule: UpdateRule<O, Slot>,
  parameters: NamedParameters,
  groups: readonly ParameterGroup<O>[],
  common: O,
): Group<O>[] {
  checkOptions(rule, common);
  const rest = new Map(Object.entries(parameters));
  if (rest.size === 0) fail('VALUE', rule.name, 'there are no parameters to train (are all of them frozen?)');
  const parts = groups.map(({ match, ...own }, i) => {
    const options = { ...common, ...own };
    checkOptions(rule, options);
    const scale = options.lr === common.lr ? 1 : options.lr / common.lr;
    if (!Number.isFinite(scale))
      fail('VALUE', rule.name, 'a group has its own lr (need an lr above 0 to relate it to)');
    const members = new Map([...rest].filter(([name]) => match(name)));
    if (members.size === 0) {
      fail('VALUE', rule.name, `group ${i} matches no parameter (names are ${[...rest.keys()].join(', ')})`);
    }
    for (const name of members.keys()) rest.delete(name);
    return { options, scale, parameters: members };
  });
  return rest.size === 0 ? parts : [...parts, { options: common, scale: 1, parameters: rest }];
}

function checkOptions<O extends OptimizerOptions, Slot extends string>(rule: UpdateRule<O, Slot>, options: O): void {
  checkAtLeast(rule.name, 'lr', options.lr, 0);
  rule.check(options);
}
