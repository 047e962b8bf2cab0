import { randomBytes } from 'node:crypto';

import { fail, show } from './errors.js';

/** Elements that one block of the native generator yields; see native/ops/random.cc. */
const perBlock = 4;

/**
 * A source of random numbers: a key, and a counter of the blocks that were drawn.
 *
 * Draws are a pure function of both (Philox 4x32-10), so the same seed gives the same numbers on every machine, with any
 * number of threads.
 *
 * @example
 * ```ts
 * import { Generator, rand } from 'myelin';
 * const a = rand([2], { generator: new Generator(7) });
 * const b = rand([2], { generator: new Generator(7) });
 * console.log(a.sub(b).toArray()); // [ 0, 0 ]
 * ```
 */
export class Generator {
  private key: number;
  private counter = 0;

  /** @param seed integer from 0 to 2⁵³ − 1; by default an unpredictable one */
  constructor(seed: number = unpredictable()) {
    this.key = checkSeed('Generator', seed);
  }

  /** Starts over with another seed. */
  seed(seed: number): this {
    this.key = checkSeed('seed', seed);
    this.counter = 0;
    return this;
  }

  /** Where the generator stands: assign it later to repeat what came after. */
  get state(): readonly [key: number, counter: number] {
    return [this.key, this.counter];
  }

  set state([key, counter]: readonly [key: number, counter: number]) {
    this.key = checkSeed('Generator', key);
    this.counter = checkSeed('Generator', counter);
  }

  /** @internal Sets aside the blocks that `elements` draws need. */
  take(elements: number): { readonly key: number; readonly counter: number } {
    const { key, counter } = this;
    this.counter += Math.ceil(elements / perBlock);
    return { key, counter };
  }
}

function checkSeed(op: string, seed: unknown): number {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) {
    fail('VALUE', op, `the seed is ${show(seed)} (need an integer from 0 to 2^53 - 1)`, { seed });
  }
  return seed as number;
}

function unpredictable(): number {
  return randomBytes(6).readUIntBE(0, 6);
}

/** What random functions draw from unless they are given a generator. */
export const defaultGenerator = new Generator();

/**
 * Makes everything random repeatable: starts the default generator over.
 *
 * @param value integer from 0 to 2⁵³ − 1
 * @throws MyelinError `VALUE` for anything else
 * @example
 * ```ts
 * import { rand, seed } from 'myelin';
 * seed(1);
 * const a = rand([1]).item();
 * seed(1);
 * console.log(rand([1]).item() === a); // true
 * ```
 */
export function seed(value: number): void {
  defaultGenerator.seed(value);
}
