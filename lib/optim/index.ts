export { Adadelta, type AdadeltaOptions } from './adadelta.js';
export { Adafactor, type AdafactorOptions } from './adafactor.js';
export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions } from './adam.js';
export { Adamax, type AdamaxOptions } from './adamax.js';
export { AdamW } from './adamw.js';
export { ASGD, type ASGDOptions } from './asgd.js';
export type { BetaOptions } from './betas.js';
export { clipGradNorm, clipGradValue, type ClippedGradients, type NamedGradients } from './clip.js';
export { GradScaler, type GradScalerOptions } from './grad-scaler.js';
export { LAMB, type LAMBOptions } from './lamb.js';
export { LBFGS, type LBFGSOptions, type LossClosure } from './lbfgs.js';
export { Lion, type LionOptions } from './lion.js';
export { NAdam, type NAdamOptions } from './nadam.js';
export {
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type ParameterGroup,
} from './optimizer.js';
export { RAdam, type RAdamOptions } from './radam.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { Rprop, type RpropOptions } from './rprop.js';
export {
  chained,
  constantRate,
  cosineDecay,
  exponentialDecay,
  inverseSqrtDecay,
  lambdaRate,
  linearDecay,
  linearWarmup,
  multiplicativeRate,
  multiStepDecay,
  polynomialDecay,
  sequential,
  stepDecay,
  type Schedule,
} from './schedule.js';
export {
  cosineRestarts,
  cyclicMomentum,
  cyclicRate,
  oneCycle,
  oneCycleMomentum,
  type CyclicMomentumOptions,
  type CyclicOptions,
  type CyclicShape,
  type OneCycleMomentumOptions,
  type OneCycleOptions,
  type OneCycleShape,
} from './schedule-cycles.js';
export { PlateauSchedule, type PlateauOptions } from './plateau.js';
export { WeightAverage, type WeightAverageOptions } from './averaging.js';
export { GradientAccumulator, addGradNoise } from './accumulate.js';
export { isNormOrBias, withoutDecay } from './exclude.js';
export { SGD, type SGDOptions } from './sgd.js';
