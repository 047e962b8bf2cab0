import type { TypedArray } from './dtype.js';
import { fail, isOutOfMemory, rethrow } from './errors.js';
import { native } from './native.js';

// Counts how often any storage was overwritten.
let clock = 0;

/** A moment that overwrites can be compared with: those that came later have a greater `overwrittenAt`. */
export function writeTime(): number {
  return clock;
}

/**
 * Counted bytes behind one or more tensors: from the native pool, or borrowed from a JavaScript buffer.
 * Freed when the last tensor on it is disposed; if nobody disposes, when the collector finds this object unreachable.
 */
export class Storage {
  /** Native handle, written by whoever creates the storage. Stale after release, and then recognised as such. */
  handle = -1;
  /** When its contents were last overwritten, on the clock of {@link writeTime}; 0 for never. */
  overwrittenAt = 0;
  /** Runs of compiled functions, on other threads, that read the contents, and those that write them. */
  readers = 0;
  writers = 0;
  /** Tensors on this storage that have not been disposed. */
  private users = 0;
  private array: ArrayBufferView | undefined;

  constructor(
    readonly bytes: number,
    borrowed?: ArrayBufferView,
  ) {
    this.array = borrowed;
    this.enlist();
  }

  /** Counts the storage among those that are alive. */
  protected enlist(): void {
    countCreated(this.counted);
  }

  /** Bytes of native memory: those of a borrowed array are JavaScript's. */
  private get counted(): number {
    return this.array === undefined ? this.bytes : 0;
  }

  /** Array whose bytes a borrowed storage uses: kept alive as long as this object. */
  get borrowed(): ArrayBufferView | undefined {
    return this.array;
  }

  static allocate(bytes: number, op = 'tensor'): Storage {
    return new Storage(bytes).obtain(op, (storage) => native.allocate(bytes, storage));
  }

  static borrow(array: ArrayBufferView): Storage {
    return new Storage(array.byteLength, array).obtain('borrow', (storage) => native.borrow(array, storage));
  }

  private obtain(op: string, ask: (storage: Storage) => number): this {
    for (let tries = 1; ; tries++) {
      try {
        this.handle = ask(this);
        noteCreated(this, op);
        return this;
      } catch (error) {
        if (tries === 1 && reclaim(error)) continue;
        recount();
        rethrow(error, op);
      }
    }
  }

  /** Whether JavaScript has taken borrowed bytes back: the array's buffer was transferred or resized. */
  get withdrawn(): boolean {
    return this.borrowed !== undefined && this.borrowed.byteLength !== this.bytes;
  }

  /** Refuses contents that cannot be read now. */
  checkUsable(op: string): void {
    // What is traced reads nothing yet.
    if (this.writers > 0 && reader === undefined)
      fail('BUSY', op, 'a compiled function that is running assigns the tensor (await it first)');
    if (this.withdrawn) {
      fail('STATE', op, 'the buffer of the borrowed array was transferred or resized (need it as it was)');
    }
  }

  /** Refuses contents that cannot be overwritten now. */
  checkAssignable(op: string): void {
    if ((this.readers > 0 || this.writers > 0) && reader === undefined) {
      fail('BUSY', op, 'a compiled function that is running uses the tensor (await it before assigning)');
    }
  }

  /** Whether there is something to read: not while a function is traced, unless it is the same in every run. */
  get known(): boolean {
    return true;
  }

  read(byteOffset: number, target: TypedArray): void {
    this.checkUsable('read');
    if (reader !== undefined) reader(this);
    native.read(this.handle, byteOffset, target);
  }

  write(byteOffset: number, source: ArrayBufferView): void {
    this.checkUsable('write');
    this.checkAssignable('write');
    native.write(this.handle, byteOffset, source);
  }

  /** Called when an op has overwritten the contents. */
  noteOverwritten(): void {
    this.overwrittenAt = ++clock;
  }

