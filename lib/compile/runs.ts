import type { Storage } from '../tensor/storage.js';

/** A run on another thread: under way, or waiting for others that use what it uses. */
export interface Run {
  /** Only one run of a plan at a time: they share its memory. */
  readonly plan: object;
  readonly reads: readonly Storage[];
  readonly writes: readonly Storage[];
  start(): void;
}

// Runs in the order in which they were asked for; those in `started` are under way.
const queue: Run[] = [];
const started = new Set<Run>();

function conflict(a: Run, b: Run): boolean {
  if (a.plan === b.plan) return true;
  const touches = (writer: Run, other: Run): boolean =>
    writer.writes.some((storage) => other.reads.includes(storage) || other.writes.includes(storage));
  return touches(a, b) || touches(b, a);
}

function startReady(): void {
  for (let i = 0; i < queue.length; i++) {
    const run = queue[i]!;
    if (started.has(run) || queue.slice(0, i).some((earlier) => conflict(earlier, run))) continue;
    started.add(run);
    run.start();
  }
}

/** Starts a run as soon as none that was asked for earlier stands in its way. Until it ends, what it uses is busy. */
export function enqueue(run: Run): void {
  for (const storage of run.reads) storage.readers++;
  for (const storage of run.writes) storage.writers++;
  queue.push(run);
  startReady();
}

/** Called when a run has ended, or has been given up before it started. */
export function finish(run: Run): void {
  const at = queue.indexOf(run);
  if (at < 0) return;
  queue.splice(at, 1);
  started.delete(run);
  for (const storage of run.reads) storage.readers--;
  for (const storage of run.writes) storage.writers--;
  startReady();
}

/** Whether a run is under way. */
export function hasStarted(run: Run): boolean {
  return started.has(run);
}

/** Whether some run of a plan has been asked for and has not ended. */
export function isRunning(plan: object): boolean {
  return queue.some((run) => run.plan === plan);
}
