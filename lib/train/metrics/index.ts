export { bleu, type BleuOptions } from './bleu.js';
export { calibrationError, type CalibrationOptions } from './calibration.js';
export { chrf, type ChrfOptions } from './chrf.js';
export { accuracy, topK } from './classification.js';
export {
  ClassScore,
  confusionMatrix,
  ConfusionMatrix,
  dice,
  f1Score,
  iou,
  precision,
  recall,
  type Average,
  type ClassScoreOptions,
  type CountOptions,
} from './confusion.js';
export { averagePrecision, rocAuc } from './curves.js';
export {
  meanAveragePrecision,
  MeanAveragePrecision,
  type Box,
  type Detections,
  type Objects,
  type PrecisionSummary,
} from './detection.js';
export { characterErrorRate, wordErrorRate } from './edits.js';
export { perplexity } from './language.js';
export type { DecisionOptions, Metric } from './metric.js';
export { meanAbsoluteError, meanSquaredError, r2Score } from './regression.js';
export { hitRate, meanReciprocalRank, ndcg } from './retrieval.js';
export type { References } from './texts.js';
