import { fail, show } from '../../tensor/errors.js';

/** Refuses what is no list of texts, or one of another length. */
export function checkTexts(op: string, name: string, texts: unknown, count?: number): asserts texts is string[] {
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) {
    fail('TYPE', op, `${name} is ${show(texts)} (need an array of texts)`);
  }
  if (count !== undefined && texts.length !== count) {
    fail('VALUE', op, `there are ${texts.length} ${name} (need ${count}, one for each hypothesis)`);
  }
}

/** What a hypothesis is compared with: one text, or several of which each will do. */
export type References = string | readonly string[];

/** The references of each hypothesis as lists, checked. */
export function referencesOf(op: string, references: unknown, count: number): readonly (readonly string[])[] {
  if (!Array.isArray(references)) fail('TYPE', op, `references is ${show(references)} (need an array)`);
  if (references.length !== count) {
    fail('VALUE', op, `there are ${references.length} references (need ${count}, one for each hypothesis)`);
  }
  return references.map((given: unknown) => {
    const texts: unknown = typeof given === 'string' ? [given] : given;
    checkTexts(op, 'the references of a hypothesis', texts);
    if (texts.length === 0) fail('VALUE', op, 'a hypothesis has no references (need at least one)');
    return texts;
  });
}

/** The characters of a text: code points, not halves of them. */
export function charactersOf(text: string): string[] {
  return Array.from(text);
}

/** How often each row of n neighbouring symbols occurs. */
export function countNGrams(symbols: readonly string[], n: number): Map<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= symbols.length; i++) {
    // No symbol holds the separator: it is no character of any text.
    const gram = symbols.slice(i, i + n).join('\uffff');
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

/** How many of the counted there are in both. */
export function countCommon(a: ReadonlyMap<string, number>, b: ReadonlyMap<string, number>): number {
  let common = 0;
  for (const [gram, count] of a) common += Math.min(count, b.get(gram) ?? 0);
  return common;
}