  /** From now on uses the bytes of an array of the same length, whatever they hold. */
  moveTo(array: ArrayBufferView): void {
    this.checkAssignable('attachShared');
    const old = this.handle;
    this.handle = native.borrow(array, this);
    native.release(old);
    liveBytes -= this.counted;
    this.array = array;
  }

  retain(): void {
    this.users++;
  }

  drop(): void {
    if (--this.users === 0) this.release();
  }

  protected release(): void {
    native.release(this.handle);
    liveBytes -= this.counted;
    liveCount--;
  }
}

let reader: ((storage: Storage) => void) | undefined;

/** Sets who is told of every storage whose contents JavaScript reads; nobody unless a function is being traced. */
export function setReader(next: ((storage: Storage) => void) | undefined): void {
  reader = next;
}

type Witness = (storage: Storage, op: string) => void;
let witness: Witness | undefined;

/** Sets who is told of every storage that is made; nobody unless leaks are tracked. */
export function setWitness(next: Witness | undefined): void {
  witness = next;
}

/** Called for every storage that has got its memory. */
export function noteCreated(storage: Storage, op: string): void {
  if (witness !== undefined) witness(storage, op);
}

const minBytes = 128 * 2 ** 20;
const minCount = 1_000;

// What is alive as far as explicit releases tell; the collector may know better, which `relieve` finds out.
let liveBytes = 0;
let liveCount = 0;
let byteLimit = minBytes;
let countLimit = minCount;
/** Storages made since the last sweep. The few that a loop forgets among many that it frees go with the next one. */
let unswept = 0;

// Called for every new storage, before its memory is asked for.
function countCreated(bytes: number): void {
  if (liveBytes + bytes > byteLimit || liveCount >= countLimit) relieve();
  else if (unswept >= countLimit) sweep();
  liveBytes += bytes;
  liveCount++;
  unswept++;
}

/** Called when storages that were counted could not be made. */
export function recount(): void {
  [liveCount, liveBytes] = native.memory();
}

type Collect = (options?: { type: 'minor' }) => void;
let collector: Collect | undefined;

// Finalizers never run inside a synchronous loop and V8 cannot see how large tensors are, so it is asked to collect.
// --expose-gc only affects contexts made after it is set: user code sees no new global.
function collect(options?: { type: 'minor' }): void {
  const { setFlagsFromString } = process.getBuiltinModule('node:v8');
  const { runInNewContext } = process.getBuiltinModule('node:vm');
  // Flags are the process's: a worker may take this one back before the context is made.
  while (collector === undefined) {
    setFlagsFromString('--expose-gc');
    collector = runInNewContext('globalThis.gc') as Collect | undefined;
    setFlagsFromString('--no-expose-gc');
  }
  collector(options);
}

function sweep(): void {
  native.sweep();
  recount();
  unswept = 0;
}

// Tensors that nobody disposed are found in three rounds, each dearer than the last, until half of the limit is free.
// What remains is really in use, and the limit rises above it.
function relieve(): void {
  const done = () => liveBytes <= byteLimit / 2 && liveCount <= countLimit / 2;
  sweep();
  if (!done()) {
    collect({ type: 'minor' });
    sweep();
  }
  if (!done()) {
    collect();
    sweep();
  }
  native.report();
  byteLimit = Math.max(minBytes, 2 * liveBytes);
  countLimit = Math.max(minCount, 2 * liveCount);
}

/** Releases every tensor of this thread that is unreachable. */
export function collectUnreachable(): void {
  collect();
  sweep();
  native.report();
}

/**
 * Looks for memory when an op could not get any; false when the op failed for another reason. What found none is run
 * again after this, so an op that writes into its inputs asks for all of its memory before it writes.
 */
export function reclaim(error: unknown): boolean {
  if (!isOutOfMemory(error)) return false;
  collectUnreachable();
  native.trim();
  return true;
}
