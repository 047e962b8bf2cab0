import { showBytes } from './bytes.js';
import type { DType } from './dtype.js';

/**
 * What went wrong, as a closed set:
 * `SHAPE` shapes do not fit · `DTYPE` dtypes do not fit · `VALUE` an argument is out of range · `TYPE` an argument is of
 * the wrong JavaScript type · `INDEX` an index points outside · `DISPOSED` memory was already released · `STATE` a call
 * at the wrong moment · `GRADIENT` no gradient exists · `ANOMALY` detectAnomaly found NaN or an infinity · `FORMAT` a
 * file is corrupt or of another kind · `IO` the file system refused · `OUT_OF_MEMORY` · `ABORTED` an AbortSignal fired ·
 * `UNSUPPORTED` this build or machine cannot · `MISSING` an optional package is not installed · `LEAK` tensors were
 * left behind · `COMMAND` a forged command row.
 */
export type ErrorCode =
  | 'SHAPE'
  | 'DTYPE'
  | 'VALUE'
  | 'TYPE'
  | 'INDEX'
  | 'DISPOSED'
  | 'STATE'
  | 'GRADIENT'
  | 'ANOMALY'
  | 'FORMAT'
  | 'IO'
  | 'OUT_OF_MEMORY'
  | 'ABORTED'
  | 'BUSY'
  | 'TRACE'
  | 'UNSUPPORTED'
  | 'MISSING'
  | 'LEAK'
  | 'COMMAND';

const codes: ReadonlySet<string> = new Set<ErrorCode>([
  'SHAPE',
  'DTYPE',
  'VALUE',
  'TYPE',
  'INDEX',
  'DISPOSED',
  'STATE',
  'GRADIENT',
  'ANOMALY',
  'FORMAT',
  'IO',
  'OUT_OF_MEMORY',
  'ABORTED',
  'BUSY',
  'TRACE',
  'UNSUPPORTED',
  'MISSING',
  'LEAK',
  'COMMAND',
]);

/** The one error class of the library: says which op refused, what it was given and what it needs. */
export class MyelinError extends Error {
  override readonly name = 'MyelinError';

  constructor(
    readonly code: ErrorCode,
    readonly op: string,
    message: string,
    readonly details: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(`${op}: ${message}`, options);
  }
}

/** Throws a {@link MyelinError}; every error of the library is built here or in {@link rethrow}. */
export function fail(code: ErrorCode, op: string, message: string, details?: Readonly<Record<string, unknown>>): never {
  throw new MyelinError(code, op, message, details);
}

/** Turns what the native side or the file system threw into a {@link MyelinError} about `op`. */
export function rethrow(error: unknown, op: string, fallback: ErrorCode = 'COMMAND'): never {
  if (error instanceof MyelinError) throw error;
  if (isOutOfMemory(error)) refuseMemory(error, op);
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const known = typeof code === 'string' && codes.has(code) ? (code as ErrorCode) : fallback;
  throw new MyelinError(known, op, message, typeof code === 'string' ? { cause: code } : {}, { cause: error });
}

/** What the native side throws when memory cannot be had; the numbers are missing when it came from the C++ library. */
interface OutOfMemory {
  readonly code: 'OUT_OF_MEMORY';
  readonly asked?: number;
  readonly live?: number;
  readonly limit?: number;
}

export function isOutOfMemory(error: unknown): error is OutOfMemory {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === 'OUT_OF_MEMORY';
}

const remedies =
  'free tensors with scope, using or dispose(), work in smaller batches, or raise the limit: setMemoryLimit, MYELIN_MEMORY_LIMIT';

function refuseMemory(cause: OutOfMemory, op: string): never {
  const { asked, live, limit } = cause;
  if (asked === undefined || live === undefined || limit === undefined) {
    throw new MyelinError('OUT_OF_MEMORY', op, `the system has no more memory (${remedies})`, {}, { cause });
  }
  const why = asked + live > limit ? `the limit is ${showBytes(limit)}` : 'the system has no more';
  const message = `needs ${showBytes(asked)} while ${showBytes(live)} are in use, and ${why} (${remedies})`;
  throw new MyelinError('OUT_OF_MEMORY', op, message, { asked, live, limit }, { cause });
}

/** Runs part of `op` and lets its errors name `op`, which the user called, instead of what it is made of. */
export function inNameOf<T>(op: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    if (!(error instanceof MyelinError) || error.op === op) throw error;
    const message = error.message.slice(error.op.length + 2);
    throw new MyelinError(error.code, op, message, error.details, { cause: error });
  }
}

/** `float32[2,3]`: how errors name a tensor. */
export function describe(tensor: { readonly dtype: DType; readonly shape: readonly number[] }): string {
  return `${tensor.dtype}[${tensor.shape.join(',')}]`;
}

/** How errors show a value of unknown kind, shortened. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 40 ? `${value.slice(0, 37)}...` : value);
  if (typeof value === 'bigint') return `${value}n`;
  if (Array.isArray(value)) return value.length > 8 ? `an array of ${value.length}` : `[${value.map(show).join(', ')}]`;
  if (typeof value === 'object' && value !== null) return `a ${value.constructor?.name ?? 'object'}`;
  if (typeof value === 'function') return 'a function';
  return String(value);
}
