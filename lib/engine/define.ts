import { fail } from '../tensor/errors.js';
import { native } from '../tensor/native.js';
import type { Tensor, TensorSpec } from '../tensor/tensor.js';
import type { AttrKind, AttrValue } from './command.js';
import { dispatch, dispatchView, type Named } from './dispatch.js';

/** Names of inputs; one that ends in `[]` takes a list of tensors. */
type InputName<I extends string> = I extends `${infer Name}[]` ? Name : I;

/** Inputs by name, as an op's rules and its caller see them. */
export type Inputs<I extends string> = {
  readonly [K in I as InputName<K>]: K extends `${string}[]` ? readonly Tensor[] : Tensor;
};

/** Attribute kinds by name: `int`, `float`, `bool`, `ints`, `floats`, or the list of strings that are allowed. */
export type AttrKinds = Readonly<Record<string, AttrKind>>;

/** Attribute values by name. */
export type Attrs<A extends AttrKinds> = {
  readonly [K in keyof A]: A[K] extends readonly (infer Option)[]
    ? Option
    : A[K] extends 'bool'
      ? boolean
      : A[K] extends 'ints' | 'floats'
        ? readonly number[]
        : number;
};

/** Outputs by name; an op of one output yields the tensor itself, and one that writes into its inputs nothing. */
export type Outputs<O extends string, T> = [O] extends [never]
  ? Readonly<Record<never, T>>
  : [O] extends ['out']
    ? T
    : { readonly [K in O]: T };

/** What a gradient rule sees: what was saved, the gradients of the outputs, and the specs of all inputs. */
export type GradContext<I extends string, O extends string, A extends AttrKinds, S extends string> = {
  readonly [K in S]: K extends keyof Inputs<I> ? Inputs<I>[K] : Tensor;
} & {
  /** Gradient of the first output. */
  readonly dout: Tensor;
} & {
  /** Gradients of the other outputs; undefined where nothing depends on them. */
  readonly [K in Exclude<O, 'out'> as `d${K}`]: Tensor | undefined;
} & {
  readonly attrs: Attrs<A>;
  /** Shape and dtype of every input, saved or not. */
  readonly spec: { readonly [K in keyof Inputs<I>]: Inputs<I>[K] extends Tensor ? TensorSpec : readonly TensorSpec[] };
  /** Which inputs need a gradient: work for the others may be skipped. */
  readonly needs: { readonly [K in keyof Inputs<I>]: boolean };
};

/** Gradients by input; one left out is zero. Broadcasting is undone by the tape, not here. */
export type Gradients<I extends string> = {
  readonly [K in keyof Inputs<I>]?:
    (Inputs<I>[K] extends Tensor ? Tensor : readonly (Tensor | undefined)[]) | undefined;
};

/** Marks an op whose gradient is that of the same function written in simpler ops. */
export interface Composed<I extends string, O extends string, A extends AttrKinds> {
  readonly composed: (inputs: Inputs<I>, attrs: Attrs<A>) => Outputs<O, Tensor>;
}

/** One primitive op: everything about it but its native body, which is registered under the same name. */
export interface OpSpec<I extends string, O extends string, A extends AttrKinds, S extends string> {
  readonly name: string;
  readonly inputs: readonly I[];
  /** Names of outputs; `['out']` when left out, and none when the op overwrites inputs. */
  readonly outputs?: readonly O[];
  /** Inputs that an op without outputs overwrites; the first when left out. */
  readonly overwrites?: readonly InputName<NoInfer<I>>[];
  readonly attrs: A;
  /** Inputs or outputs that the gradient rule reads. */
  readonly save: readonly S[];
  /** Checks the inputs and says what comes out. Every message to the user comes from here. */
  readonly infer: (inputs: Inputs<I>, attrs: Attrs<A>) => Outputs<NoInfer<O>, TensorSpec>;
  /**
   * `'none'`, the same function in simpler ops (fused backward ops use it), or the rule. Rules call public functions,
   * not ops, so that what they compute is recorded and differentiated in turn.
   */
  readonly grad: 'none' | Composed<I, NoInfer<O>, A> | ((context: GradContext<I, NoInfer<O>, A, S>) => Gradients<I>);
}

/** An op as the engine sees it: the same object, with its names erased. */
export interface Op {
  readonly name: string;
  /** Number of the native body in commands; -1 for a view, which has none. */
  readonly number: number;
  readonly inputs: readonly string[];
  /** Whether an input is a list of tensors. */
  readonly variadic: boolean;
  readonly outputs: readonly string[];
  /** Inputs that an op without outputs overwrites. */
  readonly overwrites: readonly string[];
  /** Whether the op yields its one output itself, not an object of outputs. */
  readonly single: boolean;
  readonly attrs: readonly (readonly [name: string, kind: AttrKind])[];
  readonly save: readonly string[];
  readonly infer: (inputs: never, attrs: never) => unknown;
  readonly grad:
    'none' | { readonly composed: (inputs: never, attrs: never) => unknown } | ((context: never) => unknown);
}

