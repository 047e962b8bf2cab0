import path from 'node:path';

import { packageRoot } from './loader.js';

const root = packageRoot(__dirname);

/** Folder of the library's own code, lib/ or dist/, whose frames are of no interest to its users. */
const library = path.join(root, path.relative(root, __dirname).split(path.sep)[0]!, path.sep);
const depth = 100;

/** A call of the library by its user. */
export interface CallSite {
  /** The public function that was called, when the stack tells. */
  readonly called: string | undefined;
  /** The innermost stack frame that is neither the library's nor Node's: `train (/home/ada/digits.ts:12:20)`. */
  readonly where: string;
}

/** Which line of the user's code is calling the library now. Reads the stack, which takes microseconds. */
export function callSite(): CallSite {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = depth;
  const stack = new Error().stack ?? '';
  Error.stackTraceLimit = stackTraceLimit;
  const frames = [...stack.matchAll(/^ +at (.*)$/gm)].map(([, frame]) => frame!);
  const index = frames.findIndex((frame) => !frame.includes(library) && !frame.includes('node:'));
  if (index < 0) return { called: undefined, where: 'an unknown place' };
  return { called: calledIn(frames[index - 1]), where: frames[index]! };
}

/** `add` of `Tensor.add (file)`, `Tensor.method [as add] (file)` or `new add (file)`. */
function calledIn(frame = ''): string | undefined {
  const name = /^(?:async )?(.*) \(/.exec(frame)?.[1] ?? '';
  return /\[as (\w+)\]$/.exec(name)?.[1] ?? /(\w+)$/.exec(name)?.[1];
}
