import { checkInteger, checkObject, checkOption } from '../../ops/checks.js';
import type { Metric } from './metric.js';
import { checkTexts, countCommon, countNGrams, referencesOf, type References } from './texts.js';

/** Options of {@link bleu}. */
export interface BleuOptions {
  /** Longest row of words that is counted. Default 4. */
  readonly order?: number;
  /** How texts become words: as the WMT evaluations do (`'13a'`), at white space, or by a function. Default `'13a'`. */
  readonly tokenize?: '13a' | 'none' | ((text: string) => readonly string[]);
  /** What an order without any match counts: half as much as the one before (`'exp'`), or nothing. Default `'exp'`. */
  readonly smooth?: 'exp' | 'none';
}

const words = (text: string): string[] => text.split(/\s+/u).filter((word) => word !== '');

const entities: readonly (readonly [entity: string, character: string])[] = [
  ['&quot;', '"'],
  ['&amp;', '&'],
  ['&lt;', '<'],
  ['&gt;', '>'],
];

/** Words as mteval-v13a of NIST parts them: punctuation stands alone, except in numbers. */
function tokenize13a(text: string): string[] {
  const joined = text.trimEnd().replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' ');
  const plain = entities.reduce((line, [entity, character]) => line.replaceAll(entity, character), joined);
  const parted = ` ${plain} `
    .replace(/[!-&(-+/:-@[-`{-~]/g, ' $& ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
  return words(parted);
}

/** The length that is nearest, the shorter one of two. */
function nearest(length: number, candidates: readonly number[]): number {
  return candidates.reduce((best, candidate) => {
    const gain = Math.abs(best - length) - Math.abs(candidate - length);
    return gain > 0 || (gain === 0 && candidate < best) ? candidate : best;
  });
}

/** For every row of words the most that one reference has of it. */
function mostOf(counts: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const most = new Map<string, number>();
  for (const each of counts) {
    for (const [gram, count] of each) most.set(gram, Math.max(count, most.get(gram) ?? 0));
  }
  return most;
}

/** Counts over all texts, as {@link bleu} keeps them. */
class Counts {
  private readonly matches: number[];
  private readonly totals: number[];
  private length = 0;
  private wanted = 0;

  constructor(order: number) {
    this.matches = new Array<number>(order).fill(0);
    this.totals = new Array<number>(order).fill(0);
  }

  add(hypothesis: readonly string[], references: readonly (readonly string[])[]): void {
    this.length += hypothesis.length;
    this.wanted += nearest(
      hypothesis.length,
      references.map(({ length }) => length),
    );
    this.matches.forEach((_, i) => {
      const own = countNGrams(hypothesis, i + 1);
      this.matches[i]! += countCommon(own, mostOf(references.map((reference) => countNGrams(reference, i + 1))));
      this.totals[i]! += Math.max(0, hypothesis.length - i);
    });
  }

  score(smooth: boolean): number {
    if (this.wanted === 0 && this.length === 0) return NaN;
    if (this.matches.every((count) => count === 0) || this.totals.includes(0)) return 0;
    let share = 1;
    const logs = this.matches.map((count, i) => {
      if (count === 0) share /= 2;
      return Math.log((count > 0 ? count : smooth ? share : 0) / this.totals[i]!);
    });
    const brevity = this.length < this.wanted ? 1 - this.wanted / this.length : 0;
    return 100 * Math.exp(brevity + logs.reduce((total, log) => total + log, 0) / logs.length);
  }
}

/**
 * BLEU of translations, from 0 to 100: the geometric mean of the shares of rows of 1 to 4 words that the references have too,
 * times a penalty for translations that are too short. The same number as sacreBLEU's `corpus_bleu`.
 *
 * BLEU = 100 · min(1, e^(1 − r/c)) · exp(Σ log pₙ / 4), where c and r are the lengths of all hypotheses and of their nearest
 * references
 *
 * @param options.order longest row of words; default 4
 * @param options.tokenize `'13a'`, `'none'` or a function; default `'13a'`
 * @param options.smooth `'exp'` or `'none'`; default `'exp'`
 * @throws MyelinError `TYPE` for what are no texts; `VALUE` when there are not as many references as hypotheses
 *
 * Source: Papineni et al. 2002, «BLEU: a Method for Automatic Evaluation of Machine Translation», section 2; smoothing: Chen &
 * Cherry 2014, «A Systematic Comparison of Smoothing Techniques for Sentence-Level BLEU», method 3.
 * @example
 * ```ts
 * import { bleu } from 'myelin';
 * const metric = bleu();
 * metric.update(['The quick fox jumps over it.'], [['The quick fox jumps over it.', 'A fox jumps.']]);
 * console.log(metric.value().toFixed(1)); // 100.0
 * ```
 */
export function bleu(options: BleuOptions = {}): Metric<readonly string[], readonly References[]> {
  checkObject('bleu', 'options', options);
  const { order = 4, tokenize = '13a', smooth = 'exp' } = options;
  checkInteger('bleu', 'order', order, 1);
  checkOption('bleu', 'smooth', smooth, ['exp', 'none']);
  if (typeof tokenize !== 'function') checkOption('bleu', 'tokenize', tokenize, ['13a', 'none']);
  const split = typeof tokenize === 'function' ? tokenize : tokenize === '13a' ? tokenize13a : words;
  let counts = new Counts(order);
  return {
    name: 'bleu',
    reset: () => {
      counts = new Counts(order);
    },
    update: (hypotheses, references) => {
      checkTexts('bleu', 'hypotheses', hypotheses);
      const wanted = referencesOf('bleu', references, hypotheses.length);
      hypotheses.forEach((text, i) => counts.add(split(text), wanted[i]!.map(split)));
    },
    value: () => counts.score(smooth === 'exp'),
  };
}
