import { Buffer, Parameter, empty, emptyLike, full, memory, ones, scope, scopeAsync, zeros, type Tensor } from 'myelin';

const storages = (): number => memory().storages;
const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** Runs a test that must leave as many storages as it found. */
function balanced(name: string, body: () => void | Promise<void>): void {
  test(name, async () => {
    const before = memory({ collect: true }).storages;
    await body();
    expect(storages()).toBe(before);
  });
}

balanced('dispose frees at once, and twice is once', () => {
  const before = storages();
  const x = zeros([100]);
  expect(storages()).toBe(before + 1);
  expect(memory().live).toBeGreaterThanOrEqual(400);
  x.dispose();
  x.dispose();
  expect(storages()).toBe(before);
});

balanced('memory is freed with its last view', () => {
  const before = storages();
  const x = zeros([2, 3]);
  const y = x.transpose(0, 1);
  x.dispose();
  expect(storages()).toBe(before + 1);
  y.dispose();
});

balanced('using frees at the end of the block', () => {
  const before = storages();
  {
    using x = zeros([3]);
    expect(x.size).toBe(3);
    expect(storages()).toBe(before + 1);
  }
  expect(storages()).toBe(before);
});

balanced('a disposed tensor is refused by name', () => {
  const x = zeros([2]);
  x.dispose();
  for (const [op, use] of Object.entries<() => unknown>({
    add: () => x.add(x),
    sum: () => x.sum(),
    data: () => x.data(),
    reshape: () => x.reshape([1, 2]),
  })) {
    expect(use).toThrow(expect.objectContaining({ code: 'DISPOSED', op }));
  }
});

test('a Parameter of nothing is refused before it takes memory', () => {
  const source = zeros([2]);
  source.dispose();
  const before = storages();
  expect(() => new Parameter(source)).toThrow(expect.objectContaining({ code: 'DISPOSED', op: 'parameter' }));
  expect(() => new Parameter(undefined as never)).toThrow(expect.objectContaining({ code: 'TYPE', op: 'parameter' }));
  expect(storages()).toBe(before);
});

balanced('scope keeps what is in arrays, Maps, Sets, objects without prototype, and circles of them', () => {
  const bare = (): { x: Tensor } => Object.assign(Object.create(null) as object, { x: ones([1]) });
  const results = scope(() => {
    const circle: { x: Tensor; self?: unknown } = { x: ones([1]) };
    circle.self = circle;
    return { list: [ones([1])], map: new Map([['x', ones([1])]]), set: new Set([ones([1])]), bare: bare(), circle };
  });
  const { list, map, set, bare: object, circle } = results;
  const kept = [...list, ...map.values(), ...set, object.x, circle.x];
  expect(kept.map((tensor) => tensor.item())).toEqual([1, 1, 1, 1, 1]);
  for (const tensor of kept) tensor.dispose();
});

balanced('an asynchronous scope that begins inside a synchronous one keeps its tensors', async () => {
  let sum: Promise<number> | undefined;
  scope(() => {
    sum = scopeAsync(async () => {
      const x = ones([2]);
      await later();
      return x.sum().item();
    });
  });
  expect(await sum).toBe(2);
});

balanced('a promise that a scope refuses is not left unhandled', async () => {
  const unhandled: unknown[] = [];
  const note = (error: unknown): void => void unhandled.push(error);
  process.on('unhandledRejection', note);
  const body = async (): Promise<number> => {
    const x = ones([2]);
    await Promise.resolve();
    return x.sum().item();
  };
  expect(() => scope(body)).toThrow(expect.objectContaining({ code: 'STATE', op: 'scope' }));
  await later();
  await later();
  process.removeListener('unhandledRejection', note);
  expect(unhandled).toEqual([]);
});

balanced('scope frees all but what it returns', () => {
  const before = storages();
  const y = scope(() => ones([2]).add(1).mul(3));
  expect(storages()).toBe(before + 1);
  expect(y.toArray()).toEqual([6, 6]);
  y.dispose();
});

balanced('results inside arrays, objects and maps survive', () => {
  const result = scope(() => ({ a: ones([1]), list: [ones([1]), 5, ones([1])], map: new Map([['k', ones([1])]]) }));
  const tensors = [result.a, result.list[0], result.list[2], result.map.get('k')] as Tensor[];
  expect(tensors.map((x) => x.disposed)).toEqual([false, false, false, false]);
  for (const x of tensors) x.dispose();
});

balanced('what an inner scope returns belongs to the outer one', () => {
  let inner: Tensor | undefined;
  scope(() => {
    inner = scope(() => ones([1]).add(1));
    expect(inner.disposed).toBe(false);
  });
  expect(inner!.disposed).toBe(true);
});

