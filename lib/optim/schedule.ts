import { checkPositive, checkObject } from '../ops/checks.js';

/** Learning rate as a function of the step, which counts from 0: `optimizer.lr = schedule(step)`. */
export type Schedule = (step: number) => number;

/**
 * The same rate at every step.
 *
 * @example
 * ```ts
 * import { constantRate } from 'myelin';
 * console.log(constantRate(0.1)(1000)); // 0.1
 * ```
 */
export function constantRate(lr: number): Schedule {
  return () => lr;
}

/**
 * Multiplies the rate by a factor every so many steps: lr(t) = lr · factor^⌊t / every⌋.
 *
 * @param options.every steps between two drops
 * @param options.factor what the rate is multiplied by; default 0.1
 * @throws MyelinError `VALUE` unless `every` and `factor` are positive
 * @example
 * ```ts
 * import { stepDecay } from 'myelin';
 * const schedule = stepDecay(1, { every: 10, factor: 0.5 });
 * console.log(schedule(9), schedule(10), schedule(25)); // 1 0.5 0.25
 * ```
 */
export function stepDecay(lr: number, options: { every: number; factor?: number }): Schedule {
  checkObject('stepDecay', 'options', options);
  const { every, factor = 0.1 } = options;
  checkPositive('stepDecay', 'every', every);
  checkPositive('stepDecay', 'factor', factor);
  return (step) => lr * factor ** Math.floor(step / every);
}

/**
 * Multiplies the rate by a factor at every step: lr(t) = lr · factor^t.
 *
 * @throws MyelinError `VALUE` unless `factor` is positive
 * @example
 * ```ts
 * import { exponentialDecay } from 'myelin';
 * console.log(exponentialDecay(1, { factor: 0.5 })(3)); // 0.125
 * ```
 */
export function exponentialDecay(lr: number, options: { factor: number }): Schedule {
  checkObject('exponentialDecay', 'options', options);
  const { factor } = options;
  checkPositive('exponentialDecay', 'factor', factor);
  return (step) => lr * factor ** step;
}

/**
 * Half a period of a cosine from the full rate down to a minimum, where it stays:
 *
 * lr(t) = min + (lr − min) · (1 + cos(π · t / steps)) / 2
 *
 * @param options.steps length of the descent
 * @param options.min last rate; default 0
 * @throws MyelinError `VALUE` unless `steps` is positive
 *
 * Source: Loshchilov & Hutter 2017, «SGDR: Stochastic Gradient Descent with Warm Restarts», equation 5, without restarts.
 * @example
 * ```ts
 * import { cosineDecay } from 'myelin';
 * const schedule = cosineDecay(1, { steps: 100 });
 * console.log(schedule(0), schedule(50), schedule(1000)); // 1 0.5 0
 * ```
 */
export function cosineDecay(lr: number, options: { steps: number; min?: number }): Schedule {
  checkObject('cosineDecay', 'options', options);
  const { steps, min = 0 } = options;
  checkPositive('cosineDecay', 'steps', steps);
  return (step) => min + ((lr - min) * (1 + Math.cos((Math.PI * Math.min(step, steps)) / steps))) / 2;
}

/**
 * Climbs in a straight line to where another schedule begins, and then follows it:
 *
 * lr(t) = schedule(0) · (start + (1 − start) · t / steps) for t < steps, schedule(t − steps) from there on
 *
 * @param options.steps length of the climb
 * @param options.start fraction of the rate at step 0; default 0
 * @throws MyelinError `VALUE` unless `steps` is positive
 *
 * Source: Goyal et al. 2017, «Accurate, Large Minibatch SGD», section 2.2 (gradual warmup).
 * @example
 * ```ts
 * import { cosineDecay, linearWarmup } from 'myelin';
 * const schedule = linearWarmup(cosineDecay(1, { steps: 100 }), { steps: 4 });
 * console.log(schedule(0), schedule(1), schedule(4)); // 0 0.25 1
 * ```
 */
export function linearWarmup(schedule: Schedule, options: { steps: number; start?: number }): Schedule {
  checkObject('linearWarmup', 'options', options);
  const { steps, start = 0 } = options;
  checkPositive('linearWarmup', 'steps', steps);
  return (step) => (step < steps ? schedule(0) * (start + ((1 - start) * step) / steps) : schedule(step - steps));
}
