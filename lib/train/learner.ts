import { valueAndGrad } from '../engine/grad.js';
import type { AnyModule } from '../nn/module.js';
import { buffer } from '../nn/init.js';
import { clipGradNorm, clipGradValue, type NamedGradients } from '../optim/clip.js';
import { GradScaler } from '../optim/grad-scaler.js';
import { Optimizer } from '../optim/optimizer.js';
import { add, div, mul } from '../ops/arithmetic.js';
import { autocast, type AutocastDType } from '../engine/autocast.js';
import { cast } from '../ops/cast.js';
import { checkFunction } from '../engine/leaves.js';
import { checkInteger, checkOption, checkPositive } from '../ops/checks.js';
import { zeros, zerosLike } from '../ops/creation.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail, show } from '../tensor/errors.js';
import type { Buffer } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Batch, Loss, Steps } from './run.js';
import { Step, type StepResult } from './step.js';

/** How a step learns, beyond model, loss and optimizer. */
export interface LearnOptions<B extends Batch> {
  /**
   * What to make small in training instead of `loss(output, batch.y)`: for losses that need more of the batch than its `y`,
   * such as those of a teacher. Validation is measured with `loss` in any case.
   */
  readonly objective?: (output: Tensor<FloatDType>, batch: B) => Tensor;
  /**
   * Batches per step of the optimizer: its gradients are the mean of theirs, as if they were one large batch. The last step of
   * an epoch takes those that are left. Default 1.
   */
  readonly accumulate?: number;
  /** Shortens gradients whose common norm is greater, see {@link clipGradNorm}. */
  readonly clipNorm?: number;
  /** Moves every element of the gradients into [−clipValue, clipValue], see {@link clipGradValue}. */
  readonly clipValue?: number;
  /** Changes gradients before they are clipped and used, by adding noise for instance. */
  readonly gradients?: (gradients: NamedGradients) => NamedGradients;
  /** Products of the model in bfloat16 or float16, see {@link autocast}; weights and everything else stay as they are. */
  readonly autocast?: AutocastDType;
  /**
   * Factor on the loss while gradients are taken, undone afterwards: keeps those of float16 from vanishing. Default 1024 with
   * `autocast: 'float16'`, 1 otherwise.
   */
  readonly lossScale?: number;
  /**
   * Finds the factor on the loss itself, in place of a fixed `lossScale`: steps whose gradients are not all finite are left out
   * and make it smaller, many good ones in a row make it greater. Checkpoints keep its state. The optimizer has to be an
   * {@link Optimizer}. Default none.
   */
  readonly scaler?: GradScaler;
}

/** Names of the options above, for whoever passes them on. */
interface Setting<B extends Batch> {
  readonly model: AnyModule;
  readonly optimizer: Steps;
  readonly loss: Loss;
  readonly forward: (batch: B) => Tensor<FloatDType>;
  readonly compiles: boolean;
}

type Learned = readonly [loss: Tensor, output: Tensor<FloatDType>];

/** Sums of gradients over the batches of one step. */
class Sums {
  private readonly sums = new Map<string, Buffer>();
  private readonly count = buffer(() => zeros([]));

  /** Makes room for what is trained; outside of compiled functions, which only use what is there. */
  prepare(parameters: NamedGradients): void {
    for (const [name, parameter] of Object.entries(parameters)) {
      if (!this.sums.has(name))
        this.sums.set(
          name,
          buffer(() => zerosLike(parameter)),
        );
    }
  }

  add(gradients: NamedGradients): void {
    for (const [name, gradient] of Object.entries(gradients)) {
      const sum = this.sums.get(name)!;
      sum.assign(add(sum, gradient));
    }
    this.count.assign(add(this.count, 1));
  }

  /** The means of what was added since the last time. */
  take(names: readonly string[]): NamedGradients {
    return Object.fromEntries(
      names.map((name) => {
        const sum = this.sums.get(name)!;
        return [name, div(sum, cast(this.count, sum.dtype))];
      }),
    );
  }

  clear(): void {
    for (const sum of [...this.sums.values(), this.count]) sum.assign(0);
  }

  dispose(): void {
    for (const sum of [...this.sums.values(), this.count]) sum.dispose();
  }
}

/** Makes of batches steps of the optimizer. */
export class Learner<B extends Batch> {
  /** Batches per step. */
  readonly accumulate: number;
  private readonly sums: Sums | undefined;
  private readonly scale: number;
  private readonly whole: Step<B, Learned>;
  private readonly part: Step<B, Learned>;
  private readonly rest: Step<object, readonly []>;

