import {
  Adam,
  AdamW,
  contiguous,
  crossEntropy,
  dropout,
  narrow,
  reshape,
  scope,
  SGD,
  tensor,
  valueAndGrad,
  type Module,
  type Optimizer,
  type Parameter,
  type Tensor,
} from 'myelin';

import { pattern } from '../suite/protocol.js';
import { charLstm } from './char-lstm.js';
import { gpt } from './gpt.js';
import { lenet } from './lenet.js';
import { mlp } from './mlp.js';
import { setParameters } from './parameters.js';
import { resnet18 } from './resnet18.js';

type Floats = Tensor<'float32'>;

/** A model with a batch of data. */
export interface Setup {
  readonly input: Tensor;
  /** The right answers. */
  readonly target: Tensor;
  /** Parameters and running statistics by name. */
  readonly state: Readonly<Record<string, Tensor>>;
  /** What the model makes of the batch, or of another one; whoever asks disposes it. */
  readonly infer: (x?: Tensor) => Floats;
  /** Forward, backward and update; gives the loss before it. */
  readonly train: (x?: Tensor, y?: Tensor) => Floats;
  readonly optimizer: Optimizer;
}

/** Makes a model and a batch; `dropped` is the probability that training drops a logit. */
type Create = (batch: number, training: boolean, dropped?: number) => Setup;

interface Definition<X extends Tensor> {
  readonly create: () => Module<readonly [x: X], Tensor>;
  readonly input: (batch: number) => X;
  /** Right answers for each of a batch, and of how many classes. */
  readonly answers: number;
  readonly classes: number;
  readonly optimizer: (parameters: Record<string, Parameter>) => Optimizer;
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

const floats = (...shape: readonly number[]): Floats => tensor(pattern(sizeOf(shape), 1), { shape });

const images = (...shape: readonly number[]): Floats => contiguous(floats(...shape), { layout: 'channelsLast' });

/** Class numbers below a count. */
export function classes(count: number, seed: number, shape: readonly number[]): Tensor<'int64'> {
  const numbers = pattern(sizeOf(shape), seed).map((value) => Math.floor((value + 0.5) * count) % count);
  return tensor(BigInt64Array.from(numbers, BigInt), { shape });
}

function define<X extends Tensor>(definition: Definition<X>): Create {
  return (batch, training, dropped = 0) => {
    const model = definition.create().train(training);
    setParameters(model);
    const input = definition.input(batch);
    const target = classes(definition.classes, 2, [batch * definition.answers]);
    const logits = (x: Tensor): Floats => reshape(model.forward(x as X) as Floats, [-1, definition.classes]);
    const parameters = model.parameters();
    const optimizer = definition.optimizer(parameters);
    const seen = (x: Tensor): Floats => (dropped > 0 ? dropout(logits(x), { p: dropped }) : logits(x));
    return {
      input,
      target,
      state: model.stateDict(),
      infer: (x = input) => scope(() => logits(x)),
      train: (x = input, y = target) =>
        scope(() => {
          const [loss, gradients] = valueAndGrad(() => crossEntropy(seen(x), y), parameters);
          optimizer.step(gradients);
          return loss;
        }),
      optimizer,
    };
  };
}

/** The models by name, with the batch of data and the optimizer that they are measured with. */
export const models: Readonly<Record<string, Create>> = {
  mlp: define({
    create: mlp,
    input: (batch) => floats(batch, 784),
    answers: 1,
    classes: 10,
    optimizer: (parameters) => new Adam(parameters, { lr: 1e-3 }),
  }),
  lenet: define({
    create: lenet,
    input: (batch) => images(batch, 1, 28, 28),
    answers: 1,
    classes: 10,
    optimizer: (parameters) => new Adam(parameters, { lr: 1e-3 }),
  }),
  resnet18: define({
    create: resnet18,
    input: (batch) => images(batch, 3, 32, 32),
    answers: 1,
    classes: 10,
    optimizer: (parameters) => new SGD(parameters, { lr: 0.01, momentum: 0.9, weightDecay: 5e-4 }),
  }),
  charLstm: define({
    create: charLstm,
    input: (batch) => classes(96, 1, [batch, 64]),
    answers: 64,
    classes: 96,
    optimizer: (parameters) => new Adam(parameters, { lr: 1e-3 }),
  }),
  gpt: define({
    create: gpt,
    input: (batch) => classes(96, 1, [batch, 128]),
    answers: 128,
    classes: 96,
    optimizer: (parameters) => new AdamW(parameters, { lr: 3e-4, weightDecay: 0.01 }),
  }),
};

/** Decoding of as many tokens as GPT has positions, one by one; gives the logits of the last. */
export function decoder(): () => Floats {
  const model = gpt().train(false);
  setParameters(model);
  const all = classes(96, 1, [1, 128]);
  const tokens = Array.from({ length: 128 }, (_, i) => narrow<'int64'>(all, 1, i, 1));
  const caches = model.caches();
  return () => model.decode(tokens, caches);
}
