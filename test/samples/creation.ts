import {
  borrow,
  empty,
  emptyLike,
  fullLike,
  linspace,
  ones,
  onesLike,
  rand,
  randint,
  randn,
  randperm,
  tensor,
  zeros,
  zerosLike,
  type FloatDType,
  type IntegerDType,
} from 'myelin';

import { dtypeInfo, isFloat } from '../../lib/tensor/dtype';
import { toElement } from '../support/layouts';
import { build, sizeOf, type Nd } from '../support/reference';
import { moments } from './random';
import {
  everyDType,
  floats,
  uniform,
  type ErrorCase,
  type OpSamples,
  type RunComposed,
  type Sample,
  type SampleTable,
} from './sample';

type Attrs = NonNullable<Sample['attrs']>;

const shapes = [[2, 3], [], [37], [0, 3]];
const noInputs = 'it has no inputs; an empty result is among its samples';
const integers = everyDType.filter((dtype) => !isFloat(dtype) && dtype !== 'bool') as readonly IntegerDType[];

/** A sample of what makes a tensor from nothing; its dtype is an attribute. */
const made = (attrs: Attrs, rest: Omit<Sample, 'inputs' | 'attrs' | 'dtypes'>): Sample => ({
  inputs: {},
  attrs,
  dtypes: ['float32'],
  order: 0,
  layouts: false,
  ...rest,
});

const badShape = (call: () => unknown): ErrorCase => ({ call, code: 'SHAPE', message: /non-negative/ });
const badDType = (call: () => unknown): ErrorCase => ({ call, code: 'DTYPE', message: /float8/ });

function constant(value: number, create: typeof ones | typeof zeros): OpSamples {
  return {
    run: (_, { shape, dtype }) => create(shape as number[], { dtype: dtype as FloatDType }),
    samples: shapes.flatMap((shape) =>
      everyDType.map((dtype) => made({ shape, dtype }, { reference: () => build(dtype, shape, () => value) })),
    ),
    errors: [badShape(() => create([-1])), badDType(() => create([2], { dtype: 'float8' as never }))],
    neverEmpty: noInputs,
  };
}

function alike(value: number, run: RunComposed, errors: readonly ErrorCase[]): OpSamples {
  return {
    run,
    samples: shapes.map((shape) => ({
      inputs: { x: uniform(shape) },
      dtypes: everyDType,
      order: 0,
      reference: (x) => build(x.dtype, shape, () => value),
    })),
    errors,
  };
}

const noTensor = (call: () => unknown): ErrorCase => ({ call, code: 'TYPE', message: /need a tensor/ });

/** What a tensor holds as the typed array of its dtype. */
function elementsOf({ dtype, data }: Nd) {
  const array = dtypeInfo(dtype).create(data.length);
  data.forEach((value, i) => (array[i] = toElement(dtype, value)));
  return array;
}

const given = (shape: readonly number[], dtypes = everyDType): Sample[] =>
  dtypes.map((dtype) => {
    const data = Array.from({ length: sizeOf(shape) }, (_, i) => (dtype === 'bool' ? i % 2 : (5 * i) % 7));
    return made({ shape, dtype, data }, { reference: () => ({ dtype, shape, data }) });
  });

const fromArray =
  (create: typeof borrow): RunComposed =>
  (_, attrs) => {
    const { dtype, shape, data } = attrs as unknown as Nd;
    return create(elementsOf({ dtype, shape, data }) as Uint16Array, { dtype: dtype as 'float16', shape });
  };

const spaced = (start: number, stop: number, count: number): Sample[] =>
  floats.map((dtype) =>
    made(
      { start, stop, count, dtype },
      {
        tolerance: { relative: 4, absolute: 4 },
        reference: () =>
          build(dtype, [count], ([i]) => (i === 0 ? start : start + (i! * (stop - start)) / (count - 1))),
      },
    ),
  );

/** Throws unless all drawn numbers are whole and inside. */
const wholeWithin =
  (low: number, high: number): NonNullable<Sample['law']> =>
  ([out]) => {
    const wrong = out!.data.find((x) => !Number.isInteger(x) || x < low || x >= high);
    if (wrong !== undefined) throw new Error(`${wrong} is not a whole number in [${low}, ${high})`);
  };

