// Whole models compiled, beside their peers and beside themselves without `compile`: the table of `--models`.
import type { Case, Target } from '../case.js';

type Ratio = NonNullable<Target['ratio']>;

const frameworks = ['PyTorch', 'onnxruntime'];

/** What holds of everything that is compiled: no slower than as it stands, and with less memory. */
const againstEager = { eager: 1, memory: 1 } as const;

const shared = { footprint: 0, bound: 'none', tolerance: 1e-2 } as const;

function train(model: string, batch: number, atLeast: Ratio['atLeast'], quick = false): Case {
  return {
    ...shared,
    name: `compiled train ${model} batch ${batch}`,
    family: 'compiled training',
    kind: 'train',
    args: { model, batch, compiled: 1 },
    unit: 'steps/s',
    work: 1,
    target: { ratio: { atLeast, of: ['PyTorch'] }, ...againstEager },
    quick,
  };
}

function infer(model: string, batch: number, atLeast: number, quick = false): Case {
  return {
    ...shared,
    name: `compiled infer ${model} batch ${batch}`,
    family: 'compiled inference',
    kind: 'infer',
    args: { model, batch, compiled: 1 },
    unit: 'samples/s',
    work: batch,
    target: { ratio: { atLeast, of: frameworks }, ...againstEager },
    quick,
  };
}

function latency(model: string, quick = false): Case {
  return {
    ...shared,
    name: `compiled latency ${model} batch 1`,
    family: 'latency',
    kind: 'latency',
    args: { model, batch: 1, compiled: 1 },
    unit: 'µs',
    work: 1,
    target: { ratio: { atLeast: 1.2, of: ['onnxruntime'] }, tail: 2, ...againstEager },
    quick,
  };
}

/** One layer of a transformer's encoder, forward and backward. */
const encoderLayer: Case = {
  ...shared,
  name: 'compiled encoder layer B16 T128 D256 H8 FF1024 forward and backward',
  family: 'compiled training',
  kind: 'encoder',
  args: { batch: 16, steps: 128, width: 256, heads: 8, feedForward: 1024, compiled: 1 },
  unit: 'steps/s',
  work: 1,
  target: { ratio: { atLeast: [1.2, 1.6], of: ['PyTorch'] }, ...againstEager },
  quick: true,
};

export const compiledModels: readonly Case[] = [
  train('mlp', 64, 1.8, true),
  train('lenet', 64, 2.2, true),
  train('resnet18', 32, 1.9),
  train('charLstm', 32, 1.25, true),
  train('gpt', 16, [1.4, 1.9]),
  encoderLayer,
  infer('mlp', 64, 1.05, true),
  infer('lenet', 64, 1.6, true),
  infer('resnet18', 64, 2),
  infer('charLstm', 64, 1.1),
  infer('gpt', 16, 1.4),
  latency('mlp', true),
  latency('lenet', true),
  latency('resnet18'),
  latency('charLstm', true),
  latency('gpt'),
];