  constructor(
    private readonly setting: Setting<B>,
    private readonly options: LearnOptions<B>,
  ) {
    const { accumulate = 1, autocast: dtype } = options;
    this.accumulate = accumulate;
    this.scale = options.lossScale ?? (dtype === 'float16' ? 1024 : 1);
    checkInteger('fit', 'accumulate', accumulate, 1);
    checkPositive('fit', 'lossScale', this.scale);
    checkScaler(setting.optimizer, options);
    for (const name of ['clipNorm', 'clipValue'] as const) {
      if (options[name] !== undefined) checkPositive('fit', name, options[name]);
    }
    for (const name of ['objective', 'gradients'] as const) {
      if (options[name] !== undefined) checkFunction('fit', name, options[name]);
    }
    if (dtype !== undefined) checkOption('fit', 'autocast', dtype, ['bfloat16', 'float16']);
    this.sums = accumulate > 1 ? new Sums() : undefined;
    const { compiles } = setting;
    this.whole = new Step('fit', this.learnWhole, compiles);
    this.part = new Step('fit', this.learnPart, compiles);
    this.rest = new Step('fit', this.applySums, compiles);
  }

  /** Takes in a batch: a whole step, or a part of one that {@link finish} ends. */
  learn(batch: B): Promise<StepResult<Learned>> {
    if (this.sums === undefined) return this.whole.run(batch);
    this.sums.prepare(this.setting.model.parameters());
    return this.part.run(batch);
  }

  /** Ends a step of several batches. */
  async finish(): Promise<void> {
    if (this.sums !== undefined) (await this.rest.run({})).free();
  }

  dispose(): void {
    for (const owner of [this.whole, this.part, this.rest, this.sums]) owner?.dispose();
  }

  private readonly learnWhole = (batch: B): Learned => {
    const [learned, gradients] = this.differentiate(batch);
    scope(() => this.step(gradients));
    return learned;
  };

  private readonly learnPart = (batch: B): Learned => {
    const [learned, gradients] = this.differentiate(batch);
    scope(() => this.sums!.add(gradients));
    return learned;
  };

  private readonly applySums = (): readonly [] => {
    scope(() => {
      const means = this.sums!.take(Object.keys(this.setting.model.parameters()));
      this.step(means);
      this.sums!.clear();
    });
    return [];
  };

  private differentiate(batch: B): readonly [Learned, NamedGradients] {
    const { model } = this.setting;
    const [[, loss, output], gradients] = valueAndGrad(() => {
      const given = this.output(batch);
      const value = this.objective(given, batch);
      return [this.scaled(value), value, given] as const;
    }, model.parameters());
    return [[loss, output], gradients];
  }

  private output(batch: B): Tensor<FloatDType> {
    const { forward } = this.setting;
    const { autocast: dtype } = this.options;
    return dtype === undefined ? forward(batch) : autocast(() => forward(batch), { dtype });
  }

  private objective(output: Tensor<FloatDType>, batch: B): Tensor {
    const { objective } = this.options;
    return objective === undefined ? this.setting.loss(output, batch.y) : objective(output, batch);
  }

  /** What gradients are taken of. */
  private scaled(loss: Tensor): Tensor {
    const { scaler } = this.options;
    if (scaler !== undefined) return scaler.scale(loss as Tensor<FloatDType>);
    return this.scale === 1 ? loss : mul(loss, this.scale);
  }

  private unscaled(gradients: NamedGradients): NamedGradients {
    const { scaler } = this.options;
    if (scaler !== undefined) return scaler.unscale(gradients);
    return this.scale === 1 ? gradients : mapValues(gradients, (gradient) => div(gradient, this.scale));
  }

  /** A step of the optimizer with gradients of scaled losses. */
  private step(gradients: NamedGradients): void {
    const { optimizer } = this.setting;
    const { scaler } = this.options;
    const changed = this.changed(this.unscaled(gradients));
    if (scaler === undefined || !isOptimizer(optimizer)) {
      optimizer.step(changed);
      return;
    }
    scaler.step(optimizer, changed);
    scaler.update();
  }

  private changed(gradients: NamedGradients): NamedGradients {
    const { clipNorm, clipValue, gradients: change } = this.options;
    let changed = gradients;
    if (change !== undefined) changed = change(changed);
    if (clipValue !== undefined) changed = clipGradValue(changed, clipValue);
    if (clipNorm !== undefined) changed = clipGradNorm(changed, clipNorm).grads;
    return changed;
  }
}

const isOptimizer = (steps: Steps): steps is Optimizer => steps instanceof Optimizer;

function checkScaler(optimizer: Steps, { scaler, lossScale }: Pick<LearnOptions<Batch>, 'scaler' | 'lossScale'>): void {
  if (scaler === undefined) return;
  if (!(scaler instanceof GradScaler)) fail('TYPE', 'fit', `scaler is ${show(scaler)} (need a GradScaler)`);
  if (lossScale !== undefined) fail('VALUE', 'fit', 'scaler and lossScale are given (need one of them)');
  // Only these can leave a step out by the value of a tensor.
  if (!(optimizer instanceof Optimizer))
    fail('TYPE', 'fit', 'scaler is given (need an optimizer of this library with it)');
}

function mapValues(gradients: NamedGradients, change: (gradient: Tensor) => Tensor): NamedGradients {
  return Object.fromEntries(Object.entries(gradients).map(([name, gradient]) => [name, change(gradient)]));
}
