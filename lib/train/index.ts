export * from './callbacks/index.js';
export { loadCheckpoint, loadModel, saveCheckpoint, saveModel, type Position, type Trainee } from './checkpoint.js';
export {
  distillation,
  distillationLoss,
  type DistillationLossOptions,
  type DistillationOptions,
} from './distillation.js';
export { evaluate, type EvaluateOptions } from './evaluate.js';
export { fit, type FitOptions } from './fit.js';
export type { LearnOptions } from './learner.js';
export * from './metrics/index.js';
export { cutmix, mixup, smoothLabels, type MixOptions, type SoftBatch } from './mixing.js';
export { predict, type Prediction, type PredictOptions } from './predict.js';
export type { ProgressKind } from './progress.js';
export type { Batch, Batches, Callback, EpochLog, History, Hook, Loss, Run, Steps, Supervised } from './run.js';
