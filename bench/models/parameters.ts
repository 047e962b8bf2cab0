import { tensor, type AnyModule } from 'myelin';

import { pattern } from '../suite/protocol.js';

/**
 * Gives a model numbers that every library can make alike: by the place of a parameter's name in alphabetical order.
 * Weights spread as He et al. 2015 propose, norms begin near 1 and biases near 0.
 */
export function setParameters(model: AnyModule): void {
  const parameters = Object.entries(model.parameters()).sort(([a], [b]) => (a < b ? -1 : 1));
  parameters.forEach(([name, parameter], i) => {
    const { shape, size } = parameter;
    const spread = shape.length > 1 ? Math.sqrt(24 / (size / shape[0]!)) : 0.1;
    const middle = shape.length === 1 && name.endsWith('weight') ? 1 : 0;
    const values = pattern(size, 100 + i).map((value) => middle + spread * value);
    parameter.assign(tensor(values, { shape }));
  });
}
