import {
  gelu,
  AdamW,
  alibiBias,
  applyRotary,
  compile,
  concat,
  crossEntropy,
  Embedding,
  flatten,
  KVCache,
  LayerNorm,
  LearnedPositions,
  Linear,
  Module,
  MultiheadAttention,
  narrow,
  ones,
  randint,
  randn,
  reshape,
  scope,
  seed,
  sinusoidalPositions,
  tensor,
  Transformer,
  TransformerDecoder,
  TransformerDecoderLayer,
  TransformerEncoder,
  TransformerEncoderLayer,
  triu,
  valueAndGrad,
  expand,
  type AnyModule,
  type AttendOptions,
  type FloatDType,
  type MultiheadAttentionOptions,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';
import { testLayers } from '../support/layer-table';

type Real = Tensor<FloatDType>;
type Forward = (...inputs: readonly Real[]) => Real;

const padding = () =>
  tensor([
    [0, 0, 1, 0],
    [0, 1, 1, 0],
  ]).gt(0);
const future = (n = 4) => triu(ones([n, n], { dtype: 'bool' }), { diagonal: 1 });
const added = () => expand(tensor([[0.5, -1, 0.25, 0]]), [4, 4]);

type Attention = MultiheadAttention<FloatDType>;

/** Output and weights as one vector. */
function attention(
  sizes: readonly [number, number],
  options?: () => AttendOptions,
  settings: MultiheadAttentionOptions = {},
) {
  return (dtype: FloatDType): AnyModule => {
    const module: Attention = new MultiheadAttention<FloatDType>(...sizes, { ...settings, dtype });
    const plain = module.forward.bind(module);
    const forward: Forward = (query, key = query, value = key) =>
      scope(() => {
        const [out, weights] = plain(query, key, value, options?.());
        return weights === undefined ? out : concat([flatten(out), flatten(weights)]);
      });
    return Object.assign(module, { forward });
  };
}

const small = { dimFeedforward: 5, dropout: 0 };

// Random weights make scores of all sizes, and terms of up to 40 cancel in their gradients: in float32, PyTorch itself is up to
// 306 epsilons away from what it computes in float64.
const tolerance = { relative: 16, absolute: 4096 };

describe('attention', () => {
  testLayers(
    'layers-attention',
    {
      attention: attention([6, 2]),
      'attention-causal': attention([6, 2], () => ({ isCausal: true, needWeights: false })),
      'attention-padding': attention([6, 2], () => ({ keyPaddingMask: padding(), averageAttnWeights: false })),
      'attention-masks': attention([6, 2], () => ({
        keyPaddingMask: padding(),
        attnMask: added(),
        needWeights: false,
      })),
      'attention-heads': attention([6, 2], () => ({ attnMask: expand(future(), [4, 4, 4]) })),
      'attention-no-bias': attention([6, 2], undefined, { bias: false }),
      'attention-extra': attention([6, 2], () => ({ keyPaddingMask: padding(), attnMask: future() }), {
        addBiasKv: true,
        addZeroAttn: true,
      }),
      'attention-cross': attention([6, 3], () => ({ needWeights: false }), { batchFirst: true }),
      'attention-widths': attention([6, 2], undefined, { kdim: 3, vdim: 5 }),
      'attention-single': attention([4, 2]),
    },
    [],
    tolerance,
  );
});

describe('transformers', () => {
  testLayers(
    'layers-transformer',
    {
      'encoder-layer': (dtype) => new TransformerEncoderLayer(4, 2, { ...small, dtype }),
      'encoder-layer-first': (dtype) =>
        new TransformerEncoderLayer(4, 2, { ...small, normFirst: true, activation: 'gelu', batchFirst: true, dtype }),
      'encoder-layer-masks': (dtype) => {
        const module = new TransformerEncoderLayer<FloatDType>(4, 2, { ...small, bias: false, dtype });
        const plain = module.forward.bind(module);
        const masks = () => ({ srcMask: future(), srcKeyPaddingMask: padding() });
        return Object.assign(module, { forward: (x: Real) => scope(() => plain(x, masks())) });
      },
      encoder: (dtype) =>
        new TransformerEncoder(
          () => new TransformerEncoderLayer(4, 2, { ...small, dtype }),
          2,
          new LayerNorm(4, { dtype }),
        ),
      'decoder-layer': (dtype) => {
        const module = new TransformerDecoderLayer<FloatDType>(4, 2, { ...small, dtype });
        const plain = module.forward.bind(module);
        const masks = () => ({ tgtIsCausal: true, memoryKeyPaddingMask: padding() });
        return Object.assign(module, { forward: (x: Real, memory: Real) => scope(() => plain(x, memory, masks())) });
      },
      decoder: (dtype) =>
        new TransformerDecoder(() => new TransformerDecoderLayer(4, 2, { ...small, normFirst: true, dtype }), 2),
      transformer: (dtype) => {
        const sizes = { dModel: 4, nhead: 2, numEncoderLayers: 1, numDecoderLayers: 1 };
        const module = new Transformer<FloatDType>({ ...sizes, ...small, batchFirst: true, dtype });
        const plain = module.forward.bind(module);
        return Object.assign(module, { forward: (src: Real, tgt: Real) => plain(src, tgt, { tgtIsCausal: true }) });
      },
    },
    [],
    tolerance,
  );
});

const largest = (a: Tensor, b: Tensor): number => scope(() => a.sub(b).abs().max().item() as number);

describe('KVCache', () => {
  test('tokens one at a time, and in pieces, give what all of them at once give', () => {
    scope(() => {
      seed(3);
      const layer = new TransformerEncoderLayer<FloatDType>(8, 2, {
        ...small,
        batchFirst: true,
        dtype: 'float64',
      }).eval();
      const x = randn([2, 7, 8], { dtype: 'float64' });
      const whole = layer.forward(x, { isCausal: true });
      const cache = new KVCache<FloatDType>(2, 2, 7, 4, { dtype: 'float64' });
      for (const pieces of [[1, 1, 1, 1, 1, 1, 1], [3, 1, 3], [7]]) {
        let at = 0;
        const outs = pieces.map((count) => {
          const piece = layer.forward(narrow(x, 1, at, count), { isCausal: true, cache });
          at += count;
          return piece;
        });
        expect(largest(concat(outs, { axis: 1 }), whole)).toBeLessThan(1e-14);
        expect(cache.length).toBe(7);
        cache.reset();
      }
    });
  });

  test('never holds more than it was made for', () => {
    scope(() => {
      const cache = new KVCache(1, 2, 2, 4);
      const { keys, values } = cache;
      cache.append(ones([1, 2, 2, 4]), ones([1, 2, 2, 4]));
      const error = caught(() => cache.append(ones([1, 2, 1, 4]), ones([1, 2, 1, 4])));
      expect([error.code, error.message]).toEqual(['VALUE', expect.stringMatching(/need at most 0: 2 of 2 are used/)]);
      expect(cache.keys === keys && cache.values === values).toBe(true);
    });
  });
});

describe('positions', () => {
  test('sinusoids are the formula', () => {
    scope(() => {
      const table = sinusoidalPositions(6, 5, { offset: 2, dtype: 'float64' }).toArray() as number[][];
      table.forEach((row, t) =>
        row.forEach((value, d) => {
          const angle = (t + 2) / 10000 ** ((2 * Math.floor(d / 2)) / 5);
          expect(value).toBeCloseTo(d % 2 === 0 ? Math.sin(angle) : Math.cos(angle), 12);
        }),
      );
    });
  });

  test.each([false, true])('rotated queries and keys depend on their distance alone, interleaved %s', (interleaved) => {
    scope(() => {
      const [q, k] = [randn([1, 8], { dtype: 'float64' }), randn([1, 8], { dtype: 'float64' })];
      const product = (a: number, b: number): number =>
        applyRotary(q, { offset: a, interleaved })
          .mul(applyRotary(k, { offset: b, interleaved }))
          .sum()
          .item();
      expect(product(5, 3)).toBeCloseTo(product(102, 100), 12);
      expect(product(5, 3)).not.toBeCloseTo(product(5, 4), 6);
    });
  });

  test('rotation is that of pairs', () => {
    scope(() => {
      const x = tensor(
        [
          [0, 0, 0, 0],
          [1, 2, 3, 4],
        ],
        { dtype: 'float64' },
      );
      const [c, s] = [Math.cos, Math.sin];
      const halves = [c(1) - 3 * s(1), 2 * c(0.01) - 4 * s(0.01), s(1) + 3 * c(1), 2 * s(0.01) + 4 * c(0.01)];
      const pairs = [c(1) - 2 * s(1), s(1) + 2 * c(1), 3 * c(0.01) - 4 * s(0.01), 3 * s(0.01) + 4 * c(0.01)];
      expect(largest(applyRotary(x).at(1), tensor(halves, { dtype: 'float64' }))).toBeLessThan(1e-12);
      const neighbours = applyRotary(x, { interleaved: true }).at(1);
      expect(largest(neighbours, tensor(pairs, { dtype: 'float64' }))).toBeLessThan(1e-12);
    });
  });

  test('slopes of linear biases are those of the paper, also for heads that are no power of two', () => {
    scope(() => {
      const slopes = (heads: number): unknown => alibiBias(heads, 1, 2).at(':', 0, 0).neg().toArray();
      expect(slopes(4)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8]);
      expect(slopes(6)).toEqual([2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3]);
      expect(alibiBias(1, 2, 3).shape).toEqual([1, 2, 3]);
    });
  });

  test('learnt ones are added from an offset on', () => {
    scope(() => {
      const layer = new LearnedPositions(4, 2);
      const out = layer.forward(tensor([[1, 1]]), { offset: 3 });
      expect(largest(out, layer.weight.at('3:4').add(1))).toBe(0);
      expect(caught(() => layer.forward(ones([5, 2]))).code).toBe('SHAPE');
    });
  });
});

