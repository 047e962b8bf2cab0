import { breathe, checkAborted } from '../data/event-loop.js';
import { checkModule, type AnyModule, type Module } from '../nn/module.js';
import type { FloatDType } from '../tensor/dtype.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { Metric } from './metrics/metric.js';
import { checkBatches, checkFlag, switchMode, type Batch, type Batches, type Loss, type Supervised } from './run.js';
import { Step } from './step.js';

/** Options of {@link evaluate}. */
export interface EvaluateOptions<B extends Batch> {
  /** Adds `loss`, the mean per sample. */
  readonly loss?: Loss;
  readonly metrics?: readonly Metric[];
  /** Output for a batch. Default: `model.forward(batch.x)`. */
  readonly forward?: (batch: B) => Tensor;
  /** Whether the model is compiled, as in {@link fit}. Default `true`. */
  readonly compile?: boolean;
  readonly signal?: AbortSignal;
}

/** How a model is called with a batch: as the caller says, or with its `x`. */
export function forwardOf<B>(
  model: AnyModule,
  forward: ((batch: B) => Tensor) | undefined,
): (batch: B) => Tensor<FloatDType> {
  // What comes out of a network is float; should it not be, loss and metrics say so.
  const call = forward ?? ((batch: B) => (model as Module).forward((batch as B & Supervised).x));
  return call as (batch: B) => Tensor<FloatDType>;
}

/** A mean over samples that come in batches. */
export class Mean {
  private total = 0;
  samples = 0;

  add(mean: number, samples: number): void {
    this.total += mean * samples;
    this.samples += samples;
  }

  get value(): number {
    return this.total / this.samples;
  }
}

/**
 * Measures a model on data, in inference mode; the mode of every module is put back afterwards.
 *
 * @param model any module; one that does not take a single tensor needs `forward`
 * @param data batches, such as a {@link DataLoader} gives
 * @param options.loss adds `loss`, the mean per sample
 * @param options.metrics what else to measure; they are reset first, and keep their state for a look afterwards
 * @param options.forward output for a batch; default `model.forward(batch.x)`
 * @param options.signal ends it with an error
 * @returns the loss and every metric by name; NaN when there were no batches
 * @throws MyelinError `ABORTED`; `TYPE` for data that gives no batches
 * @example
 * ```ts
 * import { DataLoader, Linear, TensorDataset, evaluate, meanSquaredError, ones } from 'myelin';
 * const data = new DataLoader(new TensorDataset({ x: ones([8, 3]), y: ones([8, 1]) }));
 * console.log(Object.keys(await evaluate(new Linear(3, 1), data, { metrics: [meanSquaredError()] })));
 * ```
 */
export async function evaluate<B extends Supervised>(
  model: Module,
  data: Batches<B>,
  options?: EvaluateOptions<B>,
): Promise<Record<string, number>>;
export async function evaluate<B extends Batch>(
  model: AnyModule,
  data: Batches<B>,
  options: EvaluateOptions<B> & { readonly forward: (batch: B) => Tensor },
): Promise<Record<string, number>>;
export async function evaluate<B extends Batch>(
  model: AnyModule,
  data: Batches<B>,
  options: EvaluateOptions<B> = {},
): Promise<Record<string, number>> {
  const { loss, metrics = [], signal } = options;
  checkModule('evaluate', model);
  checkBatches('evaluate', 'data', data);
  const forward = forwardOf(model, options.forward);
  const measure = (batch: B): readonly [output: Tensor<FloatDType>, ...losses: Tensor[]] => {
    const output = forward(batch);
    return loss === undefined ? [output] : [output, loss(output, batch.y)];
  };
  const step = new Step('evaluate', measure, checkFlag('evaluate', 'compile', options.compile ?? true));
  const mean = new Mean();
  for (const metric of metrics) metric.reset();
  const restore = switchMode(model, false);
  try {
    for await (const batch of data) {
      checkAborted('evaluate', signal);
      const { result, free } = await step.run(batch);
      try {
        const [output, value] = result;
        if (value !== undefined) mean.add(Number(value.item()), batch.y.shape[0] ?? 1);
        scope(() => metrics.forEach((metric) => metric.update(output, batch.y)));
      } finally {
        free();
      }
      await breathe();
    }
  } finally {
    restore();
    step.dispose();
  }
  const measured = metrics.map((metric) => [metric.name, metric.value()] as const);
  return { ...(loss === undefined ? {} : { loss: mean.value }), ...Object.fromEntries(measured) };
}
