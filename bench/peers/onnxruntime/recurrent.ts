// Recurrent layers as nodes of ONNX, whose gates lie in another order and whose batch is the second axis.
import type { Graph } from './graph.js';

/** Weights of input and state and their biases, as PyTorch lays them out. */
export interface RecurrentParameters {
  readonly weightIh: Float32Array;
  readonly weightHh: Float32Array;
  readonly biasIh: Float32Array;
  readonly biasHh: Float32Array;
}

/** PyTorch's gates in ONNX's order: lstm i o f g for i f g o, gru z r n for r z n. */
const orders = { lstm: [0, 3, 1, 2], gru: [1, 0, 2], rnn: [0] } as const;

export type RecurrentName = keyof typeof orders;

export const isRecurrent = (name: unknown): name is RecurrentName => Object.hasOwn(orders, String(name));

function joined(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

function reordered(what: RecurrentName, values: Float32Array): Float32Array {
  const size = values.length / orders[what].length;
  return joined(orders[what].map((gate) => values.subarray(gate * size, (gate + 1) * size)));
}

/** Adds a layer of one or both directions, from [B, T, I] to [B, T, directions, H]; gives the name of its result. */
export function recurrentNode(
  graph: Graph,
  what: RecurrentName,
  x: string,
  directions: readonly RecurrentParameters[],
): string {
  const rows = directions[0]!.biasIh.length;
  const hidden = rows / orders[what].length;
  const stacked = (parts: readonly (keyof RecurrentParameters)[], columns: number): string => {
    const values = directions.flatMap((each) => parts.map((part) => reordered(what, each[part])));
    return graph.constant(
      joined(values),
      columns === 0 ? [directions.length, 2 * rows] : [directions.length, rows, columns],
    );
  };
  const inputs = directions[0]!.weightIh.length / rows;
  const sequence = graph.node('Transpose', [x], { perm: [1, 0, 2] });
  const states = graph.node(
    what.toUpperCase(),
    [sequence, stacked(['weightIh'], inputs), stacked(['weightHh'], hidden), stacked(['biasIh', 'biasHh'], 0)],
    {
      hidden_size: hidden,
      direction: directions.length === 2 ? 'bidirectional' : 'forward',
      ...(what === 'gru' ? { linear_before_reset: 1 } : {}),
    },
  );
  return graph.node('Transpose', [states], { perm: [2, 0, 1, 3] });
}