test('dropout drops weights in training, the same compiled as not', () => {
  scope(() => {
    const layer = new MultiheadAttention(4, 2, { dropout: 0.5, batchFirst: true });
    const x = randn([2, 6, 4]);
    const run = (y: Tensor<'float32'>) => layer.forward(y, y, y, { needWeights: false })[0];
    using compiled = compile(run);
    const outs = [run, run, compiled.sync].map((call) => {
      seed(5);
      return call(x);
    });
    expect(largest(outs[0]!, outs[1]!)).toBe(0);
    expect(largest(outs[0]!, outs[2]!)).toBe(0);
    expect(largest(outs[0]!, layer.eval().forward(x, x, x)[0])).toBeGreaterThan(1e-3);
  });
});

/** A small GPT: tokens and positions, causal layers with norms first, a map to the vocabulary. */
class Gpt extends Module<readonly [x: Tensor<'int64'>], Tensor<'float32'>> {
  readonly tokens = new Embedding(11, 8);
  readonly positions = new LearnedPositions(6, 8);
  readonly blocks = new TransformerEncoder(
    () => new TransformerEncoderLayer(8, 2, { dimFeedforward: 16, dropout: 0.1, normFirst: true, batchFirst: true }),
    2,
    new LayerNorm(8),
  );
  readonly head = new Linear(8, 11);

