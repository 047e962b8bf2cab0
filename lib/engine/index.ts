export { autocast, type AutocastDType } from './autocast.js';
export { detectAnomaly, type AnomalyOptions } from './anomaly.js';
export { checkpoint } from './checkpoint.js';
export { customGrad, type CustomGrad } from './custom-grad.js';
export { grad, valueAndGrad, type LossResult } from './grad.js';
export { hessian, hvp, jacobian, type JacobianByInput, type JacobianOf } from './jacobian.js';
export type { ArgumentsOf, GradientsOf, Leaves, LikeOf, Tensors } from './leaves.js';
export { isRecording, stopGradient } from './tape.js';
export { jvp, vjp, type Pullback, type TensorFunction } from './transforms.js';
