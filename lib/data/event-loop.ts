import { fail } from '../tensor/errors.js';

// Timers, sockets and signals wait at most this long, in milliseconds, for a loop of native work.
const maxDelay = 10;

let lastTurn = -Infinity;

/**
 * Lets the event loop turn when it has not for 10 ms: loops that only await what is already there would starve timers,
 * sockets and signals. Undefined when it is not yet time.
 */
export function breathe(): Promise<void> | undefined {
  if (performance.now() - lastTurn < maxDelay) return undefined;
  return new Promise((resolve) => {
    setImmediate(() => {
      lastTurn = performance.now();
      resolve();
    });
  });
}

/** What a promise gives, or an `ABORTED` error as soon as the signal fires. */
export async function abortable<T>(op: string, promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  checkAborted(op, signal);
  let fire = (): void => undefined;
  const fired = new Promise<void>((resolve) => (fire = resolve)).then(() => {
    checkAborted(op, signal);
    return promise;
  });
  signal.addEventListener('abort', fire, { once: true });
  try {
    return await Promise.race([promise, fired]);
  } finally {
    signal.removeEventListener('abort', fire);
  }
}

/** Throws when the signal has fired. */
export function checkAborted(op: string, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) fail('ABORTED', op, 'was aborted', { reason: signal.reason as unknown });
}