  override forward(x: Tensor<'int64'>): Tensor<'float32'> {
    const start = this.positions.forward(this.tokens.forward(x));
    return this.head.forward(this.blocks.forward(start, { isCausal: true }));
  }
}

/** Losses of some steps of training, and where the parameters come to. */
function trained(wrap: (step: () => Tensor) => () => Tensor): Tensor[] {
  seed(11);
  const model = new Gpt();
  const optimizer = new AdamW(model.parameters(), { lr: 0.01 });
  const [x, y] = [randint(0, 11, [3, 6]), randint(0, 11, [18])];
  const step = wrap(() => {
    const loss = () => crossEntropy(reshape(model.forward(x), [18, 11]), y);
    const [value, gradients] = valueAndGrad(loss, model.parameters());
    optimizer.step(gradients);
    return value;
  });
  return [step(), step(), step(), ...Object.values(model.parameters())];
}

test('a step of a GPT gives the same bits compiled', () => {
  scope(() => {
    const eager = trained((step) => step);
    const compiled = trained((step) => compile(step).sync);
    expect(compiled.map((value) => value.toArray())).toEqual(eager.map((value) => value.toArray()));
    expect(eager[2]!.item()).toBeLessThan(eager[0]!.item() as number);
  });
});

const refusals: Readonly<Record<string, readonly [call: () => unknown, code: string, message: RegExp]>> = {
  'heads that do not divide': [() => new MultiheadAttention(6, 4), 'VALUE', /multiple of numHeads/],
  'no width': [() => new MultiheadAttention(0, 1), 'VALUE', /embedDim is 0/],
  'a probability above 1': [() => new MultiheadAttention(4, 2, { dropout: 2 }), 'VALUE', /dropout/],
  'input of another rank': [
    () => new MultiheadAttention(4, 2).forward(ones([4]), ones([4]), ones([4])),
    'SHAPE',
    /\[L, N, E\]/,
  ],
  'what is no tensor': [
    () => new MultiheadAttention(4, 2).forward(null as never, ones([1, 1, 4]), ones([1, 1, 4])),
    'TYPE',
    /query is null/,
  ],
  'a padding mask of another shape': [
    () => new TransformerEncoderLayer(4, 2, small).forward(ones([3, 1, 4]), { srcKeyPaddingMask: future(3) }),
    'SHAPE',
    /keyPaddingMask is bool\[3,3\] \(need shape \[1,3\]\)/,
  ],
  'a mask of integers': [
    () =>
      new TransformerEncoderLayer(4, 2, small).forward(ones([3, 1, 4]), { srcMask: ones([3, 3], { dtype: 'int32' }) }),
    'DTYPE',
    /attnMask is int32/,
  ],
  'an unknown activation': [
    () => new TransformerEncoderLayer(4, 2, { activation: 'tanh' as never }),
    'VALUE',
    /'relu' or 'gelu'|"relu" or "gelu"/,
  ],
  'no layers': [() => new TransformerEncoder(() => new TransformerEncoderLayer(4, 2, small), 0), 'VALUE', /numLayers/],
  'a layer instead of a function': [() => new TransformerDecoder(3 as never, 1), 'TYPE', /function that makes a layer/],
  'an odd width to rotate': [() => applyRotary(ones([2, 3])), 'SHAPE', /even D/],
  'no heads': [() => alibiBias(0, 1, 1), 'VALUE', /heads is 0/],
  'a cache of nothing': [() => new KVCache(1, 1, 0, 4), 'VALUE', /maxLength is 0/],
};

test.each(Object.entries(refusals))('refuses %s', (_, [call, code, message]) => {
  const error = scope(() => caught(call));
  expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
});

test.each<FloatDType>(['float16', 'bfloat16'])('works in %s', (dtype) => {
  scope(() => {
    const layer = new TransformerEncoderLayer<FloatDType>(4, 2, { ...small, dtype });
    expect(layer.forward(ones([3, 1, 4], { dtype }), { isCausal: true }).dtype).toBe(dtype);
  });
});

test('a function between the maps of a token does what its name does', () => {
  scope(() => {
    const options = { dimFeedforward: 8, dropout: 0, batchFirst: true };
    using named = new TransformerEncoderLayer(4, 2, { ...options, activation: 'gelu' });
    using given = new TransformerEncoderLayer(4, 2, { ...options, activation: (x) => gelu(x) });
    given.loadStateDict(named.stateDict());
    const x = randn([2, 3, 4]);
    expect(given.forward(x).toArray()).toEqual(named.forward(x).toArray());
    expect(given.forward(x).toArray()).not.toEqual(x.toArray());
  });
});
