import { readFileSync } from 'node:fs';
import path from 'node:path';

import * as nn from 'myelin/nn';
import * as optim from 'myelin/optim';

// Whatever PyTorch has is compared with it: every layer, loss, optimizer and schedule is part of a table of golden cases, or has a
// reason why not. Tables and files of cases are compared with each other by the tests that hold them.

const textOf = (file: string): string => readFileSync(path.join(__dirname, file), 'utf8');

const layerTables = [
  'activation',
  'convolution',
  'layers',
  'normalization',
  'parametrization',
  'pooling',
  'recurrent',
  'shaping',
  'transformer',
]
  .map((name) => textOf(`nn/${name}.test.ts`))
  .join('\n');
const lossTable = textOf('nn/losses.test.ts');
const lossModules = textOf('nn/loss-modules.test.ts');
const lossCalls = textOf('golden-ops/losses.ts');
const optimizerTables = ['golden', 'averaging', 'grad-scaler']
  .map((name) => textOf(`optim/${name}.test.ts`))
  .join('\n');

const without: Readonly<Record<string, string>> = {
  Module: 'the base of all layers',
  KVCache: 'PyTorch has none; decoding with it is compared with the whole sequence at once',
  LearnedPositions: 'PyTorch has none; a sum with rows of a table',
  LoRALinear: 'PyTorch has none; compared with the sum of both matrices',
  Dropout: 'random; its share of zeros and its scale are tested',
  Dropout1d: 'random; it drops whole channels',
  Dropout2d: 'random; it drops whole channels',
  Dropout3d: 'random; it drops whole channels',
  AlphaDropout: 'random; it keeps mean and variance',
  FeatureAlphaDropout: 'random; it drops whole channels and keeps mean and variance',
  DropPath: 'random; it drops whole samples',
  GumbelSoftmax: 'random; its frequencies are tested as those of gumbelSoftmax',
};

const isModule = ([, value]: [string, unknown]): boolean =>
  typeof value === 'function' && (value.prototype as unknown) instanceof nn.Module;
const names = Object.entries(nn)
  .filter(isModule)
  .map(([name]) => name);
const losses = names.filter((name) => name.endsWith('Loss'));
const layers = names.filter((name) => !name.endsWith('Loss'));
const builds = (table: string, name: string): boolean => new RegExp(`new (nn\\.)?${name}\\b`).test(table);

/** The function that a loss module stands for, by the table that compares both. */
const functionOf = (name: string): string | undefined =>
  new RegExp(`new nn\\.${name}\\([^;]*?\\n\\s*\\(\\) =>\\s*nn\\.(\\w+)\\(`).exec(lossModules)?.[1];

it('every layer is in a table of golden cases', () => {
  expect(layers.length).toBeGreaterThan(100);
  expect(layers.filter((name) => !builds(layerTables, name) && !Object.hasOwn(without, name))).toEqual([]);
});

it('every loss is in a table of golden cases, or is its function, which is', () => {
  expect(losses.length).toBeGreaterThan(20);
  const isCovered = (name: string): boolean => {
    if (builds(lossTable, name) || builds(layerTables, name)) return true;
    const call = functionOf(name);
    return call !== undefined && new RegExp(`\\b${call}\\(`).test(lossCalls);
  };
  expect(losses.filter((name) => !isCovered(name))).toEqual([]);
});

it('every optimizer has cases with its defaults and with others', () => {
  const all = Object.entries(optim).flatMap(([name, value]) =>
    typeof value === 'function' && (value.prototype as unknown) instanceof optim.Optimizer ? [name] : [],
  );
  const counts = [...all, 'LBFGS'].map((name) => [name, optimizerTables.split(`new ${name}(p`).length - 1] as const);
  expect(counts.filter(([, count]) => count < 2)).toEqual([]);
});

const otherwise: Readonly<Record<string, string>> = {
  Optimizer: 'the base of all optimizers',
  GradientAccumulator: 'PyTorch has none; compared with one large batch',
  addGradNoise: 'random; its deviation is tested',
  isNormOrBias: 'a choice of names',
  withoutDecay: 'a choice of names',
};

it('every schedule, average and clipping is in a table of golden cases', () => {
  const isOptimizer = (value: unknown): boolean =>
    typeof value === 'function' && (value.prototype as unknown) instanceof optim.Optimizer;
  const rest = Object.entries(optim).filter(([name, value]) => !isOptimizer(value) && name !== 'LBFGS');
  const missing = rest.filter(
    ([name]) => !Object.hasOwn(otherwise, name) && !new RegExp(`\\b${name}\\(`).test(optimizerTables),
  );
  expect(missing.map(([name]) => name)).toEqual([]);
});

it('reasons are of what there is', () => {
  expect(Object.keys(without).filter((name) => !Object.hasOwn(nn, name))).toEqual([]);
  expect(Object.keys(otherwise).filter((name) => !Object.hasOwn(optim, name))).toEqual([]);
});
