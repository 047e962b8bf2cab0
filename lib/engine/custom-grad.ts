import { checkObject } from '../ops/checks.js';
import { zerosLike } from '../ops/creation.js';
import { describe, fail, show } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import { writeTime } from '../tensor/storage.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';
import { checkFunction, Flat, type GradientsOf, type Tensors } from './leaves.js';
import { recordOpaque, type OpaqueRule } from './opaque.js';
import { checkUnchanged, isRecording, unheard } from './tape.js';

/** What {@link customGrad} needs. */
export interface CustomGrad<P extends readonly Tensor[], R extends Tensors> {
  /** What errors and {@link detectAnomaly} call it; default `customGrad`. */
  readonly name?: string;
  /** The function itself; its ops are not recorded. */
  readonly forward: (...inputs: P) => R;
  /**
   * Gradients of the inputs, in order, from those of the outputs. Written in ops, it can be differentiated again; an
   * `undefined` stands for a gradient of zero.
   */
  readonly backward: (
    douts: GradientsOf<R>,
    context: { readonly inputs: P; readonly outputs: GradientsOf<R> },
  ) => { readonly [K in keyof P]: Tensor | undefined };
}

function checkGradient(op: string, i: number, gradient: unknown, input: Tensor): Tensor | undefined {
  if (gradient === undefined) return undefined;
  const given = isTensor(gradient) ? describe(gradient) : show(gradient);
  const fits = isTensor(gradient) && sameShape(gradient.shape, input.shape) && gradient.dtype === input.dtype;
  if (fits) return gradient;
  return fail(
    'GRADIENT',
    op,
    `backward gave ${given} for input ${i} (need ${describe(input)}, as the input, or undefined)`,
  );
}

function checkGradients(op: string, gradients: unknown, inputs: readonly Tensor[]): readonly (Tensor | undefined)[] {
  if (!Array.isArray(gradients) || gradients.length !== inputs.length) {
    fail('GRADIENT', op, `backward gave ${show(gradients)} (need a list of ${inputs.length}, one for each input)`);
  }
  return inputs.map((input, i) => checkGradient(op, i, gradients[i], input));
}

/**
 * A function with a gradient of your own: for what is more exact, cheaper or other than the derivative of its ops.
 *
 * Shapes, dtypes: whatever `forward` takes and gives; `backward` gives what has the shape and dtype of each input. When it
 * is made of ops, second derivatives work too.
 *
 * @param rule.forward takes tensors and returns a tensor, or a list or object of them
 * @param rule.backward takes the gradients of what `forward` returned, in its structure (zeros where nothing depends on
 *   one), and `{ inputs, outputs }`
 * @param rule.name what errors call it; default `customGrad`
 * @returns a function that is called as `forward` is
 * @throws MyelinError `TYPE` for what are no functions or tensors; from the gradient, `GRADIENT` when `backward` gives other
 *   shapes, dtypes or another number of tensors than the inputs have
 * @example
 * ```ts
 * import { customGrad, grad, tensor, type Tensor } from 'myelin';
 * // Rounds, and passes gradients on as if it did not.
 * const roundThrough = customGrad({
 *   forward: (x: Tensor) => x.round(),
 *   backward: (dout) => [dout],
 * });
 * const x = tensor(2.3);
 * console.log(grad(() => roundThrough(x).mul(3), [x])[0].item()); // 3
 * ```
 */
export function customGrad<P extends readonly Tensor[], R extends Tensors>(
  rule: CustomGrad<P, R>,
): (...inputs: P) => GradientsOf<R> {
  checkObject('customGrad', 'rule', rule);
  const { name = 'customGrad', forward, backward } = rule;
  checkFunction(name, 'forward', forward);
  checkFunction(name, 'backward', backward);
  return (...inputs) => {
    Flat.of(name, 'the list of inputs', inputs);
    for (const input of inputs) input.check(name);
    const result = unheard(() => scope(() => forward(...inputs)));
    const flat = Flat.of(name, 'the result of forward', result);
    const time = writeTime();
    const pullBack: OpaqueRule = (douts) => {
      inputs.forEach((input, i) => checkUnchanged(name, `input ${i}`, input, time));
      const whole = outputs.map((out, i) => douts[i] ?? zerosLike(out));
      const context = { inputs, outputs: flat.rebuild(outputs) as GradientsOf<R> };
      return checkGradients(name, backward(flat.rebuild(whole) as GradientsOf<R>, context), inputs);
    };
    const outputs = isRecording() ? recordOpaque(name, inputs, flat.tensors, pullBack) : flat.tensors;
    return flat.rebuild(outputs) as GradientsOf<R>;
  };
}