balanced('what was made outside is left alone', () => {
  const x = ones([1]);
  scope(() => {
    x.add(1);
  });
  expect(x.disposed).toBe(false);
  x.dispose();
});

balanced('everything is freed when the function throws', () => {
  const made: Tensor[] = [];
  expect(() =>
    scope(() => {
      made.push(ones([1]), ones([2]));
      throw new Error('on purpose');
    }),
  ).toThrow('on purpose');
  expect(made.map((x) => x.disposed)).toEqual([true, true]);
});

balanced('a view that is returned keeps its memory', () => {
  const y = scope(() => ones([2, 3]).transpose(0, 1));
  expect(y.toArray()).toEqual([
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  y.dispose();
});

balanced('Parameters and Buffers outlive scopes', () => {
  const [parameter, buffer] = scope(() => {
    const held = [new Parameter(ones([2])), new Buffer(ones([2]))] as const;
    return [held[0], held[1]] as const;
  });
  const hidden: Tensor[] = [];
  scope(() => {
    hidden.push(new Parameter(ones([1])));
  });
  expect([parameter, buffer, ...hidden].map((x) => x.disposed)).toEqual([false, false, false]);
  for (const x of [parameter, buffer, ...hidden]) x.dispose();
});

balanced('a promise out of scope is an error', async () => {
  expect(() => scope(async () => later())).toThrow(expect.objectContaining({ code: 'STATE', op: 'scope' }));
  await later();
});

balanced('scopeAsync frees what its chain of calls made', async () => {
  const before = storages();
  const y = await scopeAsync(async () => {
    const a = ones([2]);
    await later();
    const b = a.add(1);
    await later();
    return b.mul(2);
  });
  expect(y.toArray()).toEqual([4, 4]);
  expect(storages()).toBe(before + 1);
  y.dispose();
});

balanced('concurrent asynchronous scopes do not free what belongs to each other', async () => {
  const work = async (value: number): Promise<Tensor> =>
    scopeAsync(async () => {
      let x: Tensor = ones([1]).mul(value);
      for (let i = 0; i < 5; i++) {
        await later();
        x = x.add(1);
      }
      return x;
    });
  const results = await Promise.all([1, 2, 3, 4].map(work));
  expect(results.map((x) => x.item())).toEqual([6, 7, 8, 9]);
  for (const x of results) x.dispose();
});

balanced('tensors made outside of an asynchronous scope while it waits are not its own', async () => {
  let release = (): void => undefined;
  const gate = new Promise<void>((resolve) => (release = resolve));
  const waiting = scopeAsync(async () => {
    ones([1]);
    await gate;
  });
  const outside = ones([3]);
  release();
  await waiting;
  expect(outside.disposed).toBe(false);
  outside.dispose();
});

balanced('asynchronous scopes nest, and hold synchronous ones', async () => {
  const y = await scopeAsync(async () => {
    const inner = await scopeAsync(async () => {
      await later();
      return scope(() => ones([1]).add(1));
    });
    expect(inner.disposed).toBe(false);
    return inner.add(1);
  });
  expect(y.item()).toBe(3);
  y.dispose();
});

balanced('a rejected asynchronous scope frees everything', async () => {
  const made: Tensor[] = [];
  const failing = scopeAsync(async () => {
    made.push(ones([1]));
    await later();
    made.push(ones([1]));
    throw new Error('on purpose');
  });
  await expect(failing).rejects.toThrow('on purpose');
  expect(made.map((x) => x.disposed)).toEqual([true, true]);
});

balanced('an op that fails leaves nothing behind', () => {
  const [a, b] = [ones([2, 3]), ones([4, 5])];
  expect(() => a.matmul(b as never)).toThrow(expect.objectContaining({ code: 'SHAPE' }));
  a.dispose();
  b.dispose();
});

balanced('a loop that frees most of its tensors soon loses those that it forgets', () => {
  const before = storages();
  const one = zeros([1]);
  let most = 0;
  for (let step = 0; step < 900; step++) {
    scope(() => {
      for (let i = 0; i < 100; i++) one.add(i);
    });
    one.add(step);
    most = Math.max(most, storages() - before);
  }
  expect(most).toBeLessThan(500);
  one.dispose();
  memory({ collect: true });
});

balanced('what an empty tensor holds is not what a freed one left', () => {
  for (const dtype of ['float32', 'int64', 'bool'] as const) {
    const secret = full([1000], 1, { dtype });
    secret.dispose();
    const reused = empty([1000], { dtype });
    const again = emptyLike(reused, { dtype: 'uint8' });
    for (const x of [reused, again]) {
      expect(scope(() => x.countNonzero().item())).toBe(0);
      x.dispose();
    }
  }
});
