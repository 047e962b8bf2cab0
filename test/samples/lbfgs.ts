import { ones } from 'myelin';

import { lbfgsDirection, lbfgsPair } from '../../lib/ops/lbfgs';
import { sumOf, type Nd } from '../support/reference';
import { uniform, type ErrorCase, type Sample, type SampleTable } from './sample';

const dot = (a: readonly number[], b: readonly number[]): number => sumOf(a.map((x, i) => x * b[i]!));
const blend = (x: readonly number[], b: number, y: readonly number[]): number[] => x.map((each, i) => each + b * y[i]!);

const tolerance = { relative: 64, absolute: 512 };

/** Algorithm 7.4 of Nocedal & Wright: two loops over what is remembered. */
function direction(size: number, curvatures: readonly number[], scale: number): Sample {
  const remembered = curvatures.length;
  const vector = uniform([size], -1, 1);
  return {
    inputs: {
      direction: vector,
      slope: uniform([]),
      gradient: vector,
      steps: curvatures.map(() => vector),
      changes: curvatures.map(() => vector),
    },
    attrs: { scale, curvatures },
    order: 0,
    layouts: false,
    tolerance,
    reference: (...inputs: Nd[]) => {
      const [before, slope, gradient, ...history] = inputs as [Nd, Nd, Nd, ...Nd[]];
      const [steps, changes] = [history.slice(0, remembered), history.slice(remembered)];
      const shares: number[] = [];
      let found = gradient.data.map((x) => -x);
      for (let i = remembered - 1; i >= 0; i--) {
        shares[i] = dot(steps[i]!.data, found) / curvatures[i]!;
        found = blend(found, -shares[i]!, changes[i]!.data);
      }
      found = found.map((x) => x * scale);
      for (let i = 0; i < remembered; i++) {
        found = blend(found, shares[i]! - dot(changes[i]!.data, found) / curvatures[i]!, steps[i]!.data);
      }
      const product = { ...slope, data: [dot(found, gradient.data)] };
      return [{ ...before, data: found }, product, gradient, ...history];
    },
  };
}

function pair(size: number): Sample {
  const vector = uniform([size], -1, 1);
  const length = 0.3;
  return {
    inputs: { gradient: vector, previous: vector, direction: vector },
    attrs: { length },
    order: 0,
    layouts: false,
    tolerance,
    reference: (gradient: Nd, previous: Nd, way: Nd) => {
      const change = { ...way, data: blend(gradient.data, -1, previous.data) };
      const step = { ...way, data: way.data.map((x) => length * x) };
      const products = [dot(change.data, step.data), dot(change.data, change.data)];
      return [step, change, { ...way, shape: [2], data: products }];
    },
  };
}

const [vector, longer] = [() => ones([3]), () => ones([4])];
const refused: readonly ErrorCase[] = [
  {
    call: () => {
      lbfgsDirection(
        { direction: vector(), slope: ones([]), gradient: longer(), steps: [], changes: [] },
        { scale: 1, curvatures: [] },
      );
    },
    code: 'SHAPE',
    message: /direction is float32\[3\], gradient is float32\[4\]/,
  },
  {
    call: () => {
      lbfgsDirection(
        { direction: vector(), slope: ones([1]), gradient: vector(), steps: [], changes: [] },
        { scale: 1, curvatures: [] },
      );
    },
    code: 'SHAPE',
    message: /slope is float32\[1\] \(need float32\[\]\)/,
  },
  {
    call: () => {
      lbfgsDirection(
        { direction: vector(), slope: ones([]), gradient: vector(), steps: [vector()], changes: [] },
        { scale: 1, curvatures: [1] },
      );
    },
    code: 'SHAPE',
    message: /1 steps, 0 changes, 1 curvatures/,
  },
];

const without = { layouts: 'vectors of a history are row-major', scalar: 'a direction is a vector' };

export const lbfgs: SampleTable = {
  lbfgsDirection: {
    samples: [direction(37, [2, 5, 3], 0.7), direction(5, [], 0.5), direction(1, [2], 1), direction(0, [1], 1)],
    large: direction(100_003, [30_000, 40_000], 0.9),
    errors: refused,
    without,
  },
  lbfgsPair: {
    samples: [pair(37), pair(1), pair(0)],
    large: pair(100_003),
    errors: [
      {
        call: () => lbfgsPair({ gradient: vector(), previous: longer(), direction: vector() }, { length: 1 }),
        code: 'SHAPE',
        message: /previous is float32\[4\]/,
      },
      {
        call: () => lbfgsPair({ gradient: ones([]), previous: ones([]), direction: ones([]) }, { length: 1 }),
        code: 'SHAPE',
        message: /direction is float32\[\] \(need a vector\)/,
      },
    ],
    without: { ...without, broadcast: 'vectors of one length' },
  },
};
