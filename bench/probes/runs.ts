// What a run of a compiled function costs that does nothing: on this thread, and on another.
import { compile } from 'myelin';

import { quantile } from '../suite/statistics.js';
import { isQuick, say } from './say.js';

const nothing = compile(() => undefined, { name: 'nothing' });
const calls = 2_000;

/** Microseconds of one call, as the median of several turns. */
async function cost(call: () => void | Promise<void>): Promise<number> {
  const turns: number[] = [];
  for (let turn = -1; turn < (isQuick ? 9 : 25); turn++) {
    const started = performance.now();
    for (let i = 0; i < calls; i++) {
      const ran = call();
      if (ran !== undefined) await ran;
    }
    if (turn >= 0) turns.push(((performance.now() - started) * 1000) / calls);
  }
  return quantile(
    turns.sort((a, b) => a - b),
    0.5,
  );
}

async function main(): Promise<void> {
  const sync = await cost(() => nothing.sync());
  const awaited = await cost(() => nothing());
  say([
    { what: 'run of an empty plan, .sync', unit: 'µs', reached: sync, atMost: 2 },
    { what: 'run of an empty plan, awaited', unit: 'µs', reached: awaited, atMost: 10 },
  ]);
}

void main();
