import { grad, mul, sum, type Tensor } from 'myelin';

import { read } from './compare';
import { Random, type Nd } from './reference';
import { place } from './layouts';

/** A function of tensors whose float outputs are differentiated. */
export type Differentiable = (inputs: readonly Tensor[]) => readonly Tensor[];

const step = 1e-5;
const tolerance = 2e-6;

function weightsFor(outputs: readonly Tensor[], random: Random): Tensor[] {
  return outputs.map((out) => {
    const data = Array.from({ length: out.size }, () => random.between(-1, 1));
    return place({ dtype: 'float64', shape: out.shape, data }, 'contiguous');
  });
}

function weightedSum(outputs: readonly Tensor[], weights: readonly Tensor[]): Tensor {
  return outputs.map((out, i) => sum(mul(out, weights[i]!))).reduce((total, term) => total.add(term));
}

/** The same inputs with one element of one of them moved. */
function moved(inputs: readonly Nd[], which: number, element: number, by: number): Tensor[] {
  return inputs.map((x, i) => {
    if (i !== which) return place(x, 'contiguous');
    return place({ ...x, data: x.data.map((value, j) => (j === element ? value + by : value)) }, 'contiguous');
  });
}

/**
 * Compares the tape's gradient of a random weighted sum of the outputs with central differences, in float64.
 * Returns what differs, in words.
 */
export function gradientFault(
  f: Differentiable,
  inputs: readonly Nd[],
  by: readonly number[],
  seed: number,
): string | undefined {
  const random = new Random(seed);
  const tensors = inputs.map((x) => place(x, 'contiguous'));
  const weights = weightsFor(f(tensors), random);
  const loss = (xs: readonly Tensor[]): Tensor => weightedSum(f(xs), weights);
  const gradients = grad(
    () => loss(tensors),
    by.map((i) => tensors[i]!),
  ).map(read);
  for (const [k, which] of by.entries()) {
    const x = inputs[which]!;
    for (let element = 0; element < x.data.length; element++) {
      const h = step * Math.max(1, Math.abs(x.data[element]!));
      const [high, low] = [h, -h].map((by) => loss(moved(inputs, which, element, by)).item() as number);
      const expected = (high! - low!) / (2 * h);
      const got = gradients[k]!.data[element]!;
      if (!(Math.abs(got - expected) <= tolerance * (1 + Math.abs(expected)))) {
        return `d/d input ${which} element ${element}: central difference ${expected}, tape ${got}`;
      }
    }
  }
  return undefined;
}

/** The gradient of f as a function of the same inputs: checking it checks the second derivatives. */
export function gradientOf(f: Differentiable, by: readonly number[], seed: number): Differentiable {
  return (inputs) => {
    const weights = weightsFor(f(inputs), new Random(seed));
    return grad(
      () => weightedSum(f(inputs), weights),
      by.map((i) => inputs[i]!),
    );
  };
}
