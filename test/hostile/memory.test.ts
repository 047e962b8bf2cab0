import * as m from 'myelin';

// Wrong calls of what governs memory and threads, and objects that misbehave while they are read.
type Wrong = readonly [what: string, code: m.ErrorCode, op: string, message: RegExp, call: () => unknown];

const never = (value: unknown): never => value as never;
const x = () => m.ones([2, 3]);

const table: readonly Wrong[] = [
  ['a limit that is text without a number', 'VALUE', 'setMemoryLimit', /"much"/, () => m.setMemoryLimit('much')],
  ['a negative limit', 'VALUE', 'setMemoryLimit', /-1/, () => m.setMemoryLimit(-1)],
  ['half a byte', 'VALUE', 'setMemoryLimit', /0\.5/, () => m.setMemoryLimit(0.5)],
  ['NaN bytes', 'VALUE', 'setMemoryLimit', /NaN/, () => m.setMemoryLimit(NaN)],
  ['endless bytes', 'VALUE', 'setMemoryLimit', /Infinity/, () => m.setMemoryLimit(Infinity)],
  ['a limit that is a bigint', 'VALUE', 'setMemoryLimit', /3n/, () => m.setMemoryLimit(never(3n))],
  ['no limit at all', 'VALUE', 'setMemoryLimit', /undefined/, () => m.setMemoryLimit(never(undefined))],
  ['2^50 elements', 'OUT_OF_MEMORY', 'zeros', /2\^40/, () => m.zeros([2 ** 25, 2 ** 25])],
  ['2 TiB', 'OUT_OF_MEMORY', 'full', /needs 2\.0 TiB.*setMemoryLimit/, () => m.zeros([2 ** 39])],
  ['2 TiB of doubles', 'OUT_OF_MEMORY', 'full', /needs/, () => m.ones([2 ** 38], { dtype: 'float64' })],
  [
    'a huge copy of a small view',
    'OUT_OF_MEMORY',
    'data',
    /elements/,
    () =>
      m
        .ones([1])
        .expand([2 ** 39])
        .data(),
  ],
  ['a tracker of nothing', 'TYPE', 'trackLeaks', /undefined/, () => m.trackLeaks(never(undefined))],
  ['a tracker of text', 'TYPE', 'trackLeaks', /"x"/, () => m.trackLeaks(never('x'))],
  ['leaks of a number', 'TYPE', 'expectNoLeaks', /5/, () => m.expectNoLeaks(never(5))],
  ['sharing a list', 'TYPE', 'share', /\[1, 2\]/, () => m.share(never([1, 2]))],
  ['sharing what is borrowed', 'STATE', 'share', /clone/, () => m.share(m.borrow(new Float32Array(2)))],
  ['a description that is null', 'TYPE', 'fromShared', /null/, () => m.fromShared(never(null))],
  ['a description without anything', 'DTYPE', 'fromShared', /undefined/, () => m.fromShared(never({}))],
  [
    'a description whose memory is private',
    'TYPE',
    'fromShared',
    /SharedArrayBuffer/,
    () => m.fromShared({ ...m.share(x()), memory: never(new ArrayBuffer(24)) }),
  ],
  [
    'a description that reaches outside',
    'VALUE',
    'fromShared',
    /reaches outside/,
    () => m.fromShared({ ...m.share(x()), shape: [200, 300] }),
  ],
  [
    'a description with strides of a string',
    'VALUE',
    'fromShared',
    /strides/,
    () => m.fromShared({ ...m.share(x()), strides: never('ab') }),
  ],
  [
    'attaching what is immutable',
    'TYPE',
    'attachShared',
    /need a Parameter/,
    () => m.attachShared(never(x()), m.share(x())),
  ],
  [
    'attaching another shape',
    'SHAPE',
    'attachShared',
    /float32\[4\]/,
    () => m.attachShared(new m.Buffer(m.zeros([4])), never(m.share(x()))),
  ],
  [
    'options out of a polluted prototype',
    'DTYPE',
    'zeros',
    /"evil"/,
    () => m.zeros([1], never(Object.create({ dtype: 'evil' }))),
  ],
  [
    'disposal from inside of a scope that still uses the tensor',
    'DISPOSED',
    'add',
    /was disposed/,
    () => {
      const y = x();
      m.scope(() => {
        y.dispose();
        return y.add(1);
      });
    },
  ],
  [
    'disposal by the function that is differentiated',
    'DISPOSED',
    'mul',
    /was disposed/,
    () => {
      const y = x();
      m.valueAndGrad(() => {
        y.dispose();
        return y.mul(2).sum();
      }, [y]);
    },
  ],
];

test.each(table)('%s', (_, code, op, message, call) => {
  let error: unknown;
  try {
    call();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(m.MyelinError);
  const { code: gotCode, op: gotOp, message: text } = error as m.MyelinError;
  expect({ code: gotCode, op: gotOp, message: text }).toEqual({ code, op, message: expect.stringMatching(message) });
});

test('a getter that throws passes its own error on, and the library goes on', () => {
  const options = {
    get dtype(): never {
      throw new Error('on purpose');
    },
  };
  expect(() => m.zeros([1], options)).toThrow('on purpose');
  expect(m.ones([2]).sum().item()).toBe(2);
});
