// Steps of optimizers: of one square matrix that fits into the second cache, of one that fits into none, and of many small ones.
import { float32Bytes, type Case, type Target } from '../case.js';

/** Numbers that are read and written for each element: all but the gradient are both. */
const touched = {
  sgd: 5,
  adam: 7,
  adamW: 7,
  amsgrad: 9,
  rmsprop: 5,
  adagrad: 5,
  adadelta: 7,
  adamax: 7,
  nadam: 7,
  radam: 7,
  lion: 5,
  lamb: 7,
  rprop: 7,
  asgd: 5,
  adafactor: 6,
} as const;

const ratio = { atLeast: 1, of: ['PyTorch'] } as const;

const places: readonly [label: string, parameters: number, size: number, target: Target][] = [
  ['in cache', 1, 1 << 16, { ratio }],
  ['in memory', 1, 1 << 24, { ratio, share: 0.8 }],
  ['of 64 parameters', 64, 1 << 10, { ratio }],
];

const steps = (Object.keys(touched) as (keyof typeof touched)[]).flatMap((what) =>
  places.map(([label, parameters, size, target]): Case => {
    const bytes = float32Bytes(touched[what] * parameters * size);
    return {
      name: `${what} ${label}`,
      family: 'optimizer updates',
      kind: 'update',
      args: { what, parameters, size },
      unit: 'GB/s',
      work: bytes / 1e9,
      footprint: bytes,
      bound: 'copy',
      tolerance: 1e-4,
      target,
      quick: what === 'adam' && parameters === 1,
    };
  }),
);

/** Ten directions down a bowl, from the beginning each time, because it would come to rest. */
const lbfgs = [1 << 10, 1 << 16].map((size): Case => ({
  name: `lbfgs ten directions of ${size}`,
  family: 'optimizer updates',
  kind: 'lbfgs',
  args: { size, directions: 10 },
  unit: 'µs',
  work: 1,
  footprint: float32Bytes(25 * size),
  bound: 'none',
  tolerance: 1e-4,
  target: { ratio },
}));

export const updates: readonly Case[] = [...steps, ...lbfgs];
