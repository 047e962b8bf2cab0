import { fail, show } from '../tensor/errors.js';

/** Chooses parts of a model by their names. */
export type NameMatch = RegExp | ((name: string) => boolean);

/** Whether a name is chosen; all are when nothing is said. */
export function matcherOf(op: string, match: NameMatch | undefined): (name: string) => boolean {
  if (match === undefined) return () => true;
  if (match instanceof RegExp) {
    // Without the flags that make a RegExp remember where it was.
    const pattern = new RegExp(match.source, match.flags.replace(/[gy]/g, ''));
    return (name) => pattern.test(name);
  }
  const given: unknown = match;
  if (typeof given !== 'function') fail('TYPE', op, `match is ${show(given)} (need a RegExp or a function)`);
  return match;
}
