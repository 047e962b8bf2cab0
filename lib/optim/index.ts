export { Adagrad, type AdagradOptions } from './adagrad.js';
export { Adam, type AdamOptions } from './adam.js';
export { AdamW } from './adamw.js';
export { clipGradNorm, clipGradValue, type ClippedGradients, type NamedGradients } from './clip.js';
export {
  Optimizer,
  type NamedParameters,
  type OptimizerArguments,
  type OptimizerOptions,
  type ParameterGroup,
} from './optimizer.js';
export { RMSprop, type RMSpropOptions } from './rmsprop.js';
export { constantRate, cosineDecay, exponentialDecay, linearWarmup, stepDecay, type Schedule } from './schedule.js';
export { SGD, type SGDOptions } from './sgd.js';
