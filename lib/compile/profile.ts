import { checkInteger } from '../ops/checks.js';
import { describe } from '../tensor/errors.js';
import { flopsOf } from './flops.js';
import { titleOf } from './graph.js';
import type { Plan } from './plan.js';
import type { Tensor } from '../tensor/tensor.js';

/** What one op of a profile took, over all its commands, as means of a run. */
export interface OpProfile {
  readonly op: string;
  readonly commands: number;
  readonly milliseconds: number;
  /** Floating-point operations of a run: two for each multiply-add of a product, else one for each element. */
  readonly flops: number;
  /** Of the whole run, 0 to 1. */
  readonly share: number;
}

/** Where the time of a compiled function goes. */
export interface Profile {
  /** Ops by the time they take, longest first. */
  readonly ops: readonly OpProfile[];
  /** Mean time of a run. */
  readonly milliseconds: number;
  /** The ops as a table. */
  toString(): string;
  /** The last run in the trace event format, as JSON: https://ui.perfetto.dev and chrome://tracing open it. */
  toChromeTrace(): string;
}

/** Options of a profile. */
export interface ProfileOptions {
  /** Runs that are measured, after one that is not; default 10. */
  readonly runs?: number;
}

/** Measures every command of a plan. */
export function profilePlan(plan: Plan, inputs: readonly Tensor[], { runs = 10 }: ProfileOptions): Profile {
  checkInteger('profile', 'runs', runs, 1);
  const { nodes } = plan.graph;
  const times = new Float64Array(nodes.length + 1);
  const spent = new Float64Array(nodes.length);
  for (let run = -1; run < runs; run++) {
    for (const result of plan.sync(inputs, times)) result.dispose();
    if (run >= 0) spent.forEach((_, i) => (spent[i]! += (times[i + 1]! - times[i]!) / runs));
  }
  const milliseconds = sumOf(spent);
  const ops = byOp(plan, spent, milliseconds);
  return {
    ops,
    milliseconds,
    toString: () => tableOf(plan.name, ops, milliseconds),
    toChromeTrace: () => traceOf(plan, times),
  };
}

function byOp({ graph }: Plan, spent: Float64Array, total: number): OpProfile[] {
  const sums = new Map<string, Pick<OpProfile, 'commands' | 'milliseconds' | 'flops'>>();
  graph.nodes.forEach((node, i) => {
    const title = titleOf(node);
    const { commands, milliseconds, flops } = sums.get(title) ?? { commands: 0, milliseconds: 0, flops: 0 };
    // A command that lasts is not run again.
    const done = node.lasting === true ? 0 : flopsOf(node);
    sums.set(title, { commands: commands + 1, milliseconds: milliseconds + spent[i]!, flops: flops + done });
  });
  const rows = [...sums].map(([op, sum]) => ({ op, ...sum, share: total === 0 ? 0 : sum.milliseconds / total }));
  return rows.sort((a, b) => b.milliseconds - a.milliseconds);
}

const sumOf = (numbers: Iterable<number>): number => [...numbers].reduce((sum, number) => sum + number, 0);
const speedOf = (flops: number, milliseconds: number): string =>
  milliseconds === 0 ? '' : (flops / milliseconds / 1e6).toPrecision(3);

function tableOf(name: string, ops: readonly OpProfile[], total: number): string {
  const width = Math.max(...ops.map(({ op }) => op.length), name.length);
  const row = (op: string, commands: string, ms: string, share: string, speed: string): string =>
    `${op.padEnd(width)}  ${commands.padStart(8)}  ${ms.padStart(10)}  ${share.padStart(7)}  ${speed.padStart(8)}`;
  return [
    row(name, 'commands', 'ms', 'share', 'GFLOP/s'),
    ...ops.map(({ op, commands, milliseconds, flops, share }) =>
      row(op, String(commands), milliseconds.toFixed(4), `${(100 * share).toFixed(1)} %`, speedOf(flops, milliseconds)),
    ),
    row('', '', total.toFixed(4), '', speedOf(sumOf(ops.map(({ flops }) => flops)), total)),
  ].join('\n');
}

// Durations of the trace event format are microseconds.
function traceOf({ name, graph }: Plan, times: Float64Array): string {
  const [start = 0] = times;
  const traceEvents = graph.nodes.map((node, i) => ({
    name: titleOf(node),
    cat: name,
    ph: 'X',
    ts: 1000 * (times[i]! - start),
    dur: 1000 * (times[i + 1]! - times[i]!),
    pid: process.pid,
    tid: 1,
    args: { inputs: node.inputs.map(describe), outputs: node.outputs.map(describe), flops: flopsOf(node) },
  }));
  return JSON.stringify({ traceEvents, displayTimeUnit: 'ms' });
}
