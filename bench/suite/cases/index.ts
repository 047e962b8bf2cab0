import type { Case } from '../case.js';
import { blocks } from './blocks.js';
import { compiledModels } from './compiled.js';
import { convolutions } from './conv.js';
import { gemms } from './gemm.js';
import { sequences } from './sequences.js';
import { streams } from './streams.js';
import { updates } from './updates.js';
import { calls, models } from './whole.js';

/** Everything the suite measures, in the order of its report. */
export const cases: readonly Case[] = [
  ...gemms,
  ...convolutions,
  ...sequences,
  ...blocks,
  ...streams,
  ...updates,
  ...calls,
  ...models,
  ...compiledModels,
];

/**
 * The cases that a run measures.
 *
 * @param options.filter comma-separated texts: a case is taken when its name or family contains one of them, in any case
 * @param options.quick only one of each kind of work, on shapes that take little time
 * @param options.models only whole models, compiled; without it they are left out
 */
export function chooseCases({
  filter = '',
  quick = false,
  models: compiled = false,
}: {
  filter?: string;
  quick?: boolean;
  models?: boolean;
}): Case[] {
  const wanted = filter
    .split(',')
    .map((text) => text.trim().toLowerCase())
    .filter((text) => text !== '');
  const named = ({ name, family }: Case): boolean =>
    wanted.length === 0 || wanted.some((text) => `${family}: ${name}`.toLowerCase().includes(text));
  return cases.filter(
    (each) => named(each) && (!quick || each.quick === true) && (each.args['compiled'] === 1) === compiled,
  );
}
