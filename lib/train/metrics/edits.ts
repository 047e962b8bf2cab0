import { charactersOf, checkTexts } from './texts.js';
import type { Metric } from './metric.js';

/** Fewest insertions, deletions and substitutions that make one row of symbols the other. */
function editDistance(from: readonly string[], to: readonly string[]): number {
  // One row of the table of distances between beginnings; `before` is the entry above the last one written.
  const row = Uint32Array.from({ length: to.length + 1 }, (_, i) => i);
  from.forEach((symbol, i) => {
    let before = i;
    row[0] = i + 1;
    for (let j = 1; j <= to.length; j++) {
      const substituted = before + Number(symbol !== to[j - 1]);
      before = row[j]!;
      row[j] = Math.min(substituted, before + 1, row[j - 1]! + 1);
    }
  });
  return row[to.length]!;
}

/** Edits of all texts together, relative to the length of the references. */
function errorRate(name: string, split: (text: string) => string[]): Metric<readonly string[], readonly string[]> {
  let edits = 0;
  let length = 0;
  return {
    name,
    reset: () => {
      edits = 0;
      length = 0;
    },
    update: (hypotheses, references) => {
      checkTexts(name, 'hypotheses', hypotheses);
      checkTexts(name, 'references', references, hypotheses.length);
      references.forEach((reference, i) => {
        const wanted = split(reference);
        edits += editDistance(split(hypotheses[i]!), wanted);
        length += wanted.length;
      });
    },
    value: () => edits / length,
  };
}

/**
 * Word error rate of speech recognition or translation: insertions, deletions and substitutions of words that turn all
 * hypotheses into their references, divided by the number of words of the references.
 *
 * Words are what white space parts; case and punctuation count.
 *
 * @throws MyelinError `TYPE` for what are no texts; `VALUE` when there are not as many references as hypotheses
 * @example
 * ```ts
 * import { wordErrorRate } from 'myelin';
 * const metric = wordErrorRate();
 * metric.update(['the cat sat'], ['the cat sat down']);
 * console.log(metric.value()); // 0.25
 * ```
 */
export function wordErrorRate(): Metric<readonly string[], readonly string[]> {
  return errorRate('wordErrorRate', (text) => text.split(/\s+/u).filter((word) => word !== ''));
}

/**
 * Character error rate: as {@link wordErrorRate}, of characters. White space within a text counts, at its ends it does not.
 *
 * @throws MyelinError `TYPE` for what are no texts; `VALUE` when there are not as many references as hypotheses
 * @example
 * ```ts
 * import { characterErrorRate } from 'myelin';
 * const metric = characterErrorRate();
 * metric.update(['kitten'], ['kitchen']);
 * console.log(metric.value().toFixed(3)); // 0.286
 * ```
 */
export function characterErrorRate(): Metric<readonly string[], readonly string[]> {
  return errorRate('characterErrorRate', (text) => charactersOf(text.trim()));
}
