import { checkAtLeast, checkArray, checkFinite, checkInteger, checkObject, checkPositive } from '../ops/checks.js';
import { fail, show } from '../tensor/errors.js';

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
 * Multiplies the rate by a factor at every milestone that is reached: lr(t) = lr · factor^(number of milestones ≤ t).
 *
 * @param options.milestones steps, in any order; one that is there twice counts twice
 * @param options.factor what the rate is multiplied by; default 0.1
 * @throws MyelinError `VALUE` unless milestones are integers from 0 on, and `factor` is positive
 * @example
 * ```ts
 * import { multiStepDecay } from 'myelin';
 * const schedule = multiStepDecay(1, { milestones: [10, 20], factor: 0.5 });
 * console.log(schedule(9), schedule(10), schedule(25)); // 1 0.5 0.25
 * ```
 */
export function multiStepDecay(lr: number, options: { milestones: readonly number[]; factor?: number }): Schedule {
  checkObject('multiStepDecay', 'options', options);
  const { milestones, factor = 0.1 } = options;
  checkArray('multiStepDecay', 'milestones', milestones);
  milestones.forEach((milestone, i) => checkInteger('multiStepDecay', `milestones[${i}]`, milestone, 0));
  checkPositive('multiStepDecay', 'factor', factor);
  return (step) => lr * factor ** milestones.filter((milestone) => milestone <= step).length;
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
 * A straight line from one share of the rate to another, where it stays:
 *
 * lr(t) = lr · (start + (end − start) · min(t, steps) / steps)
 *
 * @param options.steps length of the line
 * @param options.start share of the rate at step 0; default 1
 * @param options.end share of the rate from step `steps` on; default 0
 * @throws MyelinError `VALUE` unless `steps` is positive and the shares are at least 0
 * @example
 * ```ts
 * import { linearDecay } from 'myelin';
 * const schedule = linearDecay(1, { steps: 4 });
 * console.log(schedule(0), schedule(1), schedule(9)); // 1 0.75 0
 * ```
 */
export function linearDecay(lr: number, options: { steps: number; start?: number; end?: number }): Schedule {
  checkObject('linearDecay', 'options', options);
  const { steps, start = 1, end = 0 } = options;
  checkPositive('linearDecay', 'steps', steps);
  checkAtLeast('linearDecay', 'start', start, 0);
  checkAtLeast('linearDecay', 'end', end, 0);
  return (step) => lr * (start + ((end - start) * Math.min(step, steps)) / steps);
}

/**
 * A power of the way that is left: lr(t) = lr · (1 − min(t, steps) / steps)^power.
 *
 * @param options.steps length of the descent
 * @param options.power 1 is a straight line; default 1
 * @throws MyelinError `VALUE` unless `steps` and `power` are positive
 * @example
 * ```ts
 * import { polynomialDecay } from 'myelin';
 * const schedule = polynomialDecay(1, { steps: 4, power: 2 });
 * console.log(schedule(0), schedule(2), schedule(9)); // 1 0.25 0
 * ```
 */
export function polynomialDecay(lr: number, options: { steps: number; power?: number }): Schedule {
  checkObject('polynomialDecay', 'options', options);
  const { steps, power = 1 } = options;
  checkPositive('polynomialDecay', 'steps', steps);
  checkPositive('polynomialDecay', 'power', power);
  return (step) => lr * (1 - Math.min(step, steps) / steps) ** power;
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
  checkSchedule('linearWarmup', 'schedule', schedule);
  checkObject('linearWarmup', 'options', options);
  const { steps, start = 0 } = options;
  checkPositive('linearWarmup', 'steps', steps);
  return (step) => (step < steps ? schedule(0) * (start + ((1 - start) * step) / steps) : schedule(step - steps));
}

/**
 * Climbs to the rate in a straight line, and falls with the inverse square root of the step:
 *
 * lr(t) = lr · min((t + 1) / warmup, √(warmup / (t + 1)))
 *
 * @param options.warmup steps of the climb
 * @throws MyelinError `VALUE` unless `warmup` is positive
 *
 * Source: Vaswani et al. 2017, «Attention Is All You Need», equation 3, with lr in place of (d · warmup)^(−1/2).
 * @example
 * ```ts
 * import { inverseSqrtDecay } from 'myelin';
 * const schedule = inverseSqrtDecay(1, { warmup: 4 });
 * console.log(schedule(0), schedule(3), schedule(15)); // 0.25 1 0.5
 * ```
 */
export function inverseSqrtDecay(lr: number, options: { warmup: number }): Schedule {
  checkObject('inverseSqrtDecay', 'options', options);
  const { warmup } = options;
  checkPositive('inverseSqrtDecay', 'warmup', warmup);
  return (step) => lr * Math.min((step + 1) / warmup, Math.sqrt(warmup / (step + 1)));
}

/**
 * The rate times a factor that is a function of the step: lr(t) = lr · factor(t).
 *
 * @throws MyelinError `TYPE` unless `factor` is a function
 * @example
 * ```ts
 * import { lambdaRate } from 'myelin';
 * console.log(lambdaRate(0.5, (step) => 1 / (1 + step))(4)); // 0.1
 * ```
 */
export function lambdaRate(lr: number, factor: (step: number) => number): Schedule {
  checkFinite('lambdaRate', 'lr', lr);
  checkSchedule('lambdaRate', 'factor', factor);
  return (step) => lr * factor(step);
}

/**
 * The rate times a product of factors, one for each step that was made: lr(t) = lr · factor(1) · … · factor(t).
 *
 * @throws MyelinError `TYPE` unless `factor` is a function; from the schedule, `VALUE` for a step that is no integer from 0 on
 * @example
 * ```ts
 * import { multiplicativeRate } from 'myelin';
 * console.log(multiplicativeRate(1, (step) => (step < 3 ? 0.5 : 1))(10)); // 0.25
 * ```
 */
export function multiplicativeRate(lr: number, factor: (step: number) => number): Schedule {
  checkFinite('multiplicativeRate', 'lr', lr);
  checkSchedule('multiplicativeRate', 'factor', factor);
  // Steps are asked for in order, mostly: the last product goes on.
  let [at, product] = [0, 1];
  return (step) => {
    checkInteger('multiplicativeRate', 'step', step, 0);
    if (step < at) [at, product] = [0, 1];
    while (at < step) product *= factor(++at);
    return lr * product;
  };
}

/**
 * One schedule after another; each counts its steps from where it begins.
 *
 * @param milestones steps at which the second schedule begins, and each after it; rising
 * @throws MyelinError `VALUE` unless there is one milestone fewer than schedules, and they rise
 * @example
 * ```ts
 * import { constantRate, cosineDecay, sequential } from 'myelin';
 * const schedule = sequential([constantRate(1), cosineDecay(1, { steps: 10 })], [100]);
 * console.log(schedule(50), schedule(105)); // 1 0.5
 * ```
 */
export function sequential(schedules: readonly Schedule[], milestones: readonly number[]): Schedule {
  checkArray('sequential', 'schedules', schedules);
  checkArray('sequential', 'milestones', milestones);
  schedules.forEach((schedule, i) => checkSchedule('sequential', `schedules[${i}]`, schedule));
  if (milestones.length + 1 !== schedules.length) {
    const given = `${milestones.length} milestones for ${schedules.length} schedules`;
    fail('VALUE', 'sequential', `${given} (need one fewer)`);
  }
  milestones.forEach((milestone, i) => {
    checkInteger('sequential', `milestones[${i}]`, milestone, (milestones[i - 1] ?? -1) + 1);
  });
  return (step) => {
    const passed = milestones.filter((milestone) => milestone <= step);
    return schedules[passed.length]!(step - (passed.at(-1) ?? 0));
  };
}

/**
 * Several schedules at once, whose rates are factors: lr(t) = lr · s₁(t) · s₂(t) · …
 *
 * @param lr rate where all factors are 1
 * @param schedules made with a rate of 1, so that what they give is their share of it
 * @throws MyelinError `TYPE` unless all schedules are functions
 * @example
 * ```ts
 * import { chained, linearDecay, stepDecay } from 'myelin';
 * const schedule = chained(0.5, [linearDecay(1, { steps: 4, start: 0.5, end: 1 }), stepDecay(1, { every: 10 })]);
 * console.log(schedule(0), schedule(4), schedule(10)); // 0.25 0.5 0.05
 * ```
 */
export function chained(lr: number, schedules: readonly Schedule[]): Schedule {
  checkFinite('chained', 'lr', lr);
  checkArray('chained', 'schedules', schedules);
  schedules.forEach((schedule, i) => checkSchedule('chained', `schedules[${i}]`, schedule));
  return (step) => schedules.reduce((rate, schedule) => rate * schedule(step), lr);
}

function checkSchedule(op: string, name: string, schedule: unknown): void {
  if (typeof schedule !== 'function') fail('TYPE', op, `${name} is ${show(schedule)} (need a function of the step)`);
}