const permuted: NonNullable<Sample['law']> = ([out]) => {
  const places = [...out!.data].sort((a, b) => a - b);
  if (places.some((place, i) => place !== i)) throw new Error(`${out!.data.join()} is no permutation`);
};

function drawn(draw: typeof rand, law: NonNullable<Sample['law']>): OpSamples {
  return {
    run: (_, { shape, dtype }) => draw(shape as number[], { dtype: dtype as FloatDType }),
    samples: [[4099], [0, 3], []].flatMap((shape) =>
      floats.map((dtype) => made({ shape, dtype }, { law: (out, inputs) => sizeOf(shape) > 1 && law(out, inputs) })),
    ),
    errors: [badShape(() => draw([-1])), badDType(() => draw([2], { dtype: 'float8' as never }))],
    neverEmpty: noInputs,
  };
}

export const creation: SampleTable = {
  ones: constant(1, ones),
  zeros: constant(0, zeros),
  empty: constant(0, empty),
  onesLike: {
    ...alike(1, ({ x }) => onesLike(x!), [noTensor(() => onesLike(1 as never))]),
    without: { secondOrder: 'its values do not depend on those of its input' },
  },
  zerosLike: {
    ...alike(0, ({ x }) => zerosLike(x!), [noTensor(() => zerosLike(1 as never))]),
    without: { secondOrder: 'its values do not depend on those of its input' },
  },
  emptyLike: {
    ...alike(0, ({ x }) => emptyLike(x!), [noTensor(() => emptyLike(1 as never))]),
    without: { secondOrder: 'its values do not depend on those of its input' },
  },
  fullLike: {
    ...alike(1, ({ x }) => fullLike(x!, 1), [
      noTensor(() => fullLike(1 as never, 1)),
      { call: () => fullLike(ones([2], { dtype: 'bool' }), 2), code: 'VALUE', message: /does not fit bool/ },
    ]),
    without: { secondOrder: 'its values do not depend on those of its input' },
  },
  tensor: {
    run: fromArray(tensor),
    samples: shapes.flatMap((shape) => given(shape)),
    errors: [
      { call: () => tensor([[1], [2, 3]]), code: 'SHAPE', message: /./ },
      { call: () => tensor([300], { dtype: 'uint8' }), code: 'VALUE', message: /does not fit uint8/ },
    ],
    neverEmpty: noInputs,
    without: { threads: 'it copies a list' },
  },
  borrow: {
    run: fromArray(borrow),
    // No array says of itself that it holds bools.
    samples: shapes.flatMap((shape) =>
      given(
        shape,
        everyDType.filter((dtype) => dtype !== 'bool'),
      ),
    ),
    errors: [
      { call: () => borrow(new Float32Array(3), { shape: [2] }), code: 'SHAPE', message: /data has 3 elements/ },
      { call: () => borrow([1] as never), code: 'TYPE', message: /./ },
    ],
    neverEmpty: noInputs,
    without: { threads: 'it computes nothing' },
  },
  linspace: {
    run: (_, { start, stop, count, dtype }) =>
      linspace(start as number, stop as number, count as number, { dtype: dtype as FloatDType }),
    samples: [...spaced(0, 1, 5), ...spaced(-2, 3, 37), ...spaced(4, -4, 2), ...spaced(3, 7, 1), ...spaced(0, 1, 0)],
    errors: [{ call: () => linspace(0, 1, -1), code: 'VALUE', message: /count/ }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a vector' },
  },
  rand: drawn(rand, moments(1 / 2, 1 / 12, 1 / 80)),
  randn: drawn(randn, moments(0, 1, 3)),
  randint: {
    run: (_, { shape, dtype }) => randint(-3, 9, shape as number[], { dtype: dtype as IntegerDType }),
    samples: [[4099], [0, 3], []].flatMap((shape) =>
      integers.filter((dtype) => dtype !== 'uint8').map((dtype) => made({ shape, dtype }, { law: wholeWithin(-3, 9) })),
    ),
    errors: [{ call: () => randint(3, 3, [2]), code: 'VALUE', message: /need low < high/ }],
    neverEmpty: noInputs,
  },
  randperm: {
    run: (_, { n }) => randperm(n as number),
    samples: [0, 1, 37].map((n) => made({ n }, { law: permuted })),
    errors: [{ call: () => randperm(-1), code: 'VALUE', message: /n is -1/ }],
    neverEmpty: noInputs,
    without: { scalar: 'it makes a vector' },
  },
};
