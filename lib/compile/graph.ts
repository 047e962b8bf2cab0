import type { AttrValue } from '../engine/command.js';
import type { Op } from '../engine/define.js';
import type { Named } from '../engine/dispatch.js';
import type { DType } from '../tensor/dtype.js';
import type { Generator } from '../tensor/rng.js';
import type { Shape } from '../tensor/shape.js';
import type { Storage } from '../tensor/storage.js';

/** Bytes that commands read and write: the graph's counterpart of a storage. */
export interface Value {
  /** What a run is given; what was there before, such as Parameters and constants; or what the graph makes. */
  readonly kind: 'input' | 'bound' | 'made';
  readonly bytes: number;
  /** Of what is bound. */
  readonly storage?: Storage;
}

/** A strided window on a value. */
export interface View {
  readonly value: Value;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** Where a random op stands in the stream of its generator, in blocks from where the run begins. */
export interface Draw {
  readonly generator: Generator;
  readonly offset: number;
}

/** One command. */
export interface Node {
  readonly op: Op;
  readonly inputs: readonly View[];
  readonly attrs: Named<AttrValue>;
  readonly outputs: readonly View[];
  /** Bound values that the command overwrites. */
  readonly writes: readonly Value[];
  readonly draw: Draw | undefined;
  /** Of a command that stands for several: those, in their order. */
  readonly parts?: readonly Node[];
  /** Which run of a checkpoint it belongs to; nodes of different ones are not to be joined. */
  readonly rerun?: number;
  /** Whether somebody heard of it while it was traced, so that gradients may go through it. */
  readonly recorded?: boolean;
  /** Outputs that take the memory of inputs, which nobody reads after this command. */
  readonly inPlace?: ReadonlyMap<Value, Value>;
  /** Whether its results outlast the run: later ones compute them anew only when what it reads has been assigned. */
  readonly lasting?: boolean;
}

/** The op of a command, and those that it does the work of. */
export function titleOf({ op, parts }: Node): string {
  return parts === undefined ? op.name : `${op.name}[${parts.map(titleOf).join(' ')}]`;
}

/** Results of those commands that a command stands for, which nobody else reads and which have no memory of their own. */
export function withoutMemory({ parts = [], outputs }: Node): Value[] {
  const kept = new Set(outputs.map(({ value }) => value));
  return parts
    .flatMap((part) => [...part.outputs.map(({ value }) => value), ...withoutMemory(part)])
    .filter((value) => !kept.has(value));
}

/** What a function does: commands in the order in which they run. */
export interface Graph {
  readonly inputs: readonly Value[];
  readonly nodes: readonly Node[];
  readonly outputs: readonly View[];
}

/** Values that are bound, each once, in the order of their first use. */
export function boundValues({ nodes, outputs }: Graph): Value[] {
  const views = [...nodes.flatMap(({ inputs }) => inputs), ...outputs];
  return [...new Set(views.map(({ value }) => value))].filter(({ kind }) => kind === 'bound');
}

/** Values that lasting commands make. */
export function lastingValues({ nodes }: Graph): Set<Value> {
  const lasting = nodes.filter((node) => node.lasting === true);
  return new Set(lasting.flatMap(({ outputs }) => outputs.map(({ value }) => value)));
}

/** Values that some command overwrites. */
export function writtenValues({ nodes }: Graph): Set<Value> {
  return new Set(nodes.flatMap(({ writes }) => writes));
}
