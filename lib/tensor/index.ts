export {
  dtypes,
  floatDTypes,
  integerDTypes,
  type DType,
  type FloatDType,
  type IntegerDType,
  type ItemOf,
  type TypedArray,
  type TypedArrayOf,
} from './dtype.js';
export { MyelinError, type ErrorCode } from './errors.js';
export { expectNoLeaks, LeakReport, LeakTracker, trackLeaks, type LeakSite } from './leaks.js';
export { machineInfo, type MachineInfo } from './machine-info.js';
export { isa, setIsa, setThreads, supportedIsas, threads } from './machine.js';
export { memory, setMemoryLimit, trimMemory, type MemoryReport } from './memory.js';
export { Buffer, Parameter, Variable, type Assignable } from './parameter.js';
export type { Promote } from './promotion.js';
export { Generator, seed, type GeneratorState } from './rng.js';
export { scope, scopeAsync } from './scope.js';
export { attachShared, fromShared, share, type SharedTensor } from './shared.js';
export type { Shape } from './shape.js';
export { isTensor, Tensor, type NestedArray, type TensorSpec } from './tensor.js';
export type { BroadcastShape, MatMulFits, MatMulShape, ShapeError, TransposedShape } from './types.js';
