import { inspect } from 'node:util';

import { showBytes } from './bytes.js';
import { callSite } from './call-site.js';
import { MyelinError, fail, show } from './errors.js';
import { native } from './native.js';
import { tensorsIn } from './scope.js';
import { collectUnreachable, setWitness, type Storage } from './storage.js';
import { Tensor } from './tensor.js';

/** Tensors that one line of a program made and that are still alive. */
export interface LeakSite {
  /** The function of the library, or else the op, that made them. */
  readonly op: string;
  /** The line that called the library: `train (/home/ada/digits.ts:12:20)`. */
  readonly where: string;
  readonly count: number;
  readonly bytes: number;
  /** How many of them nothing refers to any more: they were not disposed, and only the collector freed them. */
  readonly forgotten: number;
}

/** What {@link trackLeaks} found, most bytes first; prints as one line a site. */
export class LeakReport {
  readonly count: number;
  readonly bytes: number;

  constructor(readonly sites: readonly LeakSite[]) {
    this.count = sites.reduce((sum, site) => sum + site.count, 0);
    this.bytes = sites.reduce((sum, site) => sum + site.bytes, 0);
  }

  /** The report as text: a line for every place in the program that made what is left. */
  toString(): string {
    if (this.count === 0) return 'no tensors are left';
    const lines = this.sites.map(({ op, where, count, bytes, forgotten }) => {
      const note = forgotten > 0 ? ` (${forgotten} forgotten: not disposed, no longer in use)` : '';
      return `  ${count} of ${showBytes(bytes)} by ${op} at ${where}${note}`;
    });
    return [`${this.count} tensors of ${showBytes(this.bytes)} are left:`, ...lines].join('\n');
  }

  /** What `console.log` prints: the text of `toString`. */
  [inspect.custom](): string {
    return this.toString();
  }
}

interface Birth {
  readonly op: string;
  readonly where: string;
  readonly bytes: number;
}

const trackers = new Set<LeakTracker>();

// Only handles are kept: a reference to the storage, even a weak one, would keep it alive until the current job ends.
function witness({ handle, bytes }: Storage, op: string): void {
  const { called, where } = callSite();
  const birth: Birth = { op: called ?? op, where, bytes };
  for (const tracker of trackers) tracker.add(handle, birth);
}

/** Watches which tensors are made, until it is stopped or disposed; see {@link trackLeaks}. */
export class LeakTracker {
  private births = new Map<number, Birth>();
  private pruneAt = 1024;

  /** @internal Trackers are made by {@link trackLeaks}. */
  constructor() {
    trackers.add(this);
    setWitness(witness);
  }

  /** @internal */
  add(handle: number, birth: Birth): void {
    this.births.set(handle, birth);
    if (this.births.size < this.pruneAt) return;
    this.prune();
    this.pruneAt = Math.max(1024, 2 * this.births.size);
  }

  /** What was made since the tracker began and is alive now. Those that are only forgotten are collected by this. */
  report(): LeakReport {
    return this.reportBut(new Set());
  }

  /** @internal {@link report} without some storages, by handle. */
  reportBut(kept: ReadonlySet<number>): LeakReport {
    this.prune();
    const alive = [...this.births].filter(([handle]) => !kept.has(handle));
    collectUnreachable();
    const sites = new Map<string, { -readonly [K in keyof LeakSite]: LeakSite[K] }>();
    for (const [handle, { op, where, bytes }] of alive) {
      const key = `${op} ${where}`;
      const site = sites.get(key) ?? { op, where, count: 0, bytes: 0, forgotten: 0 };
      site.count++;
      site.bytes += bytes;
      if (!native.contains(handle)) site.forgotten++;
      sites.set(key, site);
    }
    return new LeakReport([...sites.values()].sort((a, b) => b.bytes - a.bytes || b.count - a.count));
  }

  /** Ends the watch; what it has seen can still be reported. */
  stop(): void {
    trackers.delete(this);
    if (trackers.size === 0) setWitness(undefined);
  }

  /** Stops at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.stop();
  }

  private prune(): void {
    for (const handle of this.births.keys()) if (!native.contains(handle)) this.births.delete(handle);
  }
}

/**
 * Finds tensors that nobody frees: notes the op and the line of every tensor that is made from now on, and reports those
 * still alive. Given a function, runs it and reports what it left.
 *
 * Counts memory: views share that of the tensor they look at, and a Parameter or Buffer counts if it was made under
 * watch. Costs nothing while no tracker is open; an open one takes some microseconds a tensor. Each worker watches its own.
 *
 * @throws MyelinError `TYPE` when `body` is given and no function
 * @example
 * ```ts
 * import { ones, trackLeaks } from 'myelin';
 * using tracker = trackLeaks();
 * const kept = ones([256]);
 * const { count, bytes, sites } = tracker.report(); // console.log(report) shows function and line of each site
 * console.log(count, bytes, sites.length); // 1 1024 1
 * kept.dispose();
 * console.log(String(tracker.report())); // no tensors are left
 * ```
 */
export function trackLeaks(): LeakTracker;
export function trackLeaks(body: () => Promise<unknown>): Promise<LeakReport>;
export function trackLeaks(body: () => unknown): LeakReport;
export function trackLeaks(...given: [body?: () => unknown]): LeakTracker | LeakReport | Promise<LeakReport> {
  if (given.length === 0) return new LeakTracker();
  return watch('trackLeaks', given[0], (tracker) => tracker.report());
}

/**
 * Runs a function, often the body of a test, and fails when it leaves tensors behind; those it returns (also inside
 * arrays, Maps, Sets and plain objects) are the caller's and do not count.
 *
 * @returns what the function returns
 * @throws MyelinError `LEAK` with the report as its message; whatever the function throws
 * @example
 * ```ts
 * import { MyelinError, expectNoLeaks, ones, scope } from 'myelin';
 * const y = expectNoLeaks(() => scope(() => ones([2]).mul(3)));
 * console.log(y.toArray()); // [ 3, 3 ]
 * try {
 *   expectNoLeaks(() => void ones([2]).mul(3));
 * } catch (error) {
 *   if (error instanceof MyelinError) console.log(error.message.split('\n')[0]); // expectNoLeaks: 2 tensors of 16 bytes are left:
 * }
 * ```
 */
export function expectNoLeaks<T>(body: () => T): T {
  return watch('expectNoLeaks', body, (tracker, result) => {
    const report = tracker.reportBut(handlesIn(result));
    if (report.count > 0) throw new MyelinError('LEAK', 'expectNoLeaks', report.toString(), { report });
    return result;
  }) as T;
}

function handlesIn(value: unknown): Set<number> {
  const tensors = tensorsIn(value, (item) => item instanceof Tensor) as ReadonlySet<Tensor>;
  return new Set([...tensors].map(({ storage }) => storage.handle));
}

/** Runs `body` under a tracker of its own; when it gives a promise, until that settles. */
function watch<R>(op: string, body: unknown, conclude: (tracker: LeakTracker, result: unknown) => R): R | Promise<R> {
  if (typeof body !== 'function') fail('TYPE', op, `got ${show(body)} (need a function)`);
  const tracker = new LeakTracker();
  let asynchronous = false;
  try {
    const result = (body as () => unknown)();
    if (!(result instanceof Promise)) return conclude(tracker, result);
    asynchronous = true;
    return result.then((value) => conclude(tracker, value)).finally(() => tracker.stop());
  } finally {
    if (!asynchronous) tracker.stop();
  }
}
