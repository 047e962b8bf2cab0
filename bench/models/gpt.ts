import {
  add,
  chunk,
  Embedding,
  gelu,
  LayerNorm,
  Linear,
  Module,
  permute,
  reshape,
  scaledDotProductAttention,
  type Tensor,
} from 'myelin';

type Floats = Tensor<'float32'>;

const [vocabulary, width, heads, depth, steps] = [96, 128, 4, 4, 128];

/** Every token looks at those before it, with several heads. */
class Attention extends Module<readonly [x: Floats], Floats> {
  readonly qkv = new Linear(width, 3 * width);
  readonly out = new Linear(width, width);

  override forward(x: Floats): Floats {
    const batch = x.shape[0]!;
    const [q, k, v] = chunk(this.qkv.forward(x), 3, { axis: -1 }).map((part) =>
      permute(reshape(part, [batch, steps, heads, width / heads]), [0, 2, 1, 3]),
    ) as [Floats, Floats, Floats];
    const mixed = scaledDotProductAttention(q, k, v, { isCausal: true });
    return this.out.forward(reshape(permute(mixed, [0, 2, 1, 3]), [batch, steps, width]));
  }
}

class Block extends Module<readonly [x: Floats], Floats> {
  readonly ln1 = new LayerNorm(width);
  readonly attention = new Attention();
  readonly ln2 = new LayerNorm(width);
  readonly up = new Linear(width, 4 * width);
  readonly down = new Linear(4 * width, width);

  override forward(x: Floats): Floats {
    const attended = add(x, this.attention.forward(this.ln1.forward(x)));
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
}

export const gpt = (): Gpt => new Gpt();
