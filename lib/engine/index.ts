export {
  grad,
  isRecording,
  stopGradient,
  valueAndGrad,
  type GradientsOf,
  type Leaves,
  type LossResult,
} from './tape.js';
