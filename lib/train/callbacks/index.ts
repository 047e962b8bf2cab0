export { averageWeights, type Averaging, type AverageWeightsOptions } from './average-weights.js';
export { earlyStopping } from './early-stopping.js';
export {
  lrOnValue,
  lrSchedule,
  onEpochEnd,
  terminateOnNaN,
  type LrScheduleOptions,
  type ValueSchedule,
} from './hooks.js';
export { csvLogger, jsonlLogger } from './loggers.js';
export { modelCheckpoint, type ModelCheckpointOptions } from './model-checkpoint.js';
export type { Direction, MonitorOptions } from './monitor.js';
export { tensorBoard, type TensorBoardOptions } from './tensorboard.js';
