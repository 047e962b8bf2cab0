// What a checkpoint runs again is meant to be computed again. Both runs are the same ops on the same inputs, so whoever joins
// equal ops, as the compiler does, has to be told which run an op belongs to.

let current = 0;
let count = 0;

/** Runs a function whose ops are not to be joined with equal ones outside. */
export function rerunning<T>(body: () => T): T {
  const before = current;
  current = ++count;
  try {
    return body();
  } finally {
    current = before;
  }
}

/** Number of the run that ops belong to now; 0 outside of {@link rerunning}. */
export function currentRun(): number {
  return current;
}
