import {
  Adagrad,
  Adam,
  AdamW,
  DataLoader,
  LayerNorm,
  Linear,
  Tanh,
  RMSprop,
  SGD,
  Sequential,
  TensorDataset,
  fit,
  mse,
  randn,
  valueAndGrad,
  type FloatDType,
  type Tensor,
} from 'myelin';

const halves = ['float16', 'bfloat16'] as const;

const network = (dtype: FloatDType) =>
  new Sequential(new Linear(4, 16, { dtype }), new LayerNorm(16, { dtype }), new Tanh(), new Linear(16, 1, { dtype }));

/** Noise of which the sum of the squares of each row is to be learned. */
function task(dtype: FloatDType): { x: Tensor; y: Tensor } {
  const x = randn([64, 4]);
  return { x: x.to(dtype), y: x.square().mean({ axis: 1, keepDims: true }).to(dtype) };
}

describe.each(halves)('parameters of %s', (dtype) => {
  test('get gradients of their dtype, near those of float32', () => {
    const model = network(dtype);
    const wide = network('float32');
    for (const [name, parameter] of Object.entries(wide.stateDict()))
      parameter.assign(model.stateDict()[name]!.to('float32'));
    const { x, y } = task(dtype);
    const gradientsOf = (net: typeof model, input: Tensor, target: Tensor) =>
      valueAndGrad(() => mse(net.forward(input), target), net.parameters())[1];
    const narrow = gradientsOf(model, x, y);
    const exact = gradientsOf(wide, x.to('float32'), y.to('float32'));
    for (const [name, gradient] of Object.entries(narrow)) {
      expect(gradient.dtype).toBe(dtype);
      const scale = exact[name]!.abs().max().item() as number;
      const error = gradient.to('float32').sub(exact[name]!).abs().max().item();
      // Eight roundings of the half, by its precision of 11 or 8 bits.
      expect(error).toBeLessThan(8 * scale * (dtype === 'float16' ? 2 ** -11 : 2 ** -8));
    }
  });

  test.each([
    ['SGD', SGD, 0.05],
    ['Adam', Adam, 0.01],
    ['AdamW', AdamW, 0.01],
    ['RMSprop', RMSprop, 0.01],
    ['Adagrad', Adagrad, 0.05],
  ] as const)('%s and fit make the loss small', async (_, Optimizer, lr) => {
    const model = network(dtype);
    const { x, y } = task(dtype);
    const data = new DataLoader(new TensorDataset({ x, y }), { batchSize: 32 });
    // In float16 the square of a small gradient is 0, and 1e-8 is too.
    const options = Optimizer === SGD || Optimizer === Adagrad ? { lr } : { lr, eps: 1e-3 };
    const { epochs } = await fit(model, {
      data,
      loss: mse,
      optimizer: new Optimizer(model.parameters(), options),
      epochs: 30,
      progress: false,
    });
    expect(epochs.at(-1)!.loss).toBeLessThan(epochs[0]!.loss / 2);
    for (const parameter of Object.values(model.parameters())) {
      expect(parameter.dtype).toBe(dtype);
      expect(parameter.isfinite().all().item()).toBe(true);
    }
  });
});
