import type { Case } from './case.js';
import type { Contender } from './contender.js';
import { limitOf, type Limits } from './limits.js';
import type { Prepared } from './protocol.js';
import { referenceOf } from './reference.js';
import { own, type ContenderInfo, type Measurement, type Row } from './results.js';
import { quantile, relativeError, summarize } from './statistics.js';

/** A contender that takes part, under the name that the report gives it. */
export interface Entrant {
  readonly info: ContenderInfo;
  readonly contender: Contender;
}

/** How long and how often each contender is timed. */
export interface Effort {
  /** Seconds of one turn, at least. */
  readonly seconds: number;
  /** Turns of each contender. */
  readonly rounds: number;
  /** Seconds after which the turns of a case end, whatever is left. */
  readonly budget: number;
}

interface Ready {
  readonly entrant: Entrant;
  readonly prepared: Prepared;
  readonly error: number;
  readonly times: number[];
  readonly tails: number[];
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

function errorOf(prepared: Prepared, expected: readonly (readonly number[])[]): number {
  if (prepared.outputs.length !== expected.length) return Infinity;
  return Math.max(0, ...prepared.outputs.map(({ samples }, i) => relativeError(samples, expected[i]!)));
}

/** Prepares a case on every entrant and compares the results: only those that are right are timed. */
async function prepareAll(
  each: Case,
  threads: number,
  entrants: readonly Entrant[],
): Promise<{ ready: Ready[]; absent: Measurement[]; measuredBy: Row['measuredBy'] }> {
  const ready: Ready[] = [];
  const absent: Measurement[] = [];
  let expected = referenceOf(each.kind, each.args);
  const measuredBy = expected === undefined ? 'first contender' : 'float64';
  for (const entrant of entrants) {
    const contender = entrant.info.id;
    try {
      const prepared = await entrant.contender.prepare({ do: 'prepare', kind: each.kind, threads, ...each.args });
      if ('unsupported' in prepared) {
        absent.push({ contender, absent: prepared.unsupported });
        // What Myelin cannot do is nothing to compare with.
        if (contender === own) break;
        continue;
      }
      expected ??= prepared.outputs.map(({ samples }) => samples);
      const error = errorOf(prepared, expected);
      if (error <= each.tolerance) ready.push({ entrant, prepared, error, times: [], tails: [] });
      else absent.push({ contender, absent: `another result: error ${error.toPrecision(2)}` });
    } catch (error) {
      absent.push({ contender, absent: `failed: ${messageOf(error)}` });
    }
  }
  return { ready, absent, measuredBy };
}

/** From this multiple of the fastest time on, so many turns tell the ratio well enough. */
const slow = 4;
const turnsOfSlow = 3;

/** Times those that are ready in turns, A B A B; a turn that fails takes the contender out. */
async function takeTurns(
  ready: readonly Ready[],
  eachCall: boolean,
  { seconds, rounds, budget }: Effort,
): Promise<Measurement[]> {
  const failed = new Map<Ready, string>();
  const started = Date.now();
  const fastest = (): number => Math.min(...ready.map(({ times }) => Math.min(...times)));
  const isDone = ({ times }: Ready): boolean => times.length >= turnsOfSlow && Math.min(...times) > slow * fastest();
  // The first turn is for warming up.
  for (let round = -1; round < rounds; round++) {
    if (round > 2 && Date.now() - started > budget * 1000) break;
    for (const each of ready.filter((one) => !failed.has(one) && !isDone(one))) {
      try {
        const timed = await each.entrant.contender.time(round < 0 ? seconds / 4 : seconds, eachCall);
        if (round >= 0) each.times.push(timed.seconds);
        if (round >= 0 && timed.tail !== undefined) each.tails.push(timed.tail);
      } catch (error) {
        failed.set(each, messageOf(error));
      }
    }
  }
  return ready.map((each): Measurement => {
    const contender = each.entrant.info.id;
    const reason = failed.get(each);
    if (reason !== undefined) return { contender, absent: `failed: ${reason}` };
    const { setting, peak } = each.prepared;
    return {
      contender,
      seconds: summarize(each.times),
      setting,
      error: each.error,
      ...(peak === undefined ? {} : { peak }),
      ...(each.tails.length === 0
        ? {}
        : {
            tail: quantile(
              [...each.tails].sort((a, b) => a - b),
              0.5,
            ),
          }),
    };
  });
}

/** Measures one case on one number of threads. */
export async function measure(
  each: Case,
  threads: number,
  entrants: readonly Entrant[],
  { effort, limits, isa }: { effort: Effort; limits: Limits; isa: string },
): Promise<Row> {
  const { ready, absent, measuredBy } = await prepareAll(each, threads, entrants);
  const timed = await takeTurns(ready, each.kind === 'latency', effort);
  for (const { contender } of entrants) await contender.drop().catch(() => undefined);
  const order = entrants.map(({ info }) => info.id);
  const measurements = [...timed, ...absent].sort((a, b) => order.indexOf(a.contender) - order.indexOf(b.contender));
  const limit = limitOf(limits, each, threads, isa);
  return { case: each, threads, measuredBy, measurements, ...(limit === undefined ? {} : { limit }) };
}
