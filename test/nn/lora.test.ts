import {
  Adam,
  addLoRA,
  BatchNorm1d,
  checkpointed,
  compile,
  crossEntropy,
  Dropout,
  fit,
  GELU,
  Linear,
  loadModel,
  LoRALinear,
  loraState,
  memory,
  mergeLoRA,
  randn,
  ReLU,
  scope,
  seed,
  Sequential,
  tensor,
  valueAndGrad,
  writeSafetensors,
  type Tensor,
} from 'myelin';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

const difference = (a: Tensor, b: Tensor): number =>
  scope(() =>
    (a as Tensor<'float32'>)
      .sub(b as Tensor<'float32'>)
      .abs()
      .max()
      .item(),
  );
const data = () => ({
  x: tensor(Array.from({ length: 12 }, (_, i) => [Math.sin(i), Math.cos(2 * i), i / 12, 1])),
  y: tensor(
    Array.from({ length: 12 }, (_, i) => i % 3),
    { dtype: 'int32' },
  ),
});

let before: number;
beforeEach(() => {
  before = memory({ collect: true }).storages;
  seed(5);
});
afterEach(() => expect(memory().storages).toBeLessThanOrEqual(before));

describe('LoRA', () => {
  it('computes the same at first, x · (W + s · B · A)ᵀ + b later, and the same merged', () => {
    scope(() => {
      const base = new Linear(5, 3);
      const x = randn([4, 5]);
      const first = base.forward(x);
      const layer = new LoRALinear(base, { rank: 2, alpha: 6 });
      expect(layer.forward(x).toArray()).toEqual(first.toArray());
      layer.lora_B.assign(randn([3, 2]));
      const weight = layer.weight.add(layer.lora_B.matmul(layer.lora_A).mul(3));
      const wanted = x.matmul(weight.transpose(0, 1)).add(layer.bias!);
      const apart = layer.forward(x);
      expect(difference(apart, wanted)).toBeLessThan(1e-5);
      const original = base.weight.clone();
      expect(layer.merge().merge().merged).toBe(true);
      expect(difference(layer.forward(x), apart)).toBeLessThan(1e-5);
      layer.unmerge().unmerge();
      expect(difference(layer.weight, original)).toBeLessThan(1e-6);
      expect(difference(layer.forward(x), apart)).toBeLessThan(1e-5);
      layer.dispose();
    });
  });

  it.each([true, false])('trains the changes alone, and saves only them; compiled: %p', async (compiled) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'myelin-'));
    const file = path.join(folder, 'adapter.safetensors');
    const make = () => {
      seed(9);
      return new Sequential(new Linear(4, 6), new ReLU(), new Sequential(new Linear(6, 3)));
    };
    const [model, fresh, batch] = [make(), make(), data()];
    expect(addLoRA(model, { rank: 2, match: /\.0$|^0$/g })).toEqual(['0', '2.0']);
    expect(Object.keys(model.parameters())).toEqual(['0.lora_A', '0.lora_B', '2.0.lora_A', '2.0.lora_B']);
    const optimizer = new Adam(model.parameters(), { lr: 0.05 });
    const options = { data: [batch], loss: crossEntropy, optimizer, progress: false, compile: compiled } as const;
    const { epochs } = await fit(model, { ...options, epochs: 20 });
    expect(epochs[19]!.loss).toBeLessThan(epochs[0]!.loss - 0.1);
    const [own, original] = [model.stateDict(), fresh.stateDict()];
    for (const name of ['0.weight', '0.bias', '2.0.weight', '2.0.bias']) {
      expect(own[name]!.toArray()).toEqual(original[name]!.toArray());
    }
    expect(Object.keys(loraState(model))).toEqual(['0.lora_A', '0.lora_B', '2.0.lora_A', '2.0.lora_B']);
    await writeSafetensors(file, loraState(model));
    addLoRA(fresh, { rank: 2 });
    const { missing, unexpected } = await loadModel(file, fresh, { strict: false });
    expect([missing, unexpected]).toEqual([['0.weight', '0.bias', '2.0.weight', '2.0.bias'], []]);
    scope(() => {
      const wanted = model.forward(batch.x);
      expect(fresh.forward(batch.x).toArray()).toEqual(wanted.toArray());
      mergeLoRA(fresh);
      expect(difference(fresh.forward(batch.x), wanted)).toBeLessThan(1e-5);
      mergeLoRA(fresh, false);
      expect(difference(fresh.forward(batch.x), wanted)).toBeLessThan(1e-5);
    });
    for (const owner of [model, fresh, optimizer, batch.x, batch.y]) owner.dispose();
    await rm(folder, { recursive: true });
  });

  it('a compiled function notices that it was merged', () => {
    const layer = new LoRALinear(new Linear(3, 2), { rank: 1, dropout: 0.5 });
    layer.lora_B.assign(1);
    layer.eval();
    const forward = compile((x: Tensor<'float32'>) => layer.forward(x));
    const x = randn([2, 3]);
    const apart = forward.sync(x);
    layer.merge();
    layer.lora_B.assign(7);
    const merged = forward.sync(x);
    expect(difference(apart, merged)).toBeLessThan(1e-5);
    for (const owner of [forward, layer, x, apart, merged]) owner.dispose();
  });

  it('refuses what makes no sense', () => {
    const model = new Sequential(new ReLU(), new Linear(2, 2));
    const cases: [code: string, call: () => unknown][] = [
      ['TYPE', () => new LoRALinear(new ReLU() as never)],
      ['VALUE', () => new LoRALinear(model.layers[1] as Linear, { rank: 0 })],
      ['VALUE', () => new LoRALinear(model.layers[1] as Linear, { dropout: 2 })],
      ['VALUE', () => addLoRA(model, { match: /conv/ })],
      ['TYPE', () => addLoRA(model, { match: 'all' as never })],
      ['TYPE', () => addLoRA(undefined as never)],
      ['TYPE', () => loraState({} as never)],
    ];
    for (const [code, call] of cases) expect(call).toThrow(expect.objectContaining({ code }) as Error);
    model.dispose();
  });
});

