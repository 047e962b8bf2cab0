import path from 'node:path';

import { packageRoot } from './loader.js';

const root = packageRoot(__dirname);

/** Folders of the library's own code: the bundle, and the sources that its map leads to. Their frames tell users nothing. */
const library = ['dist', 'lib'].map((folder) => path.join(root, folder, path.sep));
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
  const index = frames.findIndex(isUsers);
  if (index < 0) return { called: undefined, where: 'an unknown place' };
  return { called: calledIn(frames[index - 1]), where: frames[index]! };
}

/** Whether a frame is of a file, which `Array.map (<anonymous>)` is not, and the file neither the library's nor Node's. */
function isUsers(frame: string): boolean {
  return /:\d+\)?$/.test(frame) && !/(?:^|\()node:/.test(frame) && !library.some((folder) => frame.includes(folder));
}

/** `add` of `Tensor.add (file)`, `Tensor.method [as add] (file)` or `new add (file)`. */
function calledIn(frame = ''): string | undefined {
  const name = /^(?:async )?(.*) \(/.exec(frame)?.[1] ?? '';
  return /\[as (\w+)\]$/.exec(name)?.[1] ?? /(\w+)$/.exec(name)?.[1];
}
