import { fail, show } from './errors.js';
import { native } from './native.js';

/** Name of the instruction set whose kernels are in force, such as `avx512`. */
export function isa(): string {
  return native.isa();
}

/** Instruction sets that this CPU can run, best first; the last one, `reference`, is plain loops. */
export function supportedIsas(): string[] {
  return native.isas();
}

/**
 * Puts the kernels of one instruction set in force for the whole process, as `MYELIN_ISA` does at start.
 *
 * @throws MyelinError `UNSUPPORTED` when this CPU cannot run it
 * @example
 * ```ts
 * import { isa, setIsa, supportedIsas } from 'myelin';
 * setIsa(supportedIsas()[0]);
 * console.log(isa() === supportedIsas()[0]); // true
 * ```
 */
export function setIsa(name: string | undefined): void {
  if (typeof name !== 'string' || !native.setIsa(name)) {
    fail('UNSUPPORTED', 'setIsa', `${show(name)} is not one of ${native.isas().join(', ')} (what this CPU can run)`);
  }
}

/** Threads that one op may use. */
export function threads(): number {
  return native.threads();
}

/**
 * Sets how many threads one op may use, for the whole process; results do not depend on it. The default is the number
 * of CPUs the process may use (containers' limits count), or `MYELIN_THREADS`.
 *
 * @throws MyelinError `VALUE` unless 1 <= count <= 256
 */
export function setThreads(count: number): void {
  if (!Number.isInteger(count) || count < 1 || count > 256) {
    fail('VALUE', 'setThreads', `got ${show(count)} (need an integer from 1 to 256)`);
  }
  native.setThreads(count);
}