describe('freeze', () => {
  it('by name, and back', () => {
    const model = new Sequential(new Linear(2, 3), new BatchNorm1d(3), new Linear(3, 2));
    model.freeze(true, { match: /bias$/ });
    expect(Object.keys(model.parameters())).toEqual(['0.weight', '1.weight', '2.weight']);
    model.freeze(false, { match: (name) => name.startsWith('2.') });
    expect(Object.keys(model.parameters())).toEqual(['0.weight', '1.weight', '2.weight', '2.bias']);
    expect(() => model.freeze(true, { match: /^3/ })).toThrow('freeze: no parameter matches (names are 0.weight');
    model.dispose();
  });
});

describe('checkpointed', () => {
  const build = (wrap: (block: Sequential) => Sequential) => {
    seed(2);
    const block = () => wrap(new Sequential(new Linear(16, 64), new GELU(), new Dropout(0.2), new Linear(64, 16)));
    return new Sequential(block(), block(), block(), block());
  };
  const step = (model: Sequential, x: Tensor<'float32'>) => () => {
    const [loss, grads] = valueAndGrad(() => model.forward(x).square().mean(), model.parameters());
    return [loss, ...Object.values(grads)];
  };

  it('gives the same gradients and names with less memory, eager and compiled', () => {
    const [plain, lean] = [build((block) => block), build(checkpointed)];
    const x = randn([64, 16]);
    expect(Object.keys(lean.stateDict())).toEqual(Object.keys(plain.stateDict()));
    const peaks: number[] = [];
    const results = [plain, lean].map((model) => {
      seed(7);
      const eager = step(model, x)();
      seed(7);
      const compiled = compile(step(model, x));
      const again = compiled.sync();
      const [, size, unit] = /^arena: ([\d.]+) (\w+)/m.exec(compiled.explain())!;
      peaks.push(Number(size) * (unit === 'MiB' ? 1024 : 1));
      compiled.dispose();
      return [eager, again];
    });
    const values = results.map((ways) => ways.map((tensors) => tensors.map((tensor) => tensor.toArray())));
    expect(values[1]).toEqual(values[0]);
    expect(values[0]![0]).toEqual(values[0]![1]);
    expect(peaks[1]).toBeLessThan(0.75 * peaks[0]!);
    for (const tensors of results.flat()) for (const each of tensors) each.dispose();
    for (const owner of [plain, lean, x]) owner.dispose();
  });

  it('refuses what is no module', () => {
    expect(() => checkpointed({} as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  });
});
