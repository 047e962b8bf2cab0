// Steps of optimizers.
import {
  Adadelta,
  Adafactor,
  Adagrad,
  Adam,
  Adamax,
  AdamW,
  add,
  ASGD,
  LAMB,
  LBFGS,
  Lion,
  mul,
  NAdam,
  Parameter,
  RAdam,
  RMSprop,
  Rprop,
  scope,
  SGD,
  square,
  sub,
  sum,
  valueAndGrad,
  type LossClosure,
  type Optimizer,
} from 'myelin';

import { numbersOf, type Arguments } from '../suite/case.js';
import type { Digest } from '../suite/protocol.js';
import { digest, floats, pick, type Floats } from './calling.js';
import type { Workload } from './serve.js';

type Parameters = Readonly<Record<string, Parameter>>;

const optimizers: Readonly<Record<string, (parameters: Parameters) => Optimizer>> = {
  sgd: (parameters) => new SGD(parameters, { lr: 1e-3, momentum: 0.9 }),
  adam: (parameters) => new Adam(parameters, { lr: 1e-3 }),
  adamW: (parameters) => new AdamW(parameters, { lr: 1e-3, weightDecay: 0.01 }),
  amsgrad: (parameters) => new Adam(parameters, { lr: 1e-3, amsgrad: true }),
  rmsprop: (parameters) => new RMSprop(parameters, { lr: 1e-3 }),
  adagrad: (parameters) => new Adagrad(parameters, { lr: 1e-3 }),
  adadelta: (parameters) => new Adadelta(parameters, { lr: 1e-3 }),
  adamax: (parameters) => new Adamax(parameters, { lr: 1e-3 }),
  nadam: (parameters) => new NAdam(parameters, { lr: 1e-3 }),
  radam: (parameters) => new RAdam(parameters, { lr: 1e-3 }),
  lion: (parameters) => new Lion(parameters, { lr: 1e-3, weightDecay: 0.01 }),
  lamb: (parameters) => new LAMB(parameters, { lr: 1e-3, weightDecay: 0.01 }),
  rprop: (parameters) => new Rprop(parameters, { lr: 1e-3 }),
  asgd: (parameters) => new ASGD(parameters, { lr: 1e-3 }),
  adafactor: (parameters) => new Adafactor(parameters, { lr: 1e-3 }),
};

export function updateWays(args: Arguments): Workload[] {
  const { parameters: count, size } = numbersOf(args, 'parameters', 'size');
  const side = Math.sqrt(size);
  const named = <X>(make: (seed: number) => X): Record<string, X> =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, make(i)]));
  const parameters = named((i) => new Parameter(floats(1 + 2 * i, side, side)));
  const gradients = named((i) => floats(2 + 2 * i, side, side));
  const optimizer = pick(optimizers, args['what'])(parameters);
  const run = (): void => optimizer.step(gradients);
  const outputs = (): Digest[] => {
    run();
    return Object.values(parameters).map(digest);
  };
  const drop = (): void => {
    optimizer.dispose();
    for (const each of [...Object.values(parameters), ...Object.values(gradients)]) each.dispose();
  };
  return [{ setting: 'fused', outputs, run, drop }];
}

/** Half the sum of curvature · (x − lowest)². */
function bowl(x: Parameter<'float32'>, lowest: Floats, curvature: Floats): LossClosure {
  return () => valueAndGrad(() => mul(sum(mul(square(sub(x, lowest)), curvature)), 0.5), { x });
}

export function lbfgsWays(args: Arguments): Workload[] {
  const { size, directions } = numbersOf(args, 'size', 'directions');
  const [start, lowest] = [1, 2].map((seed) => floats(seed, size)) as [Floats, Floats];
  const curvature = add(floats(3, size), 1);
  const x = new Parameter(start);
  const loss = bowl(x, lowest, curvature);
  const options = { maxIter: directions, historySize: 10, toleranceGrad: 0, toleranceChange: 0 };
  const run = (): void =>
    scope(() => {
      x.assign(start);
      const optimizer = new LBFGS({ x }, options);
      optimizer.step(loss);
      optimizer.dispose();
    });
  const outputs = (): Digest[] => {
    run();
    return [digest(x)];
  };
  return [{ setting: '', outputs, run, drop: () => [start, lowest, curvature, x].forEach((each) => each.dispose()) }];
}
