import type { StateDict } from '../../nn/state-dict.js';
import { checkInteger, checkObject } from '../../ops/checks.js';
import { checkFlag, type Callback } from '../run.js';

/** Averages of a model's weights, as {@link averageWeights} drives them. */
export interface Averaging {
  /** Takes the weights, as they are now, into the averages. */
  update(): void;
  /** Exchanges weights and averages. */
  swap(): void;
  /** What must be saved to go on averaging later. */
  stateDict(): StateDict;
  /** Puts back what `stateDict` gave. */
  loadStateDict(state: StateDict): void;
}

/** Options of {@link averageWeights}. */
export interface AverageWeightsOptions {
  /** Takes the weights into the averages every so many steps. Default 1. */
  readonly every?: number;
  /** First step whose weights count. Default 1. */
  readonly from?: number;
  /** Whether validation measures the averages. Default `true`. */
  readonly validate?: boolean;
  /** Whether the model has the averages when training has ended; an interrupted one keeps its weights. Default `true`. */
  readonly keep?: boolean;
}

/**
 * Averages weights over a training, which often do better than the last ones: exponential moving averages, or stochastic weight
 * averaging. The averages are kept in checkpoints.
 *
 * @param average what averages, made of the model that is trained
 * @param options.every steps from one update to the next; default 1
 * @param options.from first step whose weights count; default 1
 * @param options.validate whether validation measures the averages; default `true`
 * @param options.keep whether the model has the averages when training has ended; default `true`
 * @throws MyelinError `TYPE`, `VALUE` for wrong options
 *
 * Source: Polyak & Juditsky 1992, «Acceleration of Stochastic Approximation by Averaging»; Izmailov et al. 2018, «Averaging
 * Weights Leads to Wider Optima and Better Generalization».
 */
export function averageWeights(average: Averaging, options: AverageWeightsOptions = {}): Callback {
  checkObject('averageWeights', 'average', average);
  checkObject('averageWeights', 'options', options);
  const { every = 1, from = 1, validate = true, keep = true } = options;
  checkInteger('averageWeights', 'every', every, 1);
  checkInteger('averageWeights', 'from', from, 1);
  checkFlag('averageWeights', 'validate', validate);
  checkFlag('averageWeights', 'keep', keep);
  let begun = false;
  let swapped = false;
  const swap = (): void => {
    average.swap();
    swapped = !swapped;
  };
  return {
    onStart: (run) => {
      begun = run.step >= from;
    },
    onStepEnd: ({ step }) => {
      if (step < from || (step - from) % every !== 0) return;
      average.update();
      begun = true;
    },
    onValidationStart: () => {
      if (validate && begun) swap();
    },
    onValidationEnd: () => {
      if (swapped) swap();
    },
    onEnd: (_run, { interrupted }) => {
      if (keep && begun && !interrupted) average.swap();
    },
    stateDict: () => average.stateDict(),
    loadStateDict: (state) => {
      if (Object.keys(state).length > 0) average.loadStateDict(state);
    },
  };
}
