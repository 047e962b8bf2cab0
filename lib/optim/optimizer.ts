import { buffer } from '../nn/init.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { full } from '../ops/creation.js';
import { add } from '../ops/elementwise.js';
import type { DType } from '../tensor/dtype.js';
import { describe, fail, show } from '../tensor/errors.js';
import type { Buffer, Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import { sameShape, type Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';

/** What every optimizer can be told. */
export interface OptimizerOptions {
  /** Learning rate. */
  readonly lr: number;
}

/** Parameters for which some options differ. A parameter belongs to the first group that matches its name. */
export type ParameterGroup<O extends OptimizerOptions> = Partial<O> & { readonly match: (name: string) => boolean };

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
  /** What is remembered for each parameter, and its first value. Names are PyTorch's. */
  slots(options: O): Partial<Record<Slot, number>>;
  update(update: Update<Slot>, options: O): void;
}

interface Group<O> {
  readonly options: O;
  /** Learning rate relative to the optimizer's. */
  readonly scale: number;
  readonly lr: Buffer;
  readonly parameters: ReadonlyMap<string, Variable>;
}

/**
 * Base of all optimizers: changes parameters by their gradients, and remembers what that needs from step to step.
 *
 * State is kept by parameter name. One native command updates all parameters of a group.
 */
export abstract class Optimizer<O extends OptimizerOptions = OptimizerOptions, Slot extends string = string> {
  private readonly groups: readonly Group<O>[];
  private readonly state = new Map<string, Partial<Record<Slot, Buffer>>>();
  private readonly baseRate: Buffer;
  private readonly steps = filled([], 'float64', 0);

  protected constructor(
    private readonly rule: UpdateRule<O, Slot>,
    parameters: NamedParameters,
    given: OptimizerArguments<O>,
  ) {
    const { groups = [], ...own } = given;
    const options = { ...rule.defaults, ...own } as O;
    checkOptions(rule, options);
    this.baseRate = filled([], 'float64', options.lr);
    this.groups = partition(rule, parameters, groups, options).map(({ lr, ...group }) => ({ ...group, lr: lr ?? this.baseRate }));
    for (const group of this.groups) {
      for (const [name, parameter] of group.parameters) this.state.set(name, remember(rule.slots(group.options), parameter));
    }
  }

  /** Learning rate. Setting it scales the rates of all groups alike. */
  get lr(): number {
    return this.baseRate.item() as number;
  }

  set lr(value: number) {
    checkAtLeast(this.rule.name, 'lr', value, 0);
    this.baseRate.assign(value);
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
    const remembered = [...this.state].flatMap(([name, slots]) =>
      Object.entries<Buffer | undefined>(slots).map(([slot, value]) => [`${name}.${slot}`, value!] as const),
    );
    return { lr: this.baseRate, step: this.steps, ...Object.fromEntries(remembered) };
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

  [Symbol.dispose](): void {
    this.dispose();
  }

  private scaleGroups(): void {
    for (const { lr, scale } of this.groups) if (lr !== this.baseRate) lr.assign(this.lr * scale);
  }

  private updateGroup(group: Group<O>, gradients: Readonly<Record<string, Tensor>>): void {
    const members = [...group.parameters].filter(([name]) => Object.hasOwn(gradients, name));
    if (members.length === 0) return;
    const slots = Object.keys(this.rule.slots(group.options)) as Slot[];
    const listOf = (slot: Slot): Tensor[] => members.map(([name]) => this.state.get(name)![slot]!);
    this.rule.update(
      {
        parameters: members.map(([, parameter]) => parameter),
        gradients: members.map(([name]) => gradients[name]!),
        state: Object.fromEntries(slots.map((slot) => [slot, listOf(slot)])) as Record<Slot, Tensor[]>,
        lr: group.lr,
        step: this.steps,
      },
      group.options,
    );
  }

  private checkGradients(gradients: Readonly<Record<string, Tensor>>): void {
    const parameters = new Map(this.groups.flatMap((group) => [...group.parameters]));
    for (const [name, gradient] of Object.entries(gradients)) {
      const parameter = parameters.get(name);
      if (parameter === undefined) {
        fail('VALUE', this.rule.name, `there is no parameter ${show(name)} (need one of ${[...parameters.keys()].join(', ')})`);
      }
      if (!sameShape(gradient.shape, parameter.shape) || gradient.dtype !== parameter.dtype) {
        fail('SHAPE', this.rule.name, `the gradient of ${name} is ${describe(gradient)} (need ${describe(parameter)})`);
      }
    }
  }
}

function filled(shape: Shape, dtype: DType, value: number): Buffer {
  return buffer(() => full(shape, value, { dtype }));
}

function remember<Slot extends string>(slots: Partial<Record<Slot, number>>, { shape, dtype }: Variable): Partial<Record<Slot, Buffer>> {
  const entries = Object.entries<number | undefined>(slots);
  return Object.fromEntries(entries.map(([slot, value]) => [slot, filled(shape, dtype, value!)])) as Partial<Record<Slot, Buffer>>;
}

type Partition<O> = Omit<Group<O>, 'lr'> & { readonly lr: Buffer | undefined };

/** Deals the parameters out to the groups, and what no group wants to a last one with the common options. */
function partition<O extends OptimizerOptions, Slot extends string>(
  rule: UpdateRule<O, Slot>,
  parameters: NamedParameters,
  groups: readonly ParameterGroup<O>[],
  common: O,
): Partition<O>[] {
  const rest = new Map(Object.entries(parameters));
  if (rest.size === 0) fail('VALUE', rule.name, 'there are no parameters to train (are all of them frozen?)');
  const parts = groups.map(({ match, ...own }, i): Partition<O> => {
    const options = { ...common, ...own } as unknown as O;
    checkOptions(rule, options);
    const scale = options.lr === common.lr ? 1 : options.lr / common.lr;
    if (!Number.isFinite(scale)) fail('VALUE', rule.name, 'a group has its own lr (need an lr above 0 to relate it to)');
    const members = new Map([...rest].filter(([name]) => match(name)));
    if (members.size === 0) fail('VALUE', rule.name, `group ${i} matches no parameter (names are ${[...rest.keys()].join(', ')})`);
    for (const name of members.keys()) rest.delete(name);
    return { options, scale, lr: scale === 1 ? undefined : filled([], 'float64', options.lr), parameters: members };
  });
  return rest.size === 0 ? parts : [...parts, { options: common, scale: 1, lr: undefined, parameters: rest }];
}

function checkOptions<O extends OptimizerOptions, Slot extends string>(rule: UpdateRule<O, Slot>, options: O): void {
  checkAtLeast(rule.name, 'lr', options.lr, 0);
  rule.check(options);
}

/** Refuses an option that is no finite number or below its least value. */
export function checkAtLeast(op: string, name: string, value: unknown, least: number): void {
  if (typeof value !== 'number' || !(value >= least) || value === Infinity) {
    fail('VALUE', op, `${name} is ${show(value)} (need a number >= ${least})`, { [name]: value });
  }
}

/** Refuses an option outside [0, 1), where decay rates live. */
export function checkDecay(op: string, name: string, value: unknown): void {
  if (typeof value !== 'number' || !(value >= 0 && value < 1)) {
    fail('VALUE', op, `${name} is ${show(value)} (need 0 <= ${name} < 1)`, { [name]: value });
  }
}
