// What ways to run a case are made of.
import { cast, scope, tensor, type Tensor } from 'myelin';

import { digestOf, pattern, type Digest } from '../suite/protocol.js';
import { Refusal, type Workload } from './serve.js';

export type Floats = Tensor<'float32'>;

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

export const floats = (seed: number, ...shape: readonly number[]): Floats =>
  tensor(pattern(sizeOf(shape), seed), { shape });

export const digest = (x: Tensor): Digest => {
  const wide = x.dtype === 'bfloat16' ? cast(x, 'float32') : x;
  return digestOf(wide.data());
};

/** The way to run a function of fixed inputs: what it gives is disposed. */
export function calling(call: () => readonly Tensor[], inputs: readonly Tensor[], setting = ''): Workload {
  return {
    setting,
    outputs: () => scope(() => call().map(digest)),
    run: () => scope(() => void call()),
    drop: () => inputs.forEach((x) => x.dispose()),
  };
}

/** The same for one op, without the cost of a scope. */
export function callingOp(call: () => Tensor, inputs: readonly Tensor[], setting = ''): Workload {
  return { ...calling(() => [call()], inputs, setting), run: () => call().dispose() };
}

export function pick<F>(table: Readonly<Record<string, F>>, name: string | number | undefined): F {
  const found = table[String(name)];
  if (found === undefined) throw new Refusal(`${name} is not implemented`);
  return found;
}
