import { buffer } from '../nn/init.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { add, div, mul } from '../ops/arithmetic.js';
import { cast } from '../ops/cast.js';
import { checkAtLeast, checkInteger, checkObject, checkPositive, checkTensor } from '../ops/checks.js';
import { ge, where } from '../ops/compare.js';
import { full } from '../ops/creation.js';
import { isfinite, logicalAnd } from '../ops/logic.js';
import { stack } from '../ops/move.js';
import { all } from '../ops/reduce.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Buffer, Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { NamedGradients } from './clip.js';
import type { Optimizer } from './optimizer.js';

/** Options of {@link GradScaler}. */
export interface GradScalerOptions {
  /** The scale at first; default 65536. */
  readonly initScale?: number;
  /** What the scale is multiplied by after enough steps in a row; default 2. */
  readonly growthFactor?: number;
  /** What it is multiplied by after a step that was left out; default 0.5. */
  readonly backoffFactor?: number;
  /** Steps in a row after which it grows; default 2000. */
  readonly growthInterval?: number;
}

/**
 * Scales losses up while gradients are taken, as far as they stay finite, so that small gradients do not vanish in float16.
 *
 * A step whose gradients are not all finite is left out, and the scale falls; after `growthInterval` steps in a row that were
 * made it grows. All of it can be part of a compiled step.
 *
 * State: `scale`, `growth_tracker`.
 *
 * @param options.initScale the scale at first; default 65536
 * @param options.growthFactor what it is multiplied by after enough steps in a row; default 2
 * @param options.backoffFactor what it is multiplied by after a step that was left out; default 0.5
 * @param options.growthInterval steps in a row after which it grows; default 2000
 * @throws MyelinError `VALUE` unless factors are above 1 and below 1, and the others positive
 *
 * Source: Micikevicius et al. 2018, «Mixed Precision Training», section 3.2. PyTorch: `torch.amp.GradScaler`.
 * @example
 * ```ts
 * import { autocast, GradScaler, Linear, mse, ones, SGD, valueAndGrad } from 'myelin';
 * const model = new Linear(2, 1);
 * const optimizer = new SGD(model.parameters(), { lr: 0.1 });
 * const scaler = new GradScaler({ initScale: 1024 });
 * const [, grads] = valueAndGrad(() => {
 *   const out = autocast(() => model.forward(ones([4, 2])), { dtype: 'float16' });
 *   return scaler.scale(mse(out, ones([4, 1])));
 * }, model.parameters());
 * scaler.step(optimizer, scaler.unscale(grads));
 * scaler.update();
 * console.log(scaler.scaling, optimizer.stepCount); // 1024 1
 * ```
 */
export class GradScaler {
  private readonly options: Required<GradScalerOptions>;
  private readonly factor: Buffer<'float32'>;
  private readonly tracker: Buffer<'int32'>;
  /** Whether all gradients since the last update were finite. */
  private readonly sound: Buffer<'bool'>;

  constructor(options: GradScalerOptions = {}) {
    checkObject('GradScaler', 'options', options);
    const { initScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
    checkPositive('GradScaler', 'initScale', initScale);
    checkAtLeast('GradScaler', 'growthFactor', growthFactor, 1);
    checkPositive('GradScaler', 'backoffFactor', backoffFactor);
    if (growthFactor === 1) fail('VALUE', 'GradScaler', 'growthFactor is 1 (need more)');
    if (backoffFactor >= 1) fail('VALUE', 'GradScaler', `backoffFactor is ${backoffFactor} (need less than 1)`);
    checkInteger('GradScaler', 'growthInterval', growthInterval, 1);
    this.options = { initScale, growthFactor, backoffFactor, growthInterval };
    this.factor = buffer(() => full([], initScale)) as Buffer<'float32'>;
    this.tracker = buffer(() => full([], 0, { dtype: 'int32' })) as Buffer<'int32'>;
    this.sound = buffer(() => full([], 1, { dtype: 'bool' })) as Buffer<'bool'>;
  }

  /** The scale as it is now. */
  get scaling(): number {
    return this.factor.item();
  }

  /** The loss times the scale: what gradients are to be taken of. */
  scale<D extends FloatDType>(loss: Tensor<D>): Tensor<D> {
    checkTensor('GradScaler', 'loss', loss);
    return scope<Tensor>(() => mul(loss, cast(this.factor, loss.dtype))) as Tensor<D>;
  }

  /**
   * Gradients of the loss itself, and takes note of whether all are finite: before they are clipped or used.
   *
   * @param grads by parameter name, as {@link valueAndGrad} returns them of a scaled loss
   * @throws MyelinError `VALUE` when there are none
   */
  unscale(grads: NamedGradients): Record<string, Tensor<FloatDType>> {
    checkObject('GradScaler', 'grads', grads);
    const list = Object.entries(grads) as [string, Tensor<FloatDType>][];
    if (list.length === 0) fail('VALUE', 'GradScaler', 'there are no gradients');
    return scope(() => {
      const finite = all(stack(list.map(([, gradient]) => all(isfinite(gradient)))));
      this.sound.assign(logicalAnd(this.sound, finite));
      return Object.fromEntries(
        list.map(([name, gradient]) => [name, div(gradient, cast(this.factor, gradient.dtype))]),
      );
    });
  }

  /** A step of the optimizer with gradients that {@link GradScaler.unscale} gave, unless some of them were not finite. */
  step(optimizer: Optimizer, grads: Readonly<Record<string, Tensor>>): void {
    optimizer.step(grads, { when: this.sound });
  }

  /** Makes the scale larger or smaller by what happened since the last time: once after every step. */
  update(): void {
    const { growthFactor, backoffFactor, growthInterval } = this.options;
    scope(() => {
      const row = where(this.sound, add(this.tracker, 1), 0);
      const isLong = ge(row, growthInterval);
      const grown = mul(this.factor, growthFactor);
      // A scale that has become infinite would be good for nothing.
      const larger = where(logicalAnd(isLong, isfinite(grown)), grown, this.factor);
      this.factor.assign(where(this.sound, larger, mul(this.factor, backoffFactor)));
      this.tracker.assign(cast(where(isLong, 0, row), 'int32'));
      this.sound.assign(full([], 1, { dtype: 'bool' }));
    });
  }

  /** The scale and how many steps in a row have been made: the live tensors. */
  stateDict(): Record<string, Variable> {
    return { scale: this.factor, growth_tracker: this.tracker };
  }

  /**
   * Goes on where another one was.
   *
   * @throws MyelinError `VALUE` naming missing and unexpected tensors; `SHAPE` naming those of another shape
   */
  loadStateDict(state: StateDict): void {
    checkObject('loadStateDict', 'state', state);
    assignState(this.stateDict(), state, true);
  }

  /** Frees the state. */
  dispose(): void {
    for (const variable of [this.factor, this.tracker, this.sound]) variable.dispose();
  }

  /** Frees the state at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}
