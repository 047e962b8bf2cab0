import { checkAtLeast, checkFraction, checkInteger, checkNumber, checkOption } from '../ops/checks.js';

/** Options of {@link PlateauSchedule}. */
export interface PlateauOptions {
  /** Whether lower or higher is better; default `'min'`. */
  readonly direction?: 'min' | 'max';
  /** What the rate is multiplied by; default 0.1. */
  readonly factor?: number;
  /** Values without improvement that are borne; default 10. */
  readonly patience?: number;
  /** What counts as better; default 1e-4. */
  readonly threshold?: number;
  /** Whether the threshold is a share of the best value (`'rel'`) or a difference (`'abs'`); default `'rel'`. */
  readonly thresholdMode?: 'rel' | 'abs';
  /** Values after a reduction that do not count; default 0. */
  readonly cooldown?: number;
  /** Smallest rate; default 0. */
  readonly min?: number;
  /** Smallest reduction that is made; default 1e-8. */
  readonly eps?: number;
}

/**
 * A rate that falls when a value has stopped to improve, such as the loss on validation data.
 *
 * @param lr rate at first
 * @param options.direction whether lower or higher is better; default `'min'`
 * @param options.factor what the rate is multiplied by; default 0.1
 * @param options.patience values without improvement that are borne; default 10
 * @param options.threshold what counts as better; default 1e-4
 * @param options.thresholdMode whether that is a share of the best value (`'rel'`) or a difference (`'abs'`); default `'rel'`
 * @param options.cooldown values after a reduction that do not count; default 0
 * @param options.min smallest rate; default 0
 * @param options.eps smallest reduction that is made; default 1e-8
 * @throws MyelinError `VALUE` for options out of range
 * @example
 * ```ts
 * import { PlateauSchedule } from 'myelin';
 * const schedule = new PlateauSchedule(1, { factor: 0.5, patience: 1 });
 * console.log([3, 2, 2, 2, 1].map((loss) => schedule.update(loss))); // [ 1, 1, 1, 0.5, 0.5 ]
 * ```
 */
export class PlateauSchedule {
  private readonly options: Required<PlateauOptions>;
  private rate: number;
  private best: number;
  private bad = 0;
  private cooling = 0;

  constructor(lr: number, options: PlateauOptions = {}) {
    this.options = {
      direction: 'min',
      factor: 0.1,
      patience: 10,
      threshold: 1e-4,
      thresholdMode: 'rel',
      cooldown: 0,
      min: 0,
      eps: 1e-8,
      ...options,
    };
    const { direction, factor, patience, threshold, thresholdMode, cooldown, min, eps } = this.options;
    checkOption('PlateauSchedule', 'direction', direction, ['min', 'max']);
    checkOption('PlateauSchedule', 'thresholdMode', thresholdMode, ['rel', 'abs']);
    checkFraction('PlateauSchedule', 'factor', factor);
    for (const [name, value] of Object.entries({ patience, cooldown })) checkInteger('PlateauSchedule', name, value, 0);
    for (const [name, value] of Object.entries({ lr, threshold, min, eps }))
      checkAtLeast('PlateauSchedule', name, value, 0);
    this.rate = lr;
    this.best = direction === 'min' ? Infinity : -Infinity;
  }

  /** The rate as it is now. */
  get lr(): number {
    return this.rate;
  }

  /** Takes note of a value, and returns the rate from now on: `optimizer.lr = schedule.update(loss)`. */
  update(value: number): number {
    checkNumber('PlateauSchedule', 'value', value);
    const { factor, patience, cooldown, min, eps } = this.options;
    this.bad++;
    if (this.improves(value)) {
      this.best = value;
      this.bad = 0;
    }
    if (this.cooling > 0) {
      this.cooling--;
      this.bad = 0;
    }
    if (this.bad > patience) {
      const next = Math.max(this.rate * factor, min);
      if (this.rate - next > eps) this.rate = next;
      this.cooling = cooldown;
      this.bad = 0;
    }
    return this.rate;
  }

  private improves(value: number): boolean {
    const { direction, threshold, thresholdMode } = this.options;
    const sign = direction === 'min' ? -1 : 1;
    const limit = thresholdMode === 'rel' ? this.best * (1 + sign * threshold) : this.best + sign * threshold;
    return direction === 'min' ? value < limit : value > limit;
  }
}
