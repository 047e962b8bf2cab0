import {
  autocast,
  cast,
  compile,
  conv2d,
  crossEntropy,
  Linear,
  linear,
  memory,
  randn,
  scope,
  seed,
  tensor,
  valueAndGrad,
  type Tensor,
} from 'myelin';

const rounded = (x: Tensor, dtype: 'bfloat16' | 'float16'): Tensor<'float32'> => cast(cast(x, dtype), 'float32');

it.each(['bfloat16', 'float16'] as const)('products in %s are those of rounded inputs, and float32', (dtype) => {
  seed(3);
  scope(() => {
    const [x, w, b] = [randn([5, 7]), randn([4, 7]), randn([4])];
    const y = autocast(() => linear(x, w, b), { dtype });
    expect(y.dtype).toBe('float32');
    const wanted = linear(cast(x, dtype), cast(w, dtype), cast(b, dtype));
    expect(y.toArray()).toEqual(cast(wanted, 'float32').toArray());
    const [image, kernel] = [randn([1, 2, 5, 5]), randn([3, 2, 3, 3])];
    const z = autocast(() => conv2d(image, kernel), { dtype });
    expect(z.toArray()).toEqual(cast(conv2d(cast(image, dtype), cast(kernel, dtype)), 'float32').toArray());
  });
});

it('leaves everything else alone, float64 too, and what follows', () => {
  scope(() => {
    const [x, y] = [randn([3, 3]), randn([3, 3], { dtype: 'float64' })];
    autocast(() => {
      expect(x.exp().dtype).toBe('float32');
      expect(y.matmul(y).dtype).toBe('float64');
    });
    expect(() =>
      autocast(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    const exact = tensor([[1.001]]);
    expect(exact.matmul(tensor([[3]])).item()).toBeCloseTo(3.003, 6);
  });
});

it('gradients pass through the roundings and arrive in float32; compiled as eager', () => {
  seed(4);
  const layer = new Linear(6, 3);
  const [x, target] = [randn([8, 6]), tensor([0, 1, 2, 0, 1, 2, 0, 1], { dtype: 'int32' })];
  const step = () =>
    valueAndGrad(
      () =>
        crossEntropy(
          autocast(() => layer.forward(x)),
          target,
        ),
      layer.parameters(),
    );
  const [loss, grads] = step();
  const compiled = compile(step);
  const [again, compiledGrads] = compiled.sync();
  expect(again.item()).toBe(loss.item());
  for (const [name, gradient] of Object.entries(grads)) {
    expect(gradient.dtype).toBe('float32');
    expect(compiledGrads[name]!.toArray()).toEqual(gradient.toArray());
  }
  scope(() => {
    const [, exact] = valueAndGrad(() => crossEntropy(layer.forward(x), target), layer.parameters());
    for (const [name, gradient] of Object.entries(grads)) {
      const difference = gradient
        .sub(exact[name]! as Tensor<'float32'>)
        .abs()
        .max()
        .item();
      expect(difference).toBeGreaterThan(0);
      expect(difference).toBeLessThan(0.01);
    }
    const bias = rounded(exact['bias']!, 'bfloat16').sub(grads['bias'] as Tensor<'float32'>);
    expect(bias.abs().max().item()).toBeLessThan(0.01);
  });
  compiled.dispose();
  for (const tensors of [grads, compiledGrads]) for (const gradient of Object.values(tensors)) gradient.dispose();
  for (const owner of [layer, x, target, loss, again]) owner.dispose();
});

it('leaks nothing', () => {
  const before = memory().storages;
  scope(() => void autocast(() => randn([4, 4]).matmul(randn([4, 4]))));
  expect(memory().storages).toBeLessThanOrEqual(before);
});

it('refuses other dtypes, and what is no function', () => {
  expect(() => autocast(() => 1, { dtype: 'float32' as 'float16' })).toThrow('autocast: dtype is "float32"');
  expect(() => autocast(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
});
