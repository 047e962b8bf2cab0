import { checkAtLeast, checkFlag, checkFraction, checkObject, checkOption, checkPositive } from '../ops/checks.js';
import type { Schedule } from './schedule.js';

/** The way from one rate to another: at share 0 the first, at share 1 the second. */
type Way = (from: number, to: number, share: number) => number;

const ways: Readonly<Record<'cosine' | 'linear', Way>> = {
  cosine: (from, to, share) => to + ((from - to) * (1 + Math.cos(Math.PI * share))) / 2,
  linear: (from, to, share) => from + (to - from) * share,
};

/**
 * Half a period of a cosine from the full rate down to a minimum, again and again:
 *
 * lr(t) = min + (lr − min) · (1 + cos(π · i / n)) / 2, at step i of a descent of n steps
 *
 * @param options.period steps of the first descent
 * @param options.growth how many times as long each descent is as the one before; default 1
 * @param options.min rate that descents lead to; default 0
 * @throws MyelinError `VALUE` unless `period` is positive and `growth` at least 1
 *
 * Source: Loshchilov & Hutter 2017, «SGDR: Stochastic Gradient Descent with Warm Restarts», equation 5.
 * @example
 * ```ts
 * import { cosineRestarts } from 'myelin';
 * const schedule = cosineRestarts(1, { period: 10, growth: 2 });
 * console.log(schedule(5), schedule(10), schedule(20)); // 0.5 1 0.5
 * ```
 */
export function cosineRestarts(lr: number, options: { period: number; growth?: number; min?: number }): Schedule {
  checkObject('cosineRestarts', 'options', options);
  const { period, growth = 1, min = 0 } = options;
  checkPositive('cosineRestarts', 'period', period);
  checkAtLeast('cosineRestarts', 'growth', growth, 1);
  return (step) => {
    if (growth === 1) return ways.cosine(lr, min, (step % period) / period);
    let [within, length] = [step, period];
    while (within >= length) {
      within -= length;
      length *= growth;
    }
    return ways.cosine(lr, min, within / length);
  };
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions {
  /** Length of the cycle. */
  readonly steps: number;
  /** Share of the steps that the climb takes, 0 to 1; default 0.3. */
  readonly warmup?: number;
  /** Form of the climb and of the descent; default `'cosine'`. */
  readonly strategy?: 'cosine' | 'linear';
  /** How many times smaller than `lr` the first rate is; default 25. */
  readonly divisor?: number;
  /** How many times smaller than the first rate the last one is; default 1e4. */
  readonly finalDivisor?: number;
  /** Whether the descent first leads to where the climb began, in as many steps; default `false`. */
  readonly threePhase?: boolean;
}

/**
 * One climb to the largest rate and one descent to a very small one, where it stays.
 *
 * @param lr the largest rate
 * @param options.steps length of the cycle
 * @param options.warmup share of the steps that the climb takes; default 0.3
 * @param options.strategy `'cosine'` or `'linear'`; default `'cosine'`
 * @param options.divisor how many times smaller than `lr` the first rate is; default 25
 * @param options.finalDivisor how many times smaller than the first rate the last one is; default 1e4
 * @param options.threePhase whether the descent first leads to where the climb began, in as many steps; default `false`
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Smith & Topin 2018, «Super-Convergence: Very Fast Training of Neural Networks Using Large Learning Rates»,
 * section 3; the rate alone, not the momentum.
 * @example
 * ```ts
 * import { oneCycle } from 'myelin';
 * const schedule = oneCycle(1, { steps: 101, divisor: 10, strategy: 'linear' });
 * console.log(schedule(0).toFixed(2), schedule(29.3).toFixed(2), schedule(100).toFixed(2)); // 0.10 1.00 0.00
 * ```
 */
export function oneCycle(lr: number, options: OneCycleOptions): Schedule {
  checkObject('oneCycle', 'options', options);
  const { steps, warmup = 0.3, strategy = 'cosine', divisor = 25, finalDivisor = 1e4, threePhase = false } = options;
  for (const [name, value] of Object.entries({ steps, divisor, finalDivisor })) checkPositive('oneCycle', name, value);
  checkFraction('oneCycle', 'warmup', warmup);
  checkOption('oneCycle', 'strategy', strategy, Object.keys(ways));
  checkFlag('oneCycle', 'threePhase', threePhase);
  const first = lr / divisor;
  const last = first / finalDivisor;
  const peak = warmup * steps - 1;
  const ends: readonly (readonly [end: number, rate: number])[] = [
    [0, first],
    [peak, lr],
    ...(threePhase ? [[2 * peak, first] as const] : []),
    [steps - 1, last],
  ];
  return (step) => {
    const t = Math.min(step, steps - 1);
    const phase = Math.min(1 + ends.slice(1).filter(([end]) => end < t).length, ends.length - 1);
    const [[begin, from], [end, to]] = [ends[phase - 1]!, ends[phase]!];
    return ways[strategy](from, to, end > begin ? (t - begin) / (end - begin) : 1);
  };
}

/** Options of {@link cyclicRate}. */
export interface CyclicOptions {
  /** The smallest rate. */
  readonly min: number;
  /** Steps of a climb. */
  readonly up: number;
  /** Steps of a descent; default as many as of a climb. */
  readonly down?: number;
  /** How high later cycles climb: as the first, half as high each time, or less with every step; default `'same'`. */
  readonly mode?: 'same' | 'halving' | 'fading';
  /** What the height is multiplied by at every step when it fades; default 1. */
  readonly factor?: number;
}

/**
 * Climbs in a straight line from the smallest to the largest rate and back, again and again.
 *
 * @param lr the largest rate
 * @param options.min the smallest rate
 * @param options.up steps of a climb
 * @param options.down steps of a descent; default as many as of a climb
 * @param options.mode how high later cycles climb: `'same'`, `'halving'` each time, or `'fading'` by `factor` at every step;
 *   default `'same'`
 * @param options.factor what the height is multiplied by at every step when it fades; default 1
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Smith 2017, «Cyclical Learning Rates for Training Neural Networks», section 3.
 * @example
 * ```ts
 * import { cyclicRate } from 'myelin';
 * const schedule = cyclicRate(1, { min: 0, up: 4, mode: 'halving' });
 * console.log(schedule(0), schedule(4), schedule(6), schedule(12)); // 0 1 0.5 0.5
 * ```
 */
export function cyclicRate(lr: number, options: CyclicOptions): Schedule {
  checkObject('cyclicRate', 'options', options);
  const { min, up, down = up, mode = 'same', factor = 1 } = options;
  checkAtLeast('cyclicRate', 'min', min, 0);
  for (const [name, value] of Object.entries({ up, down, factor })) checkPositive('cyclicRate', name, value);
  checkOption('cyclicRate', 'mode', mode, ['same', 'halving', 'fading']);
  return (step) => {
    const cycle = Math.floor(step / (up + down));
    const within = step - cycle * (up + down);
    const height = within <= up ? within / up : (up + down - within) / down;
    const scale = mode === 'same' ? 1 : mode === 'halving' ? 0.5 ** cycle : factor ** step;
    return min + (lr - min) * height * scale;
  };
}
