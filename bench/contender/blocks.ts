// Building blocks, forward, and forward and backward.
import {
  add,
  contiguous,
  conv1d,
  convTranspose2d,
  ctcLoss,
  embedding,
  embeddingBag,
  groupNorm,
  interpolate,
  logSoftmax,
  vjp,
  type Tensor,
} from 'myelin';

import { classes } from '../models/index.js';
import { numbersOf, type Arguments } from '../suite/case.js';
import { calling, floats, pick, type Floats } from './calling.js';
import type { Workload } from './serve.js';

/** A function of float tensors, whose gradients are wanted by all of them. */
interface Block {
  readonly forward: (...inputs: Floats[]) => Floats;
  readonly inputs: readonly Floats[];
  /** What else it reads. */
  readonly others?: readonly Tensor[];
  readonly setting?: string;
}

const image = (seed: number, ...shape: readonly number[]): Floats =>
  contiguous(floats(seed, ...shape), { layout: 'channelsLast' });

function signals(args: Arguments): Block {
  const names = ['batch', 'channels', 'size', 'filters', 'kernel', 'stride', 'padding', 'dilation', 'groups'] as const;
  const { batch, channels, size, filters, kernel, stride, padding, dilation, groups } = numbersOf(args, ...names);
  return {
    inputs: [floats(1, batch, channels, size), floats(2, filters, channels / groups, kernel)],
    forward: (x, weight) => conv1d(x, weight, { stride, padding, dilation, groups }),
  };
}

function transposed(args: Arguments): Block {
  const names = ['batch', 'channels', 'size', 'filters', 'kernel', 'stride', 'padding'] as const;
  const { batch, channels, size, filters, kernel, stride, padding } = numbersOf(args, ...names);
  return {
    inputs: [image(1, batch, channels, size, size), floats(2, channels, filters, kernel, kernel)],
    forward: (x, weight) => convTranspose2d(x, weight, { stride, padding }),
    setting: 'channels-last',
  };
}

function groups(args: Arguments): Block {
  const { batch, channels, size, groups: count } = numbersOf(args, 'batch', 'channels', 'size', 'groups');
  return {
    inputs: [image(1, batch, channels, size, size), floats(2, channels), floats(3, channels)],
    forward: (x, weight, bias) => groupNorm(x, count, { weight: weight, bias: bias }),
    setting: 'channels-last',
  };
}

function lookup(args: Arguments): Block {
  const { rows, width, batch, steps } = numbersOf(args, 'rows', 'width', 'batch', 'steps');
  const x = classes(rows, 2, [batch, steps]);
  return { inputs: [floats(1, rows, width)], others: [x], forward: (weight) => embedding(x, weight) };
}

function bags(args: Arguments): Block {
  const { rows, width, batch, steps } = numbersOf(args, 'rows', 'width', 'batch', 'steps');
  const x = classes(rows, 2, [batch, steps]);
  const mode = args['mode'] as 'sum' | 'mean' | 'max';
  return { inputs: [floats(1, rows, width)], others: [x], forward: (weight) => embeddingBag(x, weight, { mode }) };
}

function paths(args: Arguments): Block {
  const { batch, steps, classes: count, label } = numbersOf(args, 'batch', 'steps', 'classes', 'label');
  const targets = add(classes(count - 1, 2, [batch, label]), 1);
  const lengths = (length: number): number[] => Array.from({ length: batch }, () => length);
  return {
    inputs: [floats(1, steps, batch, count)],
    others: [targets],
    forward: (logits) => ctcLoss(logSoftmax(logits), targets, lengths(steps), lengths(label)),
  };
}

function resized(args: Arguments): Block {
  const { batch, channels, size, to } = numbersOf(args, 'batch', 'channels', 'size', 'to');
  const mode = args['mode'] as 'nearest' | 'bilinear' | 'bicubic';
  return {
    inputs: [image(1, batch, channels, size, size)],
    forward: (x) => interpolate(x, { size: to, mode }),
    setting: 'channels-last',
  };
}

const blocks: Readonly<Record<string, (args: Arguments) => Block>> = {
  conv1d: signals,
  convTranspose2d: transposed,
  groupNorm: groups,
  embedding: lookup,
  embeddingBag: bags,
  ctc: paths,
  interpolate: resized,
};

export function blockWays(args: Arguments): Workload[] {
  const { forward, inputs, others = [], setting = '' } = pick(blocks, args['what'])(args);
  const kept = [...inputs, ...others];
  if (args['backward'] === 0) return [calling(() => [forward(...inputs)], kept, setting)];
  const y = forward(...inputs);
  const dy = y.rank === 4 ? image(4, ...y.shape) : floats(4, ...y.shape);
  return [calling(() => vjp(forward, inputs)[1](dy), [...kept, y, dy], setting)];
}
