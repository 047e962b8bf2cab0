import {
  Parameter,
  add,
  arange,
  concat,
  grad,
  isRecording,
  matmul,
  memory,
  mul,
  ones,
  scope,
  stopGradient,
  tensor,
  valueAndGrad,
  where,
  zeros,
  type Tensor,
} from 'myelin';

import { caught } from '../support/caught';

const storages = (): number => memory().storages;
const f64 = (data: number | number[] | number[][]): Tensor<'float64'> => tensor(data, { dtype: 'float64' });

describe('what comes out', () => {
  test('the loss, and gradients in the structure of the leaves', () => {
    const [a, b] = [f64([1, 2]), f64([3, 4])];
    const [loss, [da, db]] = valueAndGrad(() => a.mul(b).sum(), [a, b]);
    expect(loss.item()).toBe(11);
    expect([da.toArray(), db.toArray()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
    const [, named] = valueAndGrad(() => a.mul(b).sum(), { first: a, second: b });
    expect(Object.keys(named)).toEqual(['first', 'second']);
    expect(named.second.toArray()).toEqual([1, 2]);
  });

  test('more than the loss', () => {
    const x = f64([1, 2]);
    const [[loss, doubled, note], [dx]] = valueAndGrad(() => {
      const y = x.mul(2);
      return [y.sum(), y, 'kept'] as const;
    }, [x]);
    expect([loss.item(), doubled.toArray(), note, dx.toArray()]).toEqual([6, [2, 4], 'kept', [2, 2]]);
  });

  test('zeros for a leaf that the loss does not depend on', () => {
    const [x, unused] = [f64([1, 2]), ones([2, 3])];
    const [dx, none] = grad(() => x.sum(), [x, unused]);
    expect(dx.toArray()).toEqual([1, 1]);
    expect([none.dtype, none.shape, none.sum().item()]).toEqual(['float32', [2, 3], 0]);
  });

  test('a leaf that is the loss, and a leaf given twice', () => {
    const x = f64(3);
    expect(grad(() => x, [x])[0].item()).toBe(1);
    const [a, b] = grad(() => x.square(), [x, x]);
    expect([a.item(), b.item()]).toEqual([6, 6]);
  });

  test('a leaf inside the function: an intermediate cannot be one, a Parameter can', () => {
    const weight = new Parameter(f64([2, 3]));
    const { weight: dweight } = grad(() => weight.square().sum(), { weight });
    expect(dweight.toArray()).toEqual([4, 6]);
    weight.dispose();
  });

  test('gradients of what is used several times add up', () => {
    const x = f64(3);
    expect(grad(() => x.mul(x).add(x).add(x.mul(5)), [x])[0].item()).toBe(12);
  });

  test('broadcasting and promotion are undone', () => {
    const [row, column, single] = [ones([1, 3]), f64([[1], [2]]), tensor(2)];
    const [drow, dcolumn, dsingle] = grad(() => row.mul(column).mul(single).sum(), [row, column, single]);
    expect([drow.dtype, drow.toArray()]).toEqual(['float32', [[6, 6, 6]]]);
    expect([dcolumn.dtype, dcolumn.toArray()]).toEqual(['float64', [[6], [6]]]);
    expect([dsingle.dtype, dsingle.shape, dsingle.item()]).toEqual(['float32', [], 9]);
  });

  test('views, lists and choices', () => {
    const x = f64([1, 2, 3, 4]);
    const [dx] = grad(() => {
      const [low, high] = [x.slice([0, 2]), x.slice([2, 4])];
      const parts = concat([high, low.flip()]).mul(f64([1, 10, 100, 1000]));
      return where(parts.gt(50), parts, parts.mul(2)).sum();
    }, [x]);
    expect(dx.toArray()).toEqual([1000, 100, 2, 20]);
  });
});

describe('regions inside regions', () => {
  test('second and third derivatives', () => {
    const x = f64(2);
    const first = (): Tensor => grad(() => x.pow(4), [x])[0];
    const second = (): Tensor => grad(first, [x])[0];
    const third = (): Tensor => grad(second, [x])[0];
    expect([first().item(), second().item(), third().item()]).toEqual([32, 48, 48]);
  });

  test('the Hessian of a small function, row by row', () => {
    const x = f64([1, 2, 3]);
    const hessian = Array.from({ length: 3 }, (_, i) => {
      const [row] = grad(() => {
        const [dx] = grad(() => x.slice(0).mul(x.slice(1)).mul(x.slice(2)).add(x.pow(3).sum()), [x]);
        return dx.slice(i);
      }, [x]);
      return row.toArray();
    });
    expect(hessian).toEqual([
      [6, 3, 2],
      [3, 12, 1],
      [2, 1, 18],
    ]);
  });

  test('a gradient penalty through a matrix product', () => {
    const [w, x] = [
      f64([
        [1, 2],
        [3, 4],
      ]),
      f64([[1, 1]]),
    ];
    const [dw] = grad(() => {
      const [dx] = grad(() => matmul(x, w).square().sum(), [x]);
      return dx.square().sum();
    }, [w]);
    // dx = 2 x w wᵀ, and the loss is |dx|²: compared with central differences.
    const loss = (m: number[][]): number => {
      const y = [0, 1].map((j) => m[0]![j]! + m[1]![j]!);
      const dx = [0, 1].map((i) => 2 * (y[0]! * m[i]![0]! + y[1]! * m[i]![1]!));
      return dx[0]! ** 2 + dx[1]! ** 2;
    };
    const h = 1e-5;
    const expected = [0, 1].map((i) =>
      [0, 1].map((j) => {
        const moved = (by: number): number[][] =>
          [
            [1, 2],
            [3, 4],
          ].map((row, r) => row.map((v, c) => (r === i && c === j ? v + by : v)));
        return (loss(moved(h)) - loss(moved(-h))) / (2 * h);
      }),
    );
    (dw.toArray() as number[][]).forEach((row, i) =>
      row.forEach((value, j) => expect(value).toBeCloseTo(expected[i]![j]!, 4)),
    );
  });

  test('the inner region may differentiate by something of the outer one', () => {
    const x = f64(3);
    const [dx] = grad(() => {
      const y = x.square();
      const [dy] = grad(() => y.pow(3), [y]);
      return dy;
    }, [x]);
    expect(dx.item()).toBe(6 * 9 * 6);
  });
});

describe('stopGradient', () => {
  test('makes results constant', () => {
    const x = f64(3);
    expect(grad(() => x.mul(stopGradient(() => x.square())), [x])[0].item()).toBe(9);
    expect(grad(() => stopGradient(() => x.square()), [x])[0].item()).toBe(0);
  });

  test('recording goes on after it, even if it throws', () => {
    const x = f64(3);
    const [dx] = grad(() => {
      expect(() => stopGradient(() => fail())).toThrow('on purpose');
      expect(isRecording()).toBe(true);
      return x.square();
    }, [x]);
    expect(dx.item()).toBe(6);
    expect(isRecording()).toBe(false);
  });

  test('is seen by isRecording', () => {
    const x = f64(1);
    const seen: boolean[] = [isRecording()];
    grad(() => {
      seen.push(
        isRecording(),
        stopGradient(() => isRecording()),
        isRecording(),
      );
      return x.square();
    }, [x]);
    expect(seen).toEqual([false, true, false, true]);
  });
});

describe('regions and constants', () => {
  const x = f64([1, 2]);

  test('a region inside stopGradient differentiates, and is a constant to the region around', () => {
    const inner = () => grad(() => x.square().sum(), [x])[0];
    expect(stopGradient(inner).toArray()).toEqual([2, 4]);
    const [dx] = grad(() => x.mul(stopGradient(inner)).sum(), [x]);
    expect(dx.toArray()).toEqual([2, 4]);
  });

  test('stopGradient inside a region inside stopGradient', () => {
    const [dx] = stopGradient(() => grad(() => x.mul(stopGradient(() => x.square())).sum(), [x]));
    expect(dx.toArray()).toEqual([1, 4]);
    expect(isRecording()).toBe(false);
  });
});

describe('leaves that share a gradient', () => {
  const [a, b] = [f64([1, 2]), f64([3, 4])];

  test.each<[string, () => readonly Tensor[]]>([
    ['of a sum', () => grad(() => a.add(b).sum(), [a, b])],
    ['because they are one', () => grad(() => a.sum(), [a, a])],
  ])('%s: each has its own tensor', (_, differentiate) => {
    const before = memory({ collect: true }).storages;
    const [first, second] = differentiate();
    first!.dispose();
    expect(second!.toArray()).toEqual([1, 1]);
    second!.dispose();
    expect(storages()).toBe(before);
  });

  test('inside another region they can be differentiated again', () => {
    const [da] = grad(() => {
      const [first, second] = grad(() => a.add(b).square().sum(), [a, b]);
      return first.mul(second).sum();
    }, [a]);
    expect(da.toArray()).toEqual([32, 48]);
  });
});

describe('assignment inside a region', () => {
  test('of what the gradient needs is refused', () => {
    const w = new Parameter(f64([3]));
    const differentiate = () =>
      grad(() => {
        const loss = w.transpose(0, 0).square().sum();
        w.assign(100);
        return loss;
      }, [w]);
    expect(caught(differentiate)).toMatchObject({ code: 'STATE', op: 'square' });
    w.dispose();
  });

  test('of what it does not need, or before it is used, is not', () => {
    const [w, b] = [new Parameter(f64([3])), new Parameter(f64([1]))];
    const [dw, db] = grad(() => {
      w.assign(5);
      const loss = w.square().add(b).sum();
      b.assign(7);
      return loss;
    }, [w, b]);
    expect([dw.item(), db.item(), b.item()]).toEqual([10, 1, 7]);
    for (const t of [w, b, dw, db]) t.dispose();
  });
});

function fail(): never {
  throw new Error('on purpose');
}

describe('wrong calls', () => {
  const x = ones([2]);
  test.each<[string, string, RegExp, () => unknown]>([
    ['a loss of two numbers', 'SHAPE', /the loss is float32\[2\]/, () => grad(() => x.mul(2), [x])],
    ['a loss of integers', 'DTYPE', /the loss is int64\[\]/, () => grad(() => arange(3).sum(), [x])],
    ['no loss', 'TYPE', /must return its loss/, () => grad(() => undefined as never, [x])],
    ['a number as loss', 'TYPE', /must return its loss/, () => grad(() => 5 as never, [x])],
    ['leaves of integers', 'DTYPE', /int32\[2\]/, () => grad(() => x.sum(), [ones([2], { dtype: 'int32' })])],
    ['leaves that are no tensors', 'TYPE', /has 5 at 0 \(need tensors\)/, () => grad(() => x.sum(), [5 as never])],
    ['a promise', 'TYPE', /returned a promise/, () => valueAndGrad((async () => x.sum()) as never, [x])],
  ])('%s', (_, code, message, call) => {
    expect(caught(call)).toMatchObject({ code, op: 'valueAndGrad', message: expect.stringMatching(message) });
    expect(isRecording()).toBe(false);
  });

  test('a disposed leaf', () => {
    const leaf = ones([1]);
    leaf.dispose();
    expect(caught(() => grad(() => leaf.sum(), [leaf]))).toMatchObject({ code: 'DISPOSED', op: 'valueAndGrad' });
  });

  test('an error inside leaves nothing open and nothing allocated', () => {
    const leaf = ones([3]);
    const before = memory({ collect: true }).storages;
    expect(() =>
      valueAndGrad(() => {
        leaf.exp().mul(2);
        return fail();
      }, [leaf]),
    ).toThrow('on purpose');
    expect(isRecording()).toBe(false);
    expect(storages()).toBe(before);
  });
});

describe('memory', () => {
  test('the end of a region frees all but the results', () => {
    const x = ones([8, 8]);
    const before = memory({ collect: true }).storages;
    const [loss, [dx]] = valueAndGrad(() => x.exp().log().square().sigmoid().mean(), [x]);
    expect(storages()).toBe(before + 2);
    loss.dispose();
    dx.dispose();
    expect(storages()).toBe(before);
  });

  test('grad frees the loss as well', () => {
    const x = ones([4]);
    const before = memory({ collect: true }).storages;
    const [dx] = grad(() => x.exp().sum(), [x]);
    expect(storages()).toBe(before + 1);
    dx.dispose();
  });

  test('whatever is returned with the loss stays, and its neighbours go', () => {
    const x = ones([4]);
    const before = memory({ collect: true }).storages;
    const [[loss, extras], [dx]] = valueAndGrad(() => {
      const y = x.mul(2);
      const z = y.exp();
      return [z.sum(), { y, list: [y.add(1)] }] as const;
    }, [x]);
    expect(storages()).toBe(before + 4);
    for (const t of [loss, extras.y, extras.list[0], dx]) t.dispose();
    expect(storages()).toBe(before);
  });

  test('a nested region frees too, once the outer one has ended', () => {
    const x = f64([1, 2]);
    const before = memory({ collect: true }).storages;
    const [dx] = grad(() => grad(() => x.pow(3).sum(), [x])[0].sum(), [x]);
    expect(dx.toArray()).toEqual([6, 12]);
    expect(storages()).toBe(before + 1);
    dx.dispose();
  });

  test('a region inside a scope leaves nothing', () => {
    const x = ones([4]);
    const before = memory({ collect: true }).storages;
    scope(() => {
      grad(() => x.square().sum(), [x]);
    });
    expect(storages()).toBe(before);
  });

  test('a scope inside a region frees at the region’s end, not before', () => {
    const x = f64(2);
    const [dx] = grad(() => scope(() => x.mul(3).exp()), [x]);
    expect(dx.item()).toBeCloseTo(3 * Math.exp(6), 8);
  });

  test('gradients are freed as soon as they have been passed on', () => {
    const size = 1 << 20;
    const x = zeros([size]);
    const saved = 4 * size;
    memory({ resetPeak: true });
    const start = memory().peak;
    const depth = 20;
    const [loss, [dx]] = valueAndGrad(() => {
      let y: Tensor = x;
      for (let i = 0; i < depth; i++) y = y.sin();
      return y.sum();
    }, [x]);
    // What the forward run keeps, and a handful of gradients: not one for each op.
    expect((memory().peak - start) / saved).toBeLessThan(depth + 6);
    for (const t of [loss, dx, x]) t.dispose();
  });

  test('views among the results keep their memory', () => {
    const x = f64([
      [1, 2],
      [3, 4],
    ]);
    const [dx] = grad(() => mul(x.transpose(), x.transpose()).sum(), [x]);
    expect(dx.toArray()).toEqual([
      [2, 4],
      [6, 8],
    ]);
    const [gradient] = grad(() => add(x, x.transpose()).sum(), [x]);
    expect(gradient.toArray()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });
});
