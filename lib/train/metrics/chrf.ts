import { checkInteger, checkObject, checkPositive } from '../../ops/checks.js';
import type { Metric } from './metric.js';
import { charactersOf, checkTexts, countCommon, countNGrams, referencesOf, type References } from './texts.js';

/** Options of {@link chrf}. */
export interface ChrfOptions {
  /** Longest row of characters that is counted. Default 6. */
  readonly order?: number;
  /** Longest row of words that is counted; 2 makes it chrF++. Default 0. */
  readonly wordOrder?: number;
  /** How much more recall counts than precision. Default 2. */
  readonly beta?: number;
}

const isPunctuation = (character: string | undefined): boolean => /^[!-/:-@[-`{-~]$/.test(character ?? '');

/** Words, where a punctuation mark at the end of one, or else at its beginning, stands alone. */
function wordsOf(text: string): string[] {
  return text.split(/\s+/u).flatMap((word) => {
    if (word === '') return [];
    const characters = charactersOf(word);
    if (characters.length === 1) return [word];
    if (isPunctuation(characters.at(-1))) return [characters.slice(0, -1).join(''), characters.at(-1)!];
    if (isPunctuation(characters[0])) return [characters[0]!, characters.slice(1).join('')];
    return [word];
  });
}

/** Counts of one order: rows of the hypothesis, rows of the reference, rows that they share. */
type OrderCounts = readonly [own: number, wanted: number, common: number];

/**
 * chrF of translations, from 0 to 100: an F-score of the rows of 1 to 6 characters, white space left out, that hypotheses and
 * references share; precision and recall are averaged over the orders. The same number as sacreBLEU's `corpus_chrf`. Of
 * several references each hypothesis is compared with the one that it is nearest to.
 *
 * @param options.order longest row of characters; default 6
 * @param options.wordOrder longest row of words; default 0, and 2 for chrF++
 * @param options.beta how much more recall counts than precision; default 2
 * @throws MyelinError `TYPE` for what are no texts; `VALUE` when there are not as many references as hypotheses
 *
 * Source: Popović 2015, «chrF: character n-gram F-score for automatic MT evaluation», section 2; Popović 2017, «chrF++: words
 * helping character n-grams».
 * @example
 * ```ts
 * import { chrf } from 'myelin';
 * const metric = chrf();
 * metric.update(['The fox jumps.'], ['The fox jumped.']);
 * console.log(metric.value().toFixed(1)); // 73.3
 * ```
 */
export function chrf(options: ChrfOptions = {}): Metric<readonly string[], readonly References[]> {
  checkObject('chrf', 'options', options);
  const { order = 6, wordOrder = 0, beta = 2 } = options;
  checkInteger('chrf', 'order', order, 1);
  checkInteger('chrf', 'wordOrder', wordOrder, 0);
  checkPositive('chrf', 'beta', beta);

  const gramsOf = (text: string): Map<string, number>[] => {
    const [characters, words] = [charactersOf(text.replace(/\s+/gu, '')), wordOrder > 0 ? wordsOf(text) : []];
    return [
      ...Array.from({ length: order }, (_, i) => countNGrams(characters, i + 1)),
      ...Array.from({ length: wordOrder }, (_, i) => countNGrams(words, i + 1)),
    ];
  };
  let totals: readonly OrderCounts[] = [];
  const add = (hypothesis: string, references: readonly string[]): void => {
    const own = gramsOf(hypothesis);
    const compared = references.map((reference) => compare(own, gramsOf(reference)));
    const scores = compared.map((counts) => fScore(counts, beta));
    const best = compared[scores.indexOf(Math.max(...scores))]!;
    totals = best.map(([a, b, c], i) => [
      a + (totals[i]?.[0] ?? 0),
      b + (totals[i]?.[1] ?? 0),
      c + (totals[i]?.[2] ?? 0),
    ]);
  };
  return {
    name: 'chrf',
    reset: () => {
      totals = [];
    },
    update: (hypotheses, references) => {
      checkTexts('chrf', 'hypotheses', hypotheses);
      const wanted = referencesOf('chrf', references, hypotheses.length);
      hypotheses.forEach((text, i) => add(text, wanted[i]!));
    },
    value: () => (totals.length === 0 ? NaN : fScore(totals, beta)),
  };
}

const sizeOf = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, n) => sum + n, 0);

function compare(
  own: readonly ReadonlyMap<string, number>[],
  wanted: readonly ReadonlyMap<string, number>[],
): OrderCounts[] {
  return own.map((counts, i) => {
    const other = wanted[i]!;
    // Rows that a reference is too short to have are not held against the hypothesis.
    return [other.size === 0 ? 0 : sizeOf(counts), sizeOf(other), countCommon(counts, other)];
  });
}

/** The F-score of precision and recall, each averaged over the orders that both are long enough for. */
function fScore(counts: readonly OrderCounts[], beta: number): number {
  const used = counts.filter(([own, wanted]) => own > 0 && wanted > 0);
  if (used.length === 0) return 0;
  const precision = used.reduce((sum, [own, , common]) => sum + common / own, 0) / used.length;
  const recall = used.reduce((sum, [, wanted, common]) => sum + common / wanted, 0) / used.length;
  if (precision + recall === 0) return 0;
  const weight = beta * beta;
  return (100 * (1 + weight) * precision * recall) / (weight * precision + recall);
}
