import {
  BatchNorm1d,
  Buffer,
  Generator,
  Linear,
  Parameter,
  checkpoint,
  detectAnomaly,
  dropout,
  grad,
  hessian,
  isRecording,
  memory,
  ones,
  rand,
  scope,
  seed,
  tensor,
  valueAndGrad,
  vjp,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';
import { bytesOf } from '../support/compare';

const f64 = (data: number | number[]): Tensor<'float64'> => tensor(data, { dtype: 'float64' });

type Around = (part: () => Tensor<'float32'>) => Tensor<'float32'>;

/** Loss and gradients of a function with its checkpoints, and without. */
function compared(loss: (around: Around) => Tensor, leaves: readonly Tensor[]): void {
  const ways: Around[] = [(part) => part(), (part) => checkpoint(part)];
  const [plain, saved] = ways.map((around) => {
    seed(3);
    const [value, gradients] = valueAndGrad(() => loss(around), leaves);
    return [value, ...gradients].map((x) => bytesOf(x.contiguous()).toString('hex'));
  });
  expect(saved).toEqual(plain);
}

test('results and gradients are the same bits: parameters read inside, dropout, checkpoints in checkpoints', () => {
  const [first, second] = [new Linear(8, 8), new Linear(8, 8)];
  const x = rand([4, 8]);
  const own = new Generator(9);
  compared(
    (part) => {
      own.seed(9);
      const h = part(() => dropout(first.forward(x).relu(), { generator: own }).mul(rand([4, 8])));
      const deep = part(() => part(() => dropout(second.forward(h))).mul(part(() => h.exp())));
      return dropout(deep).square().mean();
    },
    [x, ...Object.values(first.parameters()), ...Object.values(second.parameters())],
  );
});

test('the generators stand where they would without', () => {
  const x = ones([8]);
  const draw = (part: (body: () => Tensor) => Tensor): number => {
    seed(5);
    grad(() => part(() => dropout(x)).sum(), [x]);
    return rand([1]).item();
  };
  expect(draw((body) => checkpoint(body))).toBe(draw((body) => body()));
});

test('inputs by list and by object, several outputs, an output that is an input', () => {
  const [a, b] = [f64(2), f64(3)];
  const [da, db] = grad(() => {
    const [product, same] = checkpoint((x, y) => [x.mul(y), x], [a, b]);
    return product.add(same.mul(10));
  }, [a, b]);
  expect([da.item(), db.item()]).toEqual([13, 2]);
  expect(grad(() => checkpoint(({ x }) => ({ y: x.square() }), { x: a }).y, a).item()).toBe(4);
});

test('outside of a region it only calls the function, and frees', () => {
  const x = ones([4]);
  const before = memory({ collect: true }).storages;
  const y = checkpoint(() => {
    expect(isRecording()).toBe(false);
    return x.exp().log();
  });
  expect(memory().storages).toBeLessThanOrEqual(before + 1);
  y.dispose();
});

test('second derivatives, regions inside, pullbacks', () => {
  const x = f64(2);
  const quartic = (z: Tensor): Tensor => checkpoint((h) => checkpoint((k) => k.square(), h).square(), z);
  expect(hessian(quartic, x).item()).toBe(48);
  expect(grad(() => checkpoint(() => grad(() => quartic(x), x)), x).item()).toBe(48);
  const [, pullback] = vjp(quartic, x);
  expect([pullback(f64(1)).item(), pullback(f64(2)).item()]).toEqual([32, 64]);
  pullback.dispose();
  expect(grad(() => checkpoint(() => grad(() => checkpoint(() => x.pow(3)), x).mul(x)), x).item()).toBe(36);
});

test('what is assigned inside is assigned once', () => {
  const norm = new BatchNorm1d(3);
  const x = rand([6, 3]);
  const counter = new Buffer(f64(0));
  grad(() => {
    const y = checkpoint(() => {
      counter.assign(counter.detach().add(1));
      const fresh = new Buffer(ones([3]));
      return norm.forward(x).mul(fresh);
    });
    return y.square().sum();
  }, [x]);
  expect([counter.item(), norm.num_batches_tracked?.item()]).toEqual([1, 1]);
  const twin = new BatchNorm1d(3);
  twin.forward(x);
  expect(norm.running_mean?.toArray()).toEqual(twin.running_mean?.toArray());
});

// What is deferred keeps no intermediate results for a way back, with or without checkpoints.
const eagerly = process.env['MYELIN_DEFERRED'] === undefined ? test : test.skip;

eagerly('takes less memory', () => {
  const x = rand([1 << 16]);
  const block = (h: Tensor): Tensor => {
    for (let i = 0; i < 16; i++) h = h.sin().mul(1.01);
    return h;
  };
  const peakOf = (part: (h: Tensor) => Tensor): number => {
    memory({ resetPeak: true });
    const start = memory().peak;
    scope(() => {
      grad(() => [1, 2, 3, 4].reduce(part, x).sum(), x);
    });
    return memory().peak - start;
  };
  const whole = peakOf((h) => block(h));
  expect(peakOf((h) => checkpoint(block, h))).toBeLessThan(0.45 * whole);
});

test('leaves nothing', () => {
  const x = ones([4]);
  const before = memory({ collect: true }).storages;
  grad(() => checkpoint((h) => h.exp().mul(h), x).sum(), x).dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
  expect(() => grad(() => checkpoint((): Tensor => caught(() => x) as never, x), x)).toThrow();
  expect([memory().storages, isRecording()]).toEqual([before, false]);
});

test('an anomaly in the second run names the op inside', () => {
  const x = f64([0, 1]);
  const error = caught(() => detectAnomaly(() => grad(() => checkpoint((h) => h.sqrt(), x).sum(), x)));
  expect(error).toMatchObject({ code: 'ANOMALY', op: 'sqrt', message: expect.stringMatching(/checkpoint\.test\.ts:/) });
});

describe('wrong calls', () => {
  const x = ones([2]);
  test.each<[string, string, RegExp, () => unknown]>([
    ['no function', 'TYPE', /need a function/, () => checkpoint(5 as never)],
    ['inputs that are no tensors', 'TYPE', /has 5 at 0/, () => checkpoint((h: Tensor) => h, [5] as never)],
    ['no result', 'TYPE', /result of the function/, () => grad(() => checkpoint((() => 5) as never, x) as never, x)],
  ])('%s', (_, code, message, call) => {
    expect(caught(call)).toMatchObject({ code, op: 'checkpoint', message: expect.stringMatching(message) });
  });

  test('a function that does something else the second time', () => {
    let times = 0;
    const call = (): unknown => grad(() => checkpoint(() => x.mul(ones([++times, 2]))).sum(), x);
    expect(caught(call)).toMatchObject({
      code: 'STATE',
      op: 'checkpoint',
      message: expect.stringMatching(/ran again/),
    });
  });

  test('a parameter that was assigned meanwhile', () => {
    const weight = new Parameter(ones([2]));
    const call = (): unknown =>
      grad(() => {
        const y = checkpoint(() => x.mul(weight).sum());
        weight.assign(3);
        return y;
      }, x);
    expect(caught(call)).toMatchObject({
      code: 'STATE',
      op: 'checkpoint',
      message: expect.stringMatching(/was assigned/),
    });
    weight.dispose();
  });
});
