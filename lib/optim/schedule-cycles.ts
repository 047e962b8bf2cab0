import {
  checkAtLeast,
  checkDecay,
  checkFlag,
  checkFraction,
  checkObject,
  checkOption,
  checkPositive,
} from '../ops/checks.js';
import { fail, show } from '../tensor/errors.js';
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

/** When one cycle climbs and when it falls: what rates and momenta have in common. */
export interface OneCycleShape {
  /** Length of the cycle. */
  readonly steps: number;
  /** Share of the steps that the climb takes, 0 to 1; default 0.3. */
  readonly warmup?: number;
  /** Form of the climb and of the descent; default `'cosine'`. */
  readonly strategy?: 'cosine' | 'linear';
  /** Whether the descent first leads to where the climb began, in as many steps; default `false`. */
  readonly threePhase?: boolean;
}

/** Options of {@link oneCycle}. */
export interface OneCycleOptions extends OneCycleShape {
  /** How many times smaller than `lr` the first rate is; default 25. */
  readonly divisor?: number;
  /** How many times smaller than the first rate the last one is; default 1e4. */
  readonly finalDivisor?: number;
}

/** From `first` to `peak`, and to `last`, where it stays; in three phases by way of `first`. */
function once(op: string, [first, peak, last]: readonly [number, number, number], shape: OneCycleShape): Schedule {
  const { steps, warmup = 0.3, strategy = 'cosine', threePhase = false } = shape;
  checkPositive(op, 'steps', steps);
  checkFraction(op, 'warmup', warmup);
  checkOption(op, 'strategy', strategy, Object.keys(ways));
  checkFlag(op, 'threePhase', threePhase);
  const top = warmup * steps - 1;
  const ends: readonly (readonly [end: number, value: number])[] = [
    [0, first],
    [top, peak],
    ...(threePhase ? [[2 * top, first] as const] : []),
    [steps - 1, last],
  ];
  return (step) => {
    const t = Math.min(step, steps - 1);
    const phase = Math.min(1 + ends.slice(1).filter(([end]) => end < t).length, ends.length - 1);
    const [[begin, from], [end, to]] = [ends[phase - 1]!, ends[phase]!];
    return ways[strategy](from, to, end > begin ? (t - begin) / (end - begin) : 1);
  };
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
 * section 3; the momentum that belongs to it is {@link oneCycleMomentum}.
 * @example
 * ```ts
 * import { oneCycle } from 'myelin';
 * const schedule = oneCycle(1, { steps: 101, divisor: 10, strategy: 'linear' });
 * console.log(schedule(0).toFixed(2), schedule(29.3).toFixed(2), schedule(100).toFixed(2)); // 0.10 1.00 0.00
 * ```
 */
export function oneCycle(lr: number, options: OneCycleOptions): Schedule {
  checkObject('oneCycle', 'options', options);
  const { divisor = 25, finalDivisor = 1e4 } = options;
  for (const [name, value] of Object.entries({ divisor, finalDivisor })) checkPositive('oneCycle', name, value);
  const first = lr / divisor;
  return once('oneCycle', [first, lr, first / finalDivisor], options);
}

/** Options of {@link oneCycleMomentum}. */
export interface OneCycleMomentumOptions extends OneCycleShape {
  /** The smallest momentum, where the rate is largest; default 0.85. */
  readonly base?: number;
  /** The largest momentum, with which it begins and ends; default 0.95. */
  readonly max?: number;
}

/**
 * The momentum that belongs to {@link oneCycle}: it falls while the rate climbs, and climbs back while the rate falls.
 *
 * @param options.steps length of the cycle
 * @param options.warmup share of the steps that the climb of the rate takes; default 0.3
 * @param options.strategy `'cosine'` or `'linear'`; default `'cosine'`
 * @param options.base the smallest momentum; default 0.85
 * @param options.max the largest momentum; default 0.95
 * @param options.threePhase whether it climbs back in as many steps as it fell, and stays there; default `false`
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Smith 2018, «A disciplined approach to neural network hyper-parameters: Part 1», section 4.3.
 * @example
 * ```ts
 * import { Linear, oneCycle, oneCycleMomentum, SGD } from 'myelin';
 * const optimizer = new SGD(new Linear(2, 1).parameters(), { momentum: 0.95 });
 * const cycle = { steps: 100, warmup: 0.5 };
 * const [rate, momentum] = [oneCycle(0.1, cycle), oneCycleMomentum(cycle)];
 * for (const step of [0, 49]) {
 *   optimizer.lr = rate(step);
 *   optimizer.momentum = momentum(step);
 * }
 * console.log(optimizer.lr, optimizer.momentum); // 0.1 0.85
 * ```
 */
export function oneCycleMomentum(options: OneCycleMomentumOptions): Schedule {
  checkObject('oneCycleMomentum', 'options', options);
  const { base = 0.85, max = 0.95 } = options;
  for (const [name, value] of Object.entries({ base, max })) checkDecay('oneCycleMomentum', name, value);
  return once('oneCycleMomentum', [max, base, max], options);
}

/** How rates and momenta go up and down. */
export interface CyclicShape {
  /** Steps of a climb. */
  readonly up: number;
  /** Steps of a descent; default as many as of a climb. */
  readonly down?: number;
  /** How high later cycles climb: as the first, half as high each time, or less with every step; default `'same'`. */
  readonly mode?: 'same' | 'halving' | 'fading';
  /** What the height is multiplied by at every step when it fades; default 1. */
  readonly factor?: number;
  /**
   * What the height is multiplied by, in place of `mode` and `factor`: a function of the number of the cycle, from 1, or of the step,
   * from 0, as `scaleMode` says.
   */
  readonly scale?: (count: number) => number;
  /** What `scale` is given: the number of the cycle, or that of the step; default `'cycle'`. */
  readonly scaleMode?: 'cycle' | 'iterations';
}

/** Options of {@link cyclicRate}. */
export interface CyclicOptions extends CyclicShape {
  /** The smallest rate. */
  readonly min: number;
}

/** How high a step of a cycle, counted from 0, can climb, relative to the first cycle. */
function scaleOf(op: string, options: CyclicShape): (cycle: number, step: number) => number {
  const { mode = 'same', factor = 1, scale, scaleMode = 'cycle' } = options;
  checkPositive(op, 'factor', factor);
  checkOption(op, 'mode', mode, ['same', 'halving', 'fading']);
  checkOption(op, 'scaleMode', scaleMode, ['cycle', 'iterations']);
  if (scale !== undefined) {
    if (typeof scale !== 'function') fail('TYPE', op, `scale is ${show(scale)} (need a function)`);
    return scaleMode === 'cycle' ? (cycle) => scale(cycle + 1) : (_, step) => scale(step);
  }
  if (mode === 'same') return () => 1;
  return mode === 'halving' ? (cycle) => 0.5 ** cycle : (_, step) => factor ** step;
}

/** From one value to another and back, again and again. */
function again(op: string, from: number, to: number, options: CyclicShape): Schedule {
  const { up, down = up } = options;
  for (const [name, value] of Object.entries({ up, down })) checkPositive(op, name, value);
  const scale = scaleOf(op, options);
  return (step) => {
    const cycle = Math.floor(step / (up + down));
    const within = step - cycle * (up + down);
    const height = within <= up ? within / up : (up + down - within) / down;
    return from + (to - from) * height * scale(cycle, step);
  };
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
 * @param options.scale what the height is multiplied by, in place of `mode`: a function of the number of the cycle, from 1, or of the
 *   step, from 0; default none
 * @param options.scaleMode whether `scale` is given the number of the `'cycle'` or of the step, `'iterations'`; default `'cycle'`
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
  checkAtLeast('cyclicRate', 'min', options.min, 0);
  return again('cyclicRate', options.min, lr, options);
}

/** Options of {@link cyclicMomentum}. */
export interface CyclicMomentumOptions extends CyclicShape {
  /** The smallest momentum, where the rate is largest; default 0.8. */
  readonly base?: number;
  /** The largest momentum, where the rate is smallest; default 0.9. */
  readonly max?: number;
}

/**
 * The momentum that belongs to {@link cyclicRate}: it falls while the rate climbs, and climbs while the rate falls.
 *
 * @param options.base the smallest momentum; default 0.8
 * @param options.max the largest momentum; default 0.9
 * @param options.up steps of a climb of the rate
 * @param options.down steps of a descent; default as many as of a climb
 * @param options.mode how far it falls in later cycles: `'same'`, `'halving'` each time, or `'fading'` by `factor` at every step;
 *   default `'same'`
 * @param options.factor what that is multiplied by at every step when it fades; default 1
 * @param options.scale what that is multiplied by, in place of `mode`, as {@link cyclicRate} takes it; default none
 * @param options.scaleMode whether `scale` is given the number of the `'cycle'` or of the step, `'iterations'`; default `'cycle'`
 * @throws MyelinError `VALUE` for options out of range
 *
 * Source: Smith 2018, «A disciplined approach to neural network hyper-parameters: Part 1», section 4.3.
 * @example
 * ```ts
 * import { cyclicMomentum } from 'myelin';
 * const schedule = cyclicMomentum({ base: 0.5, max: 0.75, up: 4 });
 * console.log(schedule(0), schedule(2), schedule(4)); // 0.75 0.625 0.5
 * ```
 */
export function cyclicMomentum(options: CyclicMomentumOptions): Schedule {
  checkObject('cyclicMomentum', 'options', options);
  const { base = 0.8, max = 0.9 } = options;
  for (const [name, value] of Object.entries({ base, max })) checkDecay('cyclicMomentum', name, value);
  return again('cyclicMomentum', max, base, options);
}
