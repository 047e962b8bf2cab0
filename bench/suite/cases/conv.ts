import { float32Bytes, type Arguments, type Case, type Target } from '../case.js';

interface Conv {
  readonly label: string;
  readonly channels: number;
  readonly size: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride?: number;
  readonly dilation?: number;
  readonly groups?: number;
  readonly quick?: boolean;
  readonly forward?: Target;
  readonly backward?: Target;
}

const batch = 32;
const scaling = 1.85;

const timesOneDnn = (atLeast: number, error?: number): Target => ({
  ratio: { atLeast, of: ['oneDNN'] },
  scaling,
  ...(error === undefined ? {} : { error }),
});

// Winograd's transforms round more than a direct sum: how much is part of the bargain, so it is a target too.
const winogradError = 5e-6;
const winograd = (atLeast: number): Target => timesOneDnn(atLeast, winogradError);
const winogradGradients = (atLeast: number): Target => timesOneDnn(atLeast, 1e-5);

function both(shape: Conv): Case[] {
  const { label, channels, size, filters, kernel, stride = 1, dilation = 1, groups = 1, quick = false } = shape;
  const padding = (dilation * (kernel - 1)) >> 1;
  const out = Math.floor((size + 2 * padding - dilation * (kernel - 1) - 1) / stride) + 1;
  const flops = 2 * batch * filters * out ** 2 * (channels / groups) * kernel ** 2;
  const numbers = batch * (channels * size ** 2 + filters * out ** 2) + (filters * channels * kernel ** 2) / groups;
  const args: Arguments = { batch, channels, size, filters, kernel, stride, padding, dilation, groups };
  const pass = (kind: 'conv2d' | 'conv2dBackward', what: string, factor: number, target?: Target): Case => ({
    name: `conv ${label} ${what}`,
    family: 'convolutions',
    kind,
    args,
    unit: 'GFLOP/s',
    work: (factor * flops) / 1e9,
    footprint: float32Bytes(numbers),
    bound: 'fma',
    tolerance: 1e-4,
    quick,
    ...(target === undefined ? {} : { target }),
  });
  return [pass('conv2d', 'forward', 1, shape.forward), pass('conv2dBackward', 'both gradients', 2, shape.backward)];
}

const shapes: readonly Conv[] = [
  {
    label: '3×3 C64 56²',
    channels: 64,
    size: 56,
    filters: 64,
    kernel: 3,
    forward: winograd(2.4),
    backward: winogradGradients(2.5),
  },
  {
    label: '3×3 C128 28²',
    channels: 128,
    size: 28,
    filters: 128,
    kernel: 3,
    quick: true,
    forward: winograd(2.9),
    backward: winogradGradients(2.5),
  },
  {
    label: '3×3 C256 14²',
    channels: 256,
    size: 14,
    filters: 256,
    kernel: 3,
    forward: { error: winogradError, scaling },
    backward: winogradGradients(1.9),
  },
  {
    label: '3×3 C512 7²',
    channels: 512,
    size: 7,
    filters: 512,
    kernel: 3,
    forward: { error: winogradError, scaling },
    backward: winogradGradients(1.9),
  },
  {
    label: '3×3 stride 2 C64 56²',
    channels: 64,
    size: 56,
    filters: 128,
    kernel: 3,
    stride: 2,
    forward: timesOneDnn(1),
    backward: timesOneDnn(0.9),
  },
  {
    label: '3×3 dilation 2 C64 56²',
    channels: 64,
    size: 56,
    filters: 64,
    kernel: 3,
    dilation: 2,
    forward: timesOneDnn(1),
    backward: timesOneDnn(0.9),
  },
  {
    label: '1×1 C256 14²',
    channels: 256,
    size: 14,
    filters: 256,
    kernel: 1,
    forward: timesOneDnn(1),
    backward: timesOneDnn(0.9),
  },
  {
    label: '7×7 stride 2 C3 224²',
    channels: 3,
    size: 224,
    filters: 64,
    kernel: 7,
    stride: 2,
    forward: timesOneDnn(1.1),
    backward: timesOneDnn(2.8),
  },
  {
    label: 'depthwise 3×3 C128 28²',
    channels: 128,
    size: 28,
    filters: 128,
    kernel: 3,
    groups: 128,
    quick: true,
    forward: timesOneDnn(1.3),
    backward: timesOneDnn(1.5),
  },
];

export const convolutions: readonly Case[] = shapes.flatMap(both);
