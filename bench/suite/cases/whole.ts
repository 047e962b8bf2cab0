// What no limit of the machine bounds: the cost of a call, and whole models.
import type { Case } from '../case.js';

const frameworks = ['PyTorch', 'onnxruntime'];

const eager = (what: string, name: string, { work = 1, quick = false } = {}): Case => ({
  name: `eager ${name}`,
  family: 'cost of a call',
  kind: 'eager',
  args: { what, size: 100 },
  unit: 'µs',
  work,
  footprint: 0,
  bound: 'none',
  tolerance: 1e-5,
  target: { ratio: { atLeast: 1, of: frameworks } },
  quick,
});

function whole(kind: 'train' | 'infer', model: string, batch: number, quick = false): Case {
  return {
    name: `${kind} ${model} batch ${batch}`,
    family: kind === 'train' ? 'training' : 'inference',
    kind,
    args: { model, batch },
    unit: kind === 'train' ? 'steps/s' : 'samples/s',
    work: kind === 'train' ? 1 : batch,
    footprint: 0,
    bound: 'none',
    tolerance: 1e-2,
    quick,
    ...(kind === 'train' ? { target: { ratio: { atLeast: 1, of: frameworks } } } : {}),
  };
}

export const calls: readonly Case[] = [
  eager('add', 'add of 100 elements, result dropped', { quick: true }),
  eager('recorded', 'add of 100 elements, recorded', { work: 1000 }),
  eager('backward', 'add of 100 elements, sum, backward'),
];

export const models: readonly Case[] = [
  whole('train', 'mlp', 64, true),
  whole('train', 'lenet', 64),
  whole('train', 'resnet18', 32),
  whole('train', 'charLstm', 32),
  whole('train', 'gpt', 16),
  ...['mlp', 'lenet', 'resnet18', 'charLstm'].flatMap((model) => [
    whole('infer', model, 1),
    whole('infer', model, 64, model === 'lenet'),
  ]),
  whole('infer', 'gpt', 1),
  whole('infer', 'gpt', 16),
  {
    name: 'decode 128 tokens of gpt one by one',
    family: 'inference',
    kind: 'decode',
    args: {},
    unit: 'tokens/s',
    work: 128,
    footprint: 0,
    bound: 'none',
    tolerance: 1e-2,
    target: { ratio: { atLeast: 1, of: ['PyTorch'] } },
  },
];
