import { float32Bytes, type Case } from '../case.js';

interface Recurrent {
  readonly batch: number;
  readonly steps: number;
  readonly inputs: number;
  readonly hidden: number;
  /** Whether it also goes backwards, with weights of its own. */
  readonly bidirectional?: boolean;
  /** What has to be reached forward and backward, as a multiple of the best peer. */
  readonly training: number;
}

const frameworks = ['PyTorch', 'onnxruntime'];

const gatesOf = { lstm: 4, gru: 3, rnn: 1 } as const;

/** A layer of gates, each a product with the input and one with the last state. */
function recurrent(what: keyof typeof gatesOf, layer: Recurrent): Case[] {
  const { batch, steps, inputs, hidden, bidirectional = false, training } = layer;
  const columns = gatesOf[what] * hidden * (bidirectional ? 2 : 1);
  const flops = 2 * batch * steps * columns * (inputs + hidden);
  const name = `${what}${bidirectional ? ' both ways' : ''} B${batch} T${steps} I${inputs} H${hidden}`;
  return [0, 1].map((backward) => ({
    name: `${name} ${backward === 0 ? 'forward' : 'forward and backward'}`,
    family: 'recurrent layers',
    kind: 'recurrent',
    args: { what, batch, steps, inputs, hidden, bidirectional: bidirectional ? 1 : 0, backward },
    unit: 'GFLOP/s',
    work: ((backward === 0 ? 1 : 3) * flops) / 1e9,
    footprint: float32Bytes(batch * steps * (inputs + columns)),
    bound: 'fma',
    tolerance: 1e-4,
    target: { ratio: { atLeast: backward === 0 ? 1 : training, of: frameworks }, share: 0.8 },
  }));
}

interface Attention {
  readonly batch: number;
  readonly heads: number;
  readonly steps: number;
  readonly width: number;
  /** Shares of the peak to reach: forward, forward and backward. */
  readonly shares: readonly [number, number];
}

/** Products of steps × steps × width that are needed: backward it takes five, of which one repeats the scores. */
const products = [2, 7] as const;

function attention({ batch, heads, steps, width, shares }: Attention): Case[] {
  return [0, 1].flatMap((causal) =>
    ([0, 1] as const).map((backward): Case => ({
      name: [
        `attention B${batch} H${heads} T${steps} D${width}`,
        causal === 0 ? 'full' : 'causal',
        backward === 0 ? 'forward' : 'forward and backward',
      ].join(' '),
      family: 'attention',
      kind: 'attention',
      args: { batch, heads, keyHeads: heads, queries: steps, steps, width, causal, backward },
      unit: 'GFLOP/s',
      // A causal mask leaves half of the scores to do.
      work: (2 * products[backward] * batch * heads * steps ** 2 * width * (causal === 0 ? 1 : 0.5)) / 1e9,
      footprint: float32Bytes(4 * batch * heads * steps * width),
      bound: 'fma',
      tolerance: 1e-4,
      target: { ratio: { atLeast: 1.5, of: ['PyTorch'] }, share: shares[backward] },
    })),
  );
}

/** One query for each head, as a decoder has it whose keys and values are cached: reading those is all there is to it. */
function decoding(heads: number, keyHeads: number, steps: number, width: number): Case {
  const bytes = float32Bytes(2 * keyHeads * steps * width);
  return {
    name: `attention of one query B1 H${heads}${heads === keyHeads ? '' : ` in ${keyHeads} groups`} T${steps} D${width}`,
    family: 'attention',
    kind: 'attention',
    args: { batch: 1, heads, keyHeads, queries: 1, steps, width, causal: 0, backward: 0 },
    unit: 'GB/s',
    work: bytes / 1e9,
    footprint: bytes,
    bound: 'read',
    tolerance: 1e-4,
    target: { ratio: { atLeast: 1, of: ['PyTorch'] } },
  };
}

/** One step of a recurrent layer. */
function cell(what: keyof typeof gatesOf, batch: number, size: number): Case {
  return {
    name: `${what} cell B${batch} I${size} H${size}`,
    family: 'recurrent layers',
    kind: 'cell',
    args: { what, batch, size },
    unit: 'µs',
    work: 1,
    footprint: float32Bytes(2 * gatesOf[what] * size ** 2),
    bound: 'none',
    tolerance: 1e-4,
    target: { ratio: { atLeast: 1, of: ['PyTorch'] } },
  };
}

const layers = [
  { batch: 64, steps: 128, inputs: 256, hidden: 256, training: 1.05 },
  { batch: 32, steps: 64, inputs: 64, hidden: 128, training: 1.3 },
] as const satisfies readonly Recurrent[];

export const sequences: readonly Case[] = [
  ...layers.flatMap((layer) => recurrent('lstm', layer)),
  ...layers.flatMap((layer) => recurrent('gru', layer)),
  ...recurrent('rnn', { ...layers[0], training: 1 }),
  ...recurrent('lstm', { ...layers[0], bidirectional: true, training: 1 }),
  ...(['lstm', 'gru', 'rnn'] as const).flatMap((what) => [1, 32].map((batch) => cell(what, batch, 256))),
  ...attention({ batch: 4, heads: 8, steps: 1024, width: 64, shares: [0.75, 0.78] }),
  ...attention({ batch: 16, heads: 8, steps: 128, width: 32, shares: [0.58, 0.58] }),
  decoding(8, 8, 256, 64),
  decoding(8, 8, 4096, 64),
  decoding(32, 8, 2048, 64),
];
