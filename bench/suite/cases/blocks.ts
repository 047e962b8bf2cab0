// Building blocks besides those that have a family of their own: each forward, and forward and backward.
import { float32Bytes, type Arguments, type Case } from '../case.js';

interface Block {
  readonly name: string;
  readonly family: string;
  readonly args: Arguments;
  /** What is counted, and how much of it a call has forward: billions of operations or bytes, or samples. */
  readonly unit: 'GFLOP/s' | 'GB/s' | 'samples/s';
  readonly work: number;
  /** How many times as much forward and backward are. */
  readonly training: number;
  /** Numbers that are touched. */
  readonly numbers: number;
  readonly quick?: boolean;
}

const bounds = { 'GFLOP/s': 'fma', 'GB/s': 'copy', 'samples/s': 'none' } as const;

function both({ name, family, args, unit, work, training, numbers, quick = false }: Block): Case[] {
  return [0, 1].map((backward) => ({
    name: `${name} ${backward === 0 ? 'forward' : 'forward and backward'}`,
    family,
    kind: 'block',
    args: { ...args, backward },
    unit,
    work: backward === 0 ? work : training * work,
    footprint: float32Bytes(numbers),
    bound: bounds[unit],
    tolerance: 1e-4,
    target: { ratio: { atLeast: 1, of: ['PyTorch'] } },
    quick: quick && backward === 1,
  }));
}

interface Signal {
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  /** Steps of a signal, or rows and columns of an image. */
  readonly size: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly padding?: number;
  readonly dilation?: number;
  readonly groups?: number;
}

// Backward, a convolution has two products as large as that of its way forward.
const withBothGradients = 3;

function conv1d(shape: Signal): Case[] {
  const { batch, channels, size, filters, kernel, stride = 1, dilation = 1, groups = 1 } = shape;
  const padding = (dilation * (kernel - 1)) >> 1;
  const out = Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const changes = [
    ['stride', stride],
    ['dilation', dilation],
    ['groups', groups],
  ] as const;
  const said = changes.filter(([, value]) => value !== 1).map(([what, value]) => ` ${what} ${value}`);
  return both({
    name: `conv1d ${kernel}${said.join('')} B${batch} C${channels} to ${filters} L${size}`,
    family: 'convolutions of signals',
    args: { what: 'conv1d', batch, channels, size, filters, kernel, stride, padding, dilation, groups },
    unit: 'GFLOP/s',
    work: (2 * batch * filters * out * (channels / groups) * kernel) / 1e9,
    training: withBothGradients,
    numbers: batch * (channels * size + filters * out),
  });
}

function convTranspose2d({ batch, channels, size, filters, kernel, stride = 1, padding = 0 }: Signal): Case[] {
  const out = (size - 1) * stride - 2 * padding + kernel;
  return both({
    name: `convTranspose2d ${kernel}×${kernel} stride ${stride} B${batch} C${channels} to ${filters} ${size}²`,
    family: 'transposed convolutions',
    args: { what: 'convTranspose2d', batch, channels, size, filters, kernel, stride, padding },
    unit: 'GFLOP/s',
    work: (2 * batch * channels * filters * (size * kernel) ** 2) / 1e9,
    training: withBothGradients,
    numbers: batch * (channels * size ** 2 + filters * out ** 2),
  });
}

function groupNorm(batch: number, channels: number, size: number, groups: number): Case[] {
  const numbers = batch * channels * size ** 2;
  return both({
    name: `groupNorm of ${groups} groups B${batch} C${channels} ${size}²`,
    family: 'norms of groups',
    args: { what: 'groupNorm', batch, channels, size, groups },
    unit: 'GB/s',
    // Input and result; backward their gradients, and the input once more.
    work: float32Bytes(2 * numbers) / 1e9,
    training: 2.5,
    numbers: 2 * numbers,
  });
}

interface Table {
  readonly rows: number;
  readonly width: number;
  readonly batch: number;
  readonly steps: number;
}

function embedding({ rows, width, batch, steps }: Table): Case[] {
  const found = batch * steps * width;
  return both({
    name: `embedding of ${rows} × ${width} B${batch} T${steps}`,
    family: 'embeddings',
    args: { what: 'embedding', rows, width, batch, steps },
    unit: 'GB/s',
    // Backward the gradient is read, and one of the whole table written.
    work: float32Bytes(2 * found) / 1e9,
    training: 1 + (found + rows * width) / (2 * found),
    numbers: 2 * found + rows * width,
  });
}

function embeddingBag(mode: 'sum' | 'mean' | 'max', { rows, width, batch, steps }: Table): Case[] {
  const found = batch * (steps + 1) * width;
  return both({
    name: `embeddingBag ${mode} of ${rows} × ${width} B${batch} T${steps}`,
    family: 'embeddings',
    args: { what: 'embeddingBag', mode, rows, width, batch, steps },
    unit: 'GB/s',
    work: float32Bytes(found) / 1e9,
    training: 1 + (batch * width + rows * width) / found,
    numbers: found + rows * width,
  });
}

function ctc(batch: number, steps: number, classes: number, label: number): Case[] {
  return both({
    name: `ctc of logits B${batch} T${steps} C${classes} S${label}`,
    family: 'ctc',
    args: { what: 'ctc', batch, steps, classes, label },
    unit: 'samples/s',
    work: batch,
    training: 1,
    numbers: batch * steps * (2 * classes + 2 * label),
  });
}

function interpolate(mode: 'nearest' | 'bilinear' | 'bicubic', from: number, to: number): Case[] {
  const [batch, channels] = [8, 64];
  const numbers = batch * channels * (from ** 2 + to ** 2);
  return both({
    name: `interpolate ${mode} B${batch} C${channels} ${from}² to ${to}²`,
    family: 'interpolation',
    args: { what: 'interpolate', mode, batch, channels, size: from, to },
    unit: 'GB/s',
    work: float32Bytes(numbers) / 1e9,
    training: 2,
    numbers,
  });
}

const small: Table = { rows: 1000, width: 128, batch: 32, steps: 64 };
const large: Table = { rows: 30_000, width: 256, batch: 32, steps: 128 };

export const blocks: readonly Case[] = [
  ...conv1d({ batch: 16, channels: 64, size: 1024, filters: 128, kernel: 3 }),
  ...conv1d({ batch: 16, channels: 128, size: 512, filters: 128, kernel: 5, dilation: 4 }),
  ...conv1d({ batch: 16, channels: 80, size: 1024, filters: 256, kernel: 3, stride: 2 }),
  ...conv1d({ batch: 16, channels: 256, size: 512, filters: 256, kernel: 7, groups: 256 }),
  ...convTranspose2d({ batch: 16, channels: 128, size: 16, filters: 64, kernel: 4, stride: 2, padding: 1 }),
  ...convTranspose2d({ batch: 16, channels: 128, size: 28, filters: 64, kernel: 2, stride: 2 }),
  ...convTranspose2d({ batch: 16, channels: 64, size: 28, filters: 64, kernel: 3, padding: 1 }),
  ...groupNorm(4, 64, 16, 32),
  ...groupNorm(16, 128, 56, 32),
  ...embedding(small),
  ...embedding(large),
  ...(['sum', 'mean', 'max'] as const).flatMap((mode) => embeddingBag(mode, small)),
  ...embeddingBag('mean', large),
  ...ctc(16, 200, 64, 40),
  ...ctc(1, 100, 32, 20),
  ...(['nearest', 'bilinear', 'bicubic'] as const).flatMap((mode) => [
    ...interpolate(mode, 32, 64),
    ...interpolate(mode, 64, 40),
  ]),
];
