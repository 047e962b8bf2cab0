// The loop of a contender that is written in TypeScript: see bench/suite/protocol.ts.
import { createInterface } from 'node:readline';

import type { Arguments, Kind } from '../suite/case.js';
import type { Digest, Introduction, Prepared, Request, Timed, Unsupported } from '../suite/protocol.js';
import { quantile } from '../suite/statistics.js';

/** A case that is ready to run, in one of the ways that the contender may choose from. */
export interface Workload {
  /** How this way differs from the others; empty when there is only one. */
  readonly setting: string;
  /** The results of one call. */
  readonly outputs: () => Digest[] | Promise<Digest[]>;
  /** One call, whose results are dropped. */
  readonly run: () => void | Promise<void>;
  readonly drop: () => void;
}

/** What a contender can do: by kind, the ways to run a case. Throws {@link Refusal} for those it cannot. */
export type Workloads = Partial<Record<Kind, (args: Arguments) => Workload[] | Promise<Workload[]>>>;

/** Why a contender does not take part in a case. */
export class Refusal extends Error {}

const now = (): number => Number(process.hrtime.bigint()) / 1e9;

/** Seconds of one call, on average over at least so many seconds; the first call is not counted. */
async function timeFor(seconds: number, run: Workload['run']): Promise<number> {
  const first = run();
  // Awaiting costs more than a small op: only what is asynchronous pays for it.
  const isAsync = first instanceof Promise;
  await first;
  const started = now();
  let calls = 0;
  for (let batch = 1, elapsed = 0; elapsed < seconds || calls === 0;) {
    if (isAsync) for (let i = 0; i < batch; i++) await run();
    else for (let i = 0; i < batch; i++) void run();
    calls += batch;
    elapsed = now() - started;
    if (elapsed < seconds / 16) batch *= 2;
  }
  return (now() - started) / calls;
}

// So many calls at least tell what one in a hundred takes.
const fewestCalls = 100;

/** Median and 99th percentile of single calls, over at least so many seconds. */
async function timeEach(seconds: number, run: Workload['run']): Promise<Timed> {
  await run();
  const times: number[] = [];
  for (let elapsed = 0; elapsed < seconds || times.length < fewestCalls;) {
    const started = now();
    await run();
    times.push(now() - started);
    elapsed += times.at(-1)!;
  }
  times.sort((a, b) => a - b);
  return { seconds: quantile(times, 0.5), tail: quantile(times, 0.99) };
}

/** The fastest of some ways to run a case; the others are dropped. */
async function fastest(ways: Workload[]): Promise<Workload> {
  const trials: [seconds: number, way: Workload][] = [];
  for (const way of ways) trials.push([ways.length === 1 ? 0 : await timeFor(0.05, way.run), way]);
  const [[, best], ...rest] = trials.sort(([a], [b]) => a - b) as [[number, Workload], ...[number, Workload][]];
  for (const [, way] of rest) way.drop();
  return best;
}

/** Measures the memory of a contender: bytes that are in use, and the most that were since the last look. */
export interface Gauge {
  /** Starts anew; gives the bytes in use. */
  readonly reset: () => number;
  readonly peak: () => number;
}

/** Answers requests until there are no more. */
export async function serve(
  introduction: Introduction,
  workloads: Workloads,
  setThreads: (count: number) => void,
  gauge?: Gauge,
): Promise<void> {
  let current: Workload | undefined;
  const drop = (): void => {
    current?.drop();
    current = undefined;
  };

  async function prepare(request: Request & { readonly do: 'prepare' }): Promise<Prepared | Unsupported> {
    const { kind, threads, ...args } = request;
    drop();
    try {
      const make = workloads[kind];
      if (make === undefined) return { unsupported: 'not implemented' };
      setThreads(threads);
      const before = gauge?.reset() ?? 0;
      current = await fastest(await make(args));
      const outputs = await current.outputs();
      const { setting, run } = current;
      if (gauge === undefined) return { outputs, setting };
      gauge.reset();
      await run();
      return { outputs, setting, peak: gauge.peak() - before };
    } catch (error) {
      if (error instanceof Refusal) return { unsupported: error.message };
      throw error;
    }
  }

  async function answer(request: Request): Promise<Prepared | Unsupported | Timed | object> {
    if (request.do === 'prepare') return prepare(request);
    if (request.do === 'drop') drop();
    if (request.do === 'drop' || current === undefined) return {};
    if (request.each === true) return timeEach(request.seconds, current.run);
    return { seconds: await timeFor(request.seconds, current.run) };
  }

  const reply = (message: object): void => void process.stdout.write(`${JSON.stringify(message)}\n`);
  reply(introduction);
  for await (const line of createInterface({ input: process.stdin })) reply(await answer(JSON.parse(line) as Request));
}
