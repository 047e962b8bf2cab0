import { fail, show } from './errors.js';

/** Elements that one block of the native generator yields; see native/ops/random.cc. */
const perBlock = 4;

/** Where a generator stands: its key, and how many blocks were drawn. */
export type GeneratorState = readonly [key: number, counter: number];

// Each notes where generators stood when they were first used: see replaying draws, below.
const witnesses: Map<Generator, GeneratorState>[] = [];

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
  // Undefined until it is asked for: the module that knows unpredictable numbers takes milliseconds to load.
  private chosen: number | undefined;
  private counter = 0;

  /** @param seed integer from 0 to 2⁵³ − 1; by default an unpredictable one */
  constructor(seed?: number) {
    if (seed !== undefined) this.chosen = checkSeed('Generator', seed);
  }

  private get key(): number {
    return (this.chosen ??= unpredictable());
  }

  /** Starts over with another seed. */
  seed(seed: number): this {
    const key = checkSeed('seed', seed);
    if (drawn !== undefined)
      fail('TRACE', 'seed', 'a generator was seeded while a function is being traced (seed it outside)');
    this.witness();
    this.chosen = key;
    this.counter = 0;
    return this;
  }

  /** Where the generator stands: assign it later to repeat what came after. */
  get state(): GeneratorState {
    return [this.key, this.counter];
  }

  set state([key, counter]: GeneratorState) {
    this.witness();
    this.chosen = checkSeed('Generator', key);
    this.counter = checkSeed('Generator', counter);
  }

  /** @internal Sets aside the blocks that `elements` draws need. */
  take(elements: number): { readonly key: number; readonly counter: number } {
    this.witness();
    const { key, counter } = this;
    this.counter += Math.ceil(elements / perBlock);
    drawn?.(this, key, counter);
    return { key, counter };
  }

  private witness(): void {
    for (const seen of witnesses) if (!seen.has(this)) seen.set(this, this.state);
  }
}

type Drawn = (generator: Generator, key: number, counter: number) => void;
let drawn: Drawn | undefined;

/** Runs a function and tells of each draw inside where its generator stood. */
export function hearDraws<T>(hear: Drawn, body: () => T): T {
  const before = drawn;
  drawn = hear;
  try {
    return body();
  } finally {
    drawn = before;
  }
}

/** Elements that a number of blocks yields. */
export function elementsOf(blocks: number): number {
  return blocks * perBlock;
}

/** A generator that was given as an option, checked. */
export function checkGenerator(generator: Generator): Generator {
  const given: unknown = generator;
  if (!(given instanceof Generator)) fail('TYPE', 'Generator', `generator is ${show(given)} (need a Generator)`);
  return given;
}

/** Runs a function and tells where each generator that it used stood before. */
export function witnessDraws<T>(body: () => T): {
  readonly result: T;
  readonly states: ReadonlyMap<Generator, GeneratorState>;
} {
  const states = new Map<Generator, GeneratorState>();
  witnesses.push(states);
  try {
    return { result: body(), states };
  } finally {
    witnesses.pop();
  }
}

/** Runs a function that draws the same numbers again, and leaves the generators as they are. */
export function replayDraws<T>(states: ReadonlyMap<Generator, GeneratorState>, body: () => T): T {
  const now = [...states.keys()].map((generator) => [generator, generator.state] as const);
  for (const [generator, state] of states) generator.state = state;
  try {
    return body();
  } finally {
    for (const [generator, state] of now) generator.state = state;
  }
}

function checkSeed(op: string, seed: unknown): number {
  if (!Number.isSafeInteger(seed) || (seed as number) < 0) {
    fail('VALUE', op, `the seed is ${show(seed)} (need an integer from 0 to 2^53 - 1)`, { seed });
  }
  return seed as number;
}

function unpredictable(): number {
  return process.getBuiltinModule('node:crypto').randomBytes(6).readUIntBE(0, 6);
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
