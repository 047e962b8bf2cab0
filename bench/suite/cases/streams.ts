// Work that is bound by memory: each is tried on tensors that fit into the second cache and on ones that fit into none.
import { float32Bytes, type Arguments, type Bound, type Case, type Kind, type Target } from '../case.js';

interface Stream {
  readonly what: string;
  readonly family: string;
  readonly kind: Kind;
  /** Numbers read and written for each element, at least. */
  readonly passes: number;
  readonly bound: Bound;
  readonly args: (elements: number) => Arguments;
  readonly quick?: boolean;
}

const places: readonly [label: string, elements: number, target: Target][] = [
  ['in cache', 1 << 16, { ratio: { atLeast: 1, of: ['PyTorch'] } }],
  ['in memory', 1 << 24, { share: 0.8 }],
];

function placed({ what, family, kind, passes, bound, args, quick = false }: Stream): Case[] {
  return places.map(([label, elements, target]) => ({
    name: `${what} ${label}`,
    family,
    kind,
    args: args(elements),
    unit: 'GB/s',
    work: float32Bytes(passes * elements) / 1e9,
    footprint: float32Bytes(passes * elements),
    bound,
    tolerance: 1e-4,
    target,
    quick,
  }));
}

const columns = 256;

const rows = (what: string, quick = false): Stream => ({
  what,
  family: 'rows',
  kind: 'rows',
  passes: 2,
  bound: 'copy',
  args: (elements) => ({ what, rows: elements / columns, columns }),
  quick,
});

const channels = 64;
const batch = 4;

const images: Stream = {
  what: 'batchNorm',
  family: 'rows',
  kind: 'rows',
  passes: 2,
  bound: 'copy',
  args: (elements) => ({ what: 'batchNorm', batch, channels, size: Math.sqrt(elements / channels / batch) }),
};

const pointwise = (what: string, passes: number, quick = false): Stream => ({
  what,
  family: 'element-wise',
  kind: 'pointwise',
  passes,
  bound: 'copy',
  args: (size) => ({ what, size }),
  quick,
});

const reduction = (what: string, quick = false): Stream => ({
  what,
  family: 'reductions',
  kind: 'reduce',
  passes: 1,
  bound: 'read',
  args: (elements) => ({ what, rows: elements / columns, columns }),
  quick,
});

export const streams: readonly Case[] = [
  rows('softmax', true),
  rows('logSoftmax'),
  rows('layerNorm'),
  images,
  pointwise('add', 3, true),
  ...['exp', 'tanh', 'gelu', 'relu', 'sigmoid', 'log'].map((what) => pointwise(what, 2, what === 'gelu')),
  reduction('sum', true),
  reduction('sumRows'),
  reduction('sumColumns'),
  reduction('max'),
].flatMap(placed);
