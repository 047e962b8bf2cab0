import { encodeAttrs } from '../engine/command.js';
import { planOp } from '../engine/define.js';
import { dtypeInfo, type DType } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import type { Node, Value, View } from './graph.js';
import { asShape, commonCuts, cutsOf, cutWalk, joinWalks, passesOver, walkOf, type Walk } from './walk.js';

/** Element-wise ops as one command: see native/ops/fused.h. */
export const fusedOp = planOp('fused', { program: 'floats' });

/** What one command may hold, as native/ops/fused.h has it. */
export const limits = { steps: 32, registers: 48, rank: 8 } as const;

const keyOf = ({ value, dtype, offset }: View, walk: Walk, numberOf: (value: Value) => number): string =>
  `${numberOf(value)} ${dtype} ${offset} ${walk.map(({ extent, stride }) => `${extent}:${stride}`).join()}`;

/** Numbers things as they come. */
function numbering<T>(): (item: T) => number {
  const numbers = new Map<T, number>();
  return (item) => {
    const number = numbers.get(item) ?? numbers.size;
    numbers.set(item, number);
    return number;
  };
}

/** Tiles for values that only the program sees: one is used again when its value has been read for the last time. */
class Tiles {
  readonly dtypes: DType[] = [];
  private readonly free: number[] = [];

  take(dtype: DType): number {
    const at = this.free.findIndex((tile) => this.dtypes[tile] === dtype);
    return at >= 0 ? this.free.splice(at, 1)[0]! : this.dtypes.push(dtype) - 1;
  }

  giveBack(tile: number): void {
    this.free.push(tile);
  }
}

/** What reads what is made outside of the program, by members. */
interface Operands {
  readonly inputs: readonly View[];
  /** Register of each member's inputs from outside; undefined for those from inside. */
  readonly registers: readonly (readonly (number | undefined)[])[];
  readonly outputs: readonly View[];
}

function operandsOf(members: readonly Node[], isNeeded: (value: Value) => boolean): Operands {
  const made = new Set(members.map(({ outputs }) => outputs[0]!.value));
  const cuts = commonCuts(...members.map(({ outputs }) => cutsOf(outputs[0]!)))!;
  const numberOf = numbering<Value>();
  const registers = new Map<string, number>();
  const views: View[] = [];
  const walks: Walk[] = [];
  const used = members.map(({ inputs, outputs }) =>
    inputs.map((view) => {
      if (made.has(view.value)) return undefined;
      const walk = cutWalk(walkOf(view, outputs[0]!), cuts);
      const key = keyOf(view, walk, numberOf);
      if (!registers.has(key)) {
        registers.set(key, views.push(view) - 1);
        walks.push(walk);
      }
      return registers.get(key)!;
    }),
  );
  const results = members.map(({ outputs }) => outputs[0]!).filter(({ value }) => isNeeded(value));
  const straight = results.map((view) => cutWalk(walkOf(view, view), cuts));
  const shapes = joinWalks([...walks, ...straight]).map(asShape);
  return {
    inputs: views.map((view, i) => ({ ...view, ...shapes[i]! })),
    registers: used,
    outputs: results.map((view, i) => ({ ...view, ...shapes[views.length + i]! })),
  };
}

function lastReaders(members: readonly Node[]): Map<Value, number> {
  const last = new Map<Value, number>();
  members.forEach(({ inputs }, i) => {
    for (const { value } of inputs) last.set(value, i);
  });
  return last;
}

/** One command for element-wise ones that pass over the same memory; `isNeeded` tells what others read of what they make. */
export function fuse(members: readonly Node[], isNeeded: (value: Value) => boolean): Node {
  const { inputs, registers, outputs } = operandsOf(members, isNeeded);
  const place = new Map(outputs.map(({ value }, i) => [value, inputs.length + i]));
  const firstTile = inputs.length + outputs.length;
  const last = lastReaders(members);
  const tiles = new Tiles();
  const steps = members.map(({ op, attrs, inputs: reads, outputs: [out] }, i) => {
    const from = reads.map(({ value }, k) => registers[i]![k] ?? place.get(value)!);
    const { value, dtype } = out!;
    if (!place.has(value)) place.set(value, firstTile + tiles.take(dtype));
    for (const read of new Set(reads.map((view) => view.value))) {
      const register = place.get(read) ?? -1;
      if (register >= firstTile && last.get(read) === i) tiles.giveBack(register - firstTile);
    }
    const numbers = encodeAttrs(op, attrs);
    return [op.number, from.length, ...from, place.get(value)!, numbers.length, ...numbers];
  });
  const codes = tiles.dtypes.map((dtype) => dtypeInfo(dtype).code);
  const program = [codes.length, ...codes, steps.length, ...steps.flat()];
  return { op: fusedOp, inputs, attrs: { program }, outputs, writes: [], draw: undefined, parts: members };
}

/** Whether a command may be a member beside others that pass over memory with such cuts. */
export function fits(node: Node, cuts: readonly number[]): boolean {
  const common = commonCuts(cuts, cutsOf(node.outputs[0]!));
  return common !== undefined && common.length <= limits.rank;
}

/** Whether a command reads a value as it was made, element by element of its own output. */
export function readsStraight(view: View, { outputs: [out] }: Node, made: View): boolean {
  return view.dtype === made.dtype && sizeOf(made.shape) === sizeOf(out!.shape) && passesOver(view, out!);
}