const registry = new Map<string, Op>();
const nativeOps = new Map(
  native
    .ops()
    .map(([name, inputs, outputs, elementwise], number) => [name, { number, inputs, outputs, elementwise }] as const),
);
/** Ops that only plans run. */
const planned = new Set<string>();

/** Every op, by name. */
export const ops: ReadonlyMap<string, Op> = registry;

/** Names of native bodies that no definition has claimed; empty once the library is loaded. */
export function unclaimedNativeOps(): string[] {
  return [...nativeOps.keys()].filter((name) => !registry.has(name) && !planned.has(name));
}

/** Whether elements of the output depend on those at their own place alone, so that an op may run piece by piece. */
export const isElementwise = ({ name }: Op): boolean => nativeOps.get(name)?.elementwise === true;

/** An op of any number of inputs and outputs that passes of `compile` put in place of others: nobody calls it. */
export function planOp(name: string, attrs: AttrKinds): Op {
  const { number } = nativeOps.get(name) ?? fail('UNSUPPORTED', 'load', `the addon has no op ${name}`);
  planned.add(name);
  return {
    name,
    number,
    inputs: ['xs'],
    variadic: true,
    outputs: ['outs'],
    overwrites: [],
    single: false,
    attrs: Object.entries(attrs),
    save: [],
    infer: () => fail('UNSUPPORTED', name, 'only plans run it'),
    grad: 'none',
  };
}

type NoAttrs = Readonly<Record<never, AttrKind>>;
type Call<I extends string, O extends string, A extends AttrKinds> = (
  inputs: Inputs<I>,
  ...attrs: keyof A extends never ? [] : [attrs: Attrs<A>]
) => Outputs<O, Tensor>;

const isList = (input: string): boolean => input.endsWith('[]');
const listName = (input: string): string => (isList(input) ? input.slice(0, -2) : input);

function register(op: Op): void {
  if (registry.has(op.name)) fail('STATE', 'defineOp', `op ${op.name} is defined twice`);
  registry.set(op.name, op);
}

function claimNative(name: string, inputs: readonly string[], outputs: readonly string[]): number {
  const body = nativeOps.get(name);
  if (body === undefined) fail('UNSUPPORTED', 'load', `the addon has no op ${name} (need an addon of this version)`);
  if (body.inputs !== (inputs.some(isList) ? -1 : inputs.length) || body.outputs !== outputs.length) {
    fail('UNSUPPORTED', 'load', `the addon's ${name} has ${body.inputs} inputs and ${body.outputs} outputs`);
  }
  return body.number;
}

/**
 * Registers a primitive op and returns the function that runs it.
 *
 * The types read `inputs`, `attrs` and `save`: a gradient for an input that does not exist, or the use of a tensor that
 * was not saved, does not compile.
 */
export function defineOp<
  const I extends string,
  const A extends AttrKinds = NoAttrs,
  const S extends string = never,
  const O extends string = 'out',
>(spec: OpSpec<I, O, A, S>): Call<I, O, A> & { readonly op: Op } {
  const outputs: readonly string[] = spec.outputs ?? ['out'];
  const op: Op = {
    name: spec.name,
    number: claimNative(spec.name, spec.inputs, outputs),
    inputs: spec.inputs.map(listName),
    variadic: spec.inputs.some(isList),
    outputs,
    overwrites: outputs.length > 0 ? [] : (spec.overwrites ?? [listName(spec.inputs[0]!)]),
    single: outputs.length === 1 && outputs[0] === 'out',
    attrs: Object.entries(spec.attrs),
    save: spec.save,
    infer: spec.infer,
    grad: spec.grad,
  };
  register(op);
  const call = (inputs: Inputs<I>, attrs?: Attrs<A>) =>
    dispatch(op, inputs, attrs as Named<AttrValue> | undefined) as Outputs<O, Tensor>;
  return Object.assign(call as Call<I, O, A>, { op });
}

/** Where a view looks: strides and offset on the storage of its input. */
export interface ViewSpec {
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Registers an op that only looks at its input's memory differently, and so has no native body. */
export function defineView<const A extends AttrKinds = NoAttrs>(spec: {
  readonly name: string;
  readonly attrs: A;
  readonly infer: (inputs: Inputs<'x'>, attrs: Attrs<A>) => ViewSpec;
  readonly grad: (context: GradContext<'x', 'out', A, never>) => Gradients<'x'>;
}): Call<'x', 'out', A> & { readonly op: Op } {
  const op: Op = {
    name: spec.name,
    number: -1,
    inputs: ['x'],
    variadic: false,
    outputs: ['out'],
    overwrites: [],
    single: true,
    attrs: Object.entries(spec.attrs),
    save: [],
    infer: spec.infer,
    grad: spec.grad,
  };
  register(op);
  const call = (inputs: Inputs<'x'>, attrs?: Attrs<A>) =>
    dispatchView(op, inputs, attrs as Named<AttrValue> | undefined);
  return Object.assign(call as Call<'x', 'out', A>, { op });
}
