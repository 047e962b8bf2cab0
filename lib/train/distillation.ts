import { checkModule, type Module } from '../nn/module.js';
import { crossEntropy } from '../ops/cross-entropy.js';
import { add, div, mul, sub } from '../ops/arithmetic.js';
import { checkFraction, checkObject, checkPositive, checkReal } from '../ops/checks.js';
import { exp } from '../ops/math.js';
import { mean, sum } from '../ops/reduce.js';
import { logSoftmax } from '../ops/softmax.js';
import { stopGradient } from '../engine/tape.js';
import { checkFunction } from '../engine/leaves.js';
import type { FloatDType } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Loss, Supervised } from './run.js';

/** Options of {@link distillationLoss}. */
export interface DistillationLossOptions {
  /** What logits are divided by: the higher, the more the teacher tells of classes it thinks unlikely. Default 2. */
  readonly temperature?: number;
}

/**
 * How far a student's probabilities are from its teacher's: T² · mean Σ p · (log p − log q) with p = softmax(teacher / T) and
 * q = softmax(student / T). The factor T² keeps gradients as large as without a temperature.
 *
 * Shapes: both [..., C] of logits → [], the mean over all positions. Dtypes: float dtypes, the same for both. The teacher gets
 * no gradient.
 *
 * @param options.temperature T; default 2
 * @throws MyelinError `SHAPE`, `DTYPE`; `VALUE` unless the temperature is positive
 *
 * Source: Hinton, Vinyals & Dean 2015, «Distilling the Knowledge in a Neural Network», section 2.
 * @example
 * ```ts
 * import { distillationLoss, tensor } from 'myelin';
 * console.log(distillationLoss(tensor([[1, 2]]), tensor([[1, 2]])).item()); // 0
 * ```
 */
export function distillationLoss<D extends FloatDType>(
  student: Tensor<D>,
  teacher: Tensor<D>,
  options: DistillationLossOptions = {},
): Tensor<D> {
  checkReal('distillationLoss', 'student', student);
  checkReal('distillationLoss', 'teacher', teacher);
  checkObject('distillationLoss', 'options', options);
  const { temperature = 2 } = options;
  checkPositive('distillationLoss', 'temperature', temperature);
  if (!sameShape(student.shape, teacher.shape) || student.rank === 0 || student.dtype !== teacher.dtype) {
    const given = `student is ${describe(student)}, teacher is ${describe(teacher)}`;
    fail('SHAPE', 'distillationLoss', `${given} (need [..., C] of one dtype for both)`);
  }
  return scope(() => {
    const wanted = logSoftmax(div(stopGradient(teacher), temperature));
    const given = logSoftmax(div(student, temperature));
    return mul(mean(sum(mul(exp(wanted), sub(wanted, given)), { axis: -1 })), temperature ** 2);
  }) as Tensor<D>;
}

/** Options of {@link distillation}. */
export interface DistillationOptions extends DistillationLossOptions {
  /** What the targets are worth beside the teacher: the loss is (1 − weight) · loss + weight · distillationLoss. Default 0.5. */
  readonly weight?: number;
  /** Loss of the student's output and the targets. Default {@link crossEntropy}. */
  readonly loss?: Loss;
}

/**
 * What a student makes small that learns from targets and from a teacher: the option `objective` of {@link fit}.
 *
 * The teacher is called with `batch.x`, in inference mode if it was put there by `eval()`; it is not trained.
 *
 * @param options.temperature see {@link distillationLoss}; default 2
 * @param options.weight share of the teacher in the loss, 0 to 1; default 0.5
 * @param options.loss loss of the output and the targets; default {@link crossEntropy}
 * @throws MyelinError `TYPE`, `VALUE` for wrong options
 * @example
 * ```ts
 * import { Adam, crossEntropy, distillation, fit, Linear, ones, tensor } from 'myelin';
 * const [teacher, student] = [new Linear(4, 3).eval(), new Linear(4, 3)];
 * await fit(student, {
 *   data: [{ x: ones([2, 4]), y: tensor([0, 1], { dtype: 'int32' }) }],
 *   loss: crossEntropy,
 *   objective: distillation(teacher, { temperature: 4 }),
 *   optimizer: new Adam(student.parameters()),
 *   progress: false,
 * });
 * ```
 */
export function distillation(
  teacher: Module,
  options: DistillationOptions = {},
): (output: Tensor<FloatDType>, batch: Supervised) => Tensor {
  checkModule('distillation', teacher);
  checkObject('distillation', 'options', options);
  const { weight = 0.5, loss = crossEntropy, temperature = 2 } = options;
  checkFraction('distillation', 'weight', weight);
  checkPositive('distillation', 'temperature', temperature);
  checkFunction('distillation', 'loss', loss);
  return (output, { x, y }) =>
    scope(() => {
      const told = stopGradient(() => teacher.forward(x));
      const learned = distillationLoss(output, told, { temperature });
      return add(mul(loss(output, y), 1 - weight), mul(learned, weight));
    });
}
