import { MyelinError } from 'myelin';

/** The error of the library that a call throws. */
export function caught(call: () => unknown): MyelinError {
  try {
    call();
  } catch (error) {
    if (error instanceof MyelinError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
