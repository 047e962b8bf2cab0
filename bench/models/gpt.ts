import {
  add,
  chunk,
  Embedding,
  gelu,
  KVCache,
  LayerNorm,
  Linear,
  Module,
  narrow,
  permute,
  reshape,
  scaledDotProductAttention,
  scope,
  type Tensor,
} from 'myelin';

type Floats = Tensor<'float32'>;

const [vocabulary, width, heads, depth, steps] = [96, 128, 4, 4, 128];

/** What a part of the model is given: its input, and keys and values of earlier tokens if it decodes. */
type Inputs = readonly [x: Floats, cache?: KVCache | undefined];

/** Every token looks at those before it, with several heads. */
class Attention extends Module<Inputs, Floats> {
  readonly qkv = new Linear(width, 3 * width);
  readonly out = new Linear(width, width);

  override forward(x: Floats, cache?: KVCache): Floats {
    const [batch, count] = x.shape as [number, number, number];
    const [q, k, v] = chunk(this.qkv.forward(x), 3, { axis: -1 }).map((part) =>
      permute(reshape(part, [batch, count, heads, width / heads]), [0, 2, 1, 3]),
    ) as [Floats, Floats, Floats];
    const past = cache?.append(k, v) as { keys: Floats; values: Floats } | undefined;
    const mixed = scaledDotProductAttention(q, past?.keys ?? k, past?.values ?? v, { isCausal: past === undefined });
    return this.out.forward(reshape(permute(mixed, [0, 2, 1, 3]), [batch, count, width]));
  }
}

class Block extends Module<Inputs, Floats> {
  readonly ln1 = new LayerNorm(width);
  readonly attention = new Attention();
  readonly ln2 = new LayerNorm(width);
  readonly up = new Linear(width, 4 * width);
  readonly down = new Linear(4 * width, width);

  override forward(x: Floats, cache?: KVCache): Floats {
    const attended = add(x, this.attention.forward(this.ln1.forward(x), cache));
    return add(attended, this.down.forward(gelu(this.up.forward(this.ln2.forward(attended)))));
  }
}

/** A small transformer that predicts the next character (Radford et al. 2019, norms before each part). */
class Gpt extends Module<readonly [x: Tensor<'int64'>], Floats> {
  readonly token = new Embedding(vocabulary, width);
  readonly position = new Embedding(steps, width);
  readonly blocks = Array.from({ length: depth }, () => new Block());
  readonly norm = new LayerNorm(width);
  readonly fc = new Linear(width, vocabulary);

  override forward(x: Tensor<'int64'>): Floats {
    const start = add(this.token.forward(x), this.position.weight);
    const last = this.blocks.reduce<Floats>((value, block) => block.forward(value), start);
    return this.fc.forward(this.norm.forward(last));
  }

  /** Logits of one token, given what was kept of those before it. */
  step(x: Tensor<'int64'>, caches: readonly KVCache[]): Floats {
    const start = add(this.token.forward(x), narrow<'float32'>(this.position.weight, 0, caches[0]!.length, 1));
    const last = this.blocks.reduce<Floats>((value, block, i) => block.forward(value, caches[i]), start);
    return this.fc.forward(this.norm.forward(last));
  }

  /** Takes tokens one by one and gives the logits of the last. */
  decode(tokens: readonly Tensor<'int64'>[], caches: readonly KVCache[]): Floats {
    for (const cache of caches) cache.reset();
    for (const token of tokens.slice(0, -1)) scope(() => void this.step(token, caches));
    return scope(() => this.step(tokens.at(-1)!, caches));
  }

  /** Room for as many tokens as there are positions, for each block. */
  caches(): KVCache[] {
    return this.blocks.map(() => new KVCache(1, heads, steps, width / heads));
  }
}

export const gpt = (): Gpt => new Gpt();
