import { totalmem } from 'node:os';

import { parseBytes } from './bytes.js';
import { fail } from './errors.js';

/** Part of the machine's memory that tensors may take unless told otherwise; the rest is for JavaScript and others. */
const share = 0.9;

/** The limit on native memory that a process starts with: MYELIN_MEMORY_LIMIT, or what machine and container allow. */
export function initialLimit(): number {
  const wanted = process.env['MYELIN_MEMORY_LIMIT'];
  if (wanted === undefined || wanted === '') return Math.floor(share * availableMemory());
  if (wanted === 'none') return Infinity;
  const bytes = parseBytes(wanted);
  if (bytes === undefined) {
    fail('VALUE', 'load', `MYELIN_MEMORY_LIMIT=${wanted} is no number of bytes (need 2GiB, 500MB, 1000000 or none)`);
  }
  return bytes;
}

// A container without a limit reports 0 or more than there is.
function availableMemory(): number {
  const constrained = process.constrainedMemory();
  return constrained > 0 ? Math.min(constrained, totalmem()) : totalmem();
}
