export {
  Hardshrink,
  Hardsigmoid,
  Hardswish,
  Hardtanh,
  PReLU,
  ReLU6,
  RReLU,
  Softshrink,
  Threshold,
  type PReLULayerOptions,
} from './activation-piecewise.js';
export {
  CELU,
  GLU,
  GumbelSoftmax,
  LogSigmoid,
  Mish,
  SELU,
  Softmin,
  Softsign,
  SwiGLU,
  Tanhshrink,
} from './activation-smooth.js';
export {
  ELU,
  GELU,
  Identity,
  LeakyReLU,
  LogSoftmax,
  ReLU,
  Sigmoid,
  SiLU,
  Softmax,
  Softmax2d,
  Softplus,
  Tanh,
  type SoftmaxLayerOptions,
} from './activation.js';
export {
  Conv1d,
  Conv2d,
  Conv3d,
  type Conv1dLayerOptions,
  type Conv2dLayerOptions,
  type Conv3dLayerOptions,
  type ConvLayerOptions,
  type ConvPaddingMode,
} from './conv.js';
export {
  ConvTranspose1d,
  ConvTranspose2d,
  ConvTranspose3d,
  type ConvTranspose1dLayerOptions,
  type ConvTranspose2dLayerOptions,
  type ConvTranspose3dLayerOptions,
  type ConvTransposeLayerOptions,
} from './conv-transpose.js';
export {
  AlphaDropout,
  Dropout,
  Dropout1d,
  Dropout2d,
  Dropout3d,
  DropPath,
  FeatureAlphaDropout,
  type DropoutLayerOptions,
} from './dropout.js';
export {
  Embedding,
  EmbeddingBag,
  type EmbeddingBagLayerOptions,
  type EmbeddingOptions,
  type PretrainedOptions,
} from './embedding.js';
export {
  AdaptiveLogSoftmaxWithLoss,
  type AdaptiveLogSoftmaxOptions,
  type AdaptiveLogSoftmaxOutput,
} from './adaptive-softmax.js';
export { Bilinear } from './bilinear.js';
export { Flatten, Unflatten, type FlattenOptions } from './flatten.js';
export { Fold, Unfold } from './fold.js';
export {
  calculateGain,
  fansOf,
  kaimingNormal,
  kaimingUniform,
  orthogonal,
  truncNormal,
  xavierNormal,
  xavierUniform,
  type AffineOptions,
  type Fans,
  type InitOptions,
  type KaimingOptions,
  type Nonlinearity,
  type TruncNormalOptions,
  type XavierOptions,
} from './init.js';
export { checkpointed } from './checkpointed.js';
export { KVCache, type KVCacheOptions } from './kv-cache.js';
export { Linear } from './linear.js';
export { addLoRA, LoRALinear, loraState, mergeLoRA, type AddLoRAOptions, type LoRAOptions } from './lora.js';
export type { NameMatch } from './name-match.js';
export {
  BCELoss,
  BCEWithLogitsLoss,
  CrossEntropyLoss,
  L1Loss,
  MSELoss,
  MultiLabelSoftMarginLoss,
  MultiMarginLoss,
  NLLLoss,
} from './losses.js';
export * from './losses-more.js';
export * from './losses-pair.js';
export { Module, type AnyModule } from './module.js';
export type { GivenMasks } from './attention-masks.js';
export {
  MultiheadAttention,
  type AttendOptions,
  type Attended,
  type MultiheadAttentionOptions,
} from './multihead-attention.js';
export type { ChannelNormOptions } from './channel-norm.js';
export {
  GroupNorm,
  InstanceNorm1d,
  InstanceNorm2d,
  InstanceNorm3d,
  type GroupNormLayerOptions,
  type InstanceNormLayerOptions,
} from './group-norm.js';
export {
  BatchNorm1d,
  BatchNorm2d,
  BatchNorm3d,
  LayerNorm,
  type BatchNormLayerOptions,
  type LayerNormLayerOptions,
} from './norm.js';
export { LocalResponseNorm, RMSNorm, type RMSNormLayerOptions } from './rms-norm.js';
export * from './pad.js';
export {
  removeParametrizations,
  spectralNorm,
  weightNorm,
  type SpectralNormOptions,
  type WeightNormOptions,
} from './parametrization.js';
export { AvgPool2d, MaxPool2d } from './pool.js';
export type { RecurrentLayerOptions, SequenceOptions } from './recurrent.js';
export {
  GRU,
  LSTM,
  RNN,
  type LstmLayerOptions,
  type LstmState,
  type RecurrentInputs,
  type RecurrentOutput,
  type RnnLayerOptions,
} from './rnn.js';
export { GRUCell, LSTMCell, RNNCell, type CellInputs, type RnnCellOptions } from './rnn-cell.js';
export {
  alibiBias,
  applyRotary,
  LearnedPositions,
  sinusoidalPositions,
  type LearnedPositionOptions,
  type PositionOptions,
  type RotaryOptions,
  type SinusoidalOptions,
} from './positions.js';
export * from './pool-adaptive.js';
export * from './pool-axes.js';
export * from './pool-fractional.js';
export * from './pool-global.js';
export * from './unpool.js';
export { ChannelShuffle, PixelShuffle, PixelUnshuffle, Upsample } from './upsample.js';
export { Sequential } from './sequential.js';
export { CosineSimilarity, PairwiseDistance } from './similarity.js';
export type { StateDict, StateDictDifference } from './state-dict.js';
export {
  Transformer,
  TransformerDecoder,
  TransformerEncoder,
  type Caches,
  type TransformerMasks,
  type TransformerOptions,
} from './transformer.js';
export {
  TransformerDecoderLayer,
  TransformerEncoderLayer,
  type DecoderMasks,
  type EncoderMasks,
  type TransformerLayerOptions,
} from './transformer-layers.js';
