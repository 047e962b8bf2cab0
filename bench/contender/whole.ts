// Whole models, as they stand or compiled.
import { compile, grad, mul, sum, type Tensor } from 'myelin';

import { models, type Setup } from '../models/index.js';
import { encoder } from '../models/encoder.js';
import { numbersOf, type Arguments } from '../suite/case.js';
import { digestOf, type Digest } from '../suite/protocol.js';
import { calling, callingOp, digest, floats, pick } from './calling.js';
import type { Workload, Workloads } from './serve.js';

const layout = 'channels-last';

function setUp(args: Arguments, training: boolean): Setup {
  return pick(models, args['model'])(numbersOf(args, 'batch').batch, training);
}

const everything = ({ input, target, state }: Setup): Tensor[] => [input, target, ...Object.values(state)];

function trainWay(args: Arguments, compiles: boolean): Workload {
  const setup = setUp(args, true);
  const { train, input, target } = setup;
  const compiled = compile((x: Tensor, y: Tensor) => train(x, y), { name: 'train' });
  const call = compiles ? () => compiled.sync(input, target) : () => train();
  const outputs = (): Digest[] => [digestOf([1, 2, 3].map(() => call().item()))];
  const drop = (): void => [compiled, ...everything(setup)].forEach((each) => each.dispose());
  return { setting: compiles ? `compiled, ${layout}` : layout, outputs, run: () => call().dispose(), drop };
}

function inferWays(args: Arguments, compiles: boolean): Workload[] {
  const setup = setUp(args, false);
  const { infer, input } = setup;
  if (!compiles) return [callingOp(infer, everything(setup), layout)];
  const compiled = compile((x: Tensor) => infer(x), { name: 'infer' });
  const work = callingOp(() => compiled.sync(input), [], `compiled, ${layout}`);
  return [{ ...work, drop: () => [compiled, ...everything(setup)].forEach((each) => each.dispose()) }];
}

function encoderWay(args: Arguments, compiles: boolean): Workload {
  const { batch, steps, width, heads, feedForward } = numbersOf(
    args,
    'batch',
    'steps',
    'width',
    'heads',
    'feedForward',
  );
  const layer = encoder(width, heads, feedForward);
  const parameters = Object.entries(layer.parameters()).sort(([a], [b]) => (a < b ? -1 : 1));
  const leaves = parameters.map(([, parameter]) => parameter);
  const [x, weights] = [floats(1, batch, steps, width), floats(2, batch, steps, width)];
  // The sum of what comes out of a norm is the same for all inputs: its gradient is nothing but rounding errors.
  const gradients = (input: typeof x): readonly Tensor[] =>
    grad(() => sum(mul(layer.forward(input), weights)), [input, ...leaves]);
  const compiled = compile(gradients, { name: 'encoder' });
  const call = compiles ? () => compiled.sync(x) : () => gradients(x);
  const work = calling(call, [x, weights, ...leaves], compiles ? 'compiled' : '');
  // The results of a compiled function belong to the caller as those of grad do.
  const run = (): void => call().forEach((each) => each.dispose());
  const drop = (): void => {
    compiled.dispose();
    work.drop();
  };
  return { ...work, outputs: () => call().map(digest), run, drop };
}

/** What is done with whole models, by kind; cases that want it are compiled if `compiles`. */
export function wholeWorkloads(compiles: boolean): Workloads {
  const wanted = (args: Arguments): boolean => compiles && args['compiled'] === 1;
  return {
    train: (args) => [trainWay(args, wanted(args))],
    infer: (args) => inferWays(args, wanted(args)),
    latency: (args) => inferWays(args, wanted(args)),
    encoder: (args) => [encoderWay(args, wanted(args))],
  };
}
