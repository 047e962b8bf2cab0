import { embedding, embeddingBag, ones, tensor, type FloatDType, type Tensor } from 'myelin';

import { accumulate, at, build, type Nd } from '../support/reference';
import { integers, uniform, values, type Sample, type SampleTable } from './sample';

interface Case {
  readonly rows: number;
  readonly width: number;
  readonly count: number;
  readonly offsets: readonly number[];
  readonly mode: 'sum' | 'mean';
  readonly padding?: number;
  readonly scaled?: boolean;
  readonly order?: 0 | 2;
}

/** Calls `term` for every index that counts: its position, its row, its bag and its share of the bag. */
function visit(
  { offsets, mode, padding = -1 }: Case,
  index: Nd,
  term: (position: number, row: number, bag: number, share: number) => void,
): void {
  offsets.forEach((begin, bag) => {
    const positions = Array.from({ length: (offsets[bag + 1] ?? index.data.length) - begin }, (_, i) => begin + i);
    const counted = positions.filter((position) => index.data[position] !== padding);
    for (const position of counted)
      term(position, index.data[position]!, bag, mode === 'mean' ? 1 / counted.length : 1);
  });
}

const each = (width: number, body: (column: number) => void): void => {
  for (let column = 0; column < width; column++) body(column);
};

const bagInputs = ({ rows, count, offsets, scaled = false }: Case) => ({
  index: integers([count], 0, rows, 'int64'),
  offset: values([offsets.length], offsets, 'int32'),
  scales: uniform([scaled ? count : 0]),
});

const scaleAt = (scales: Nd, position: number): number => scales.data[position] ?? 1;
const tolerance = { relative: 16, absolute: 64 };

const forward = (given: Case): Sample => ({
  inputs: { weight: uniform([given.rows, given.width]), ...bagInputs(given) },
  attrs: { mode: given.mode, padding: given.padding ?? -1 },
  by: given.scaled === true ? ['weight', 'scales'] : ['weight'],
  order: given.order ?? 2,
  repeats: false,
  tolerance,
  reference: (weight, index, _, scales) =>
    accumulate(weight.dtype, [given.offsets.length, given.width], (add) =>
      visit(given, index, (position, row, bag, share) =>
        each(given.width, (j) => add([bag, j], at(weight, [row, j]) * share * scaleAt(scales, position))),
      ),
    ),
});

const toWeight = (given: Case): Sample => {
  const { index, offset, scales } = bagInputs(given);
  return {
    inputs: { gradient: uniform([given.offsets.length, given.width]), index, offset, scales },
    attrs: { mode: given.mode, padding: given.padding ?? -1, rows: given.rows },
    by: given.scaled === true ? ['gradient', 'scales'] : ['gradient'],
    order: given.order ?? 2,
    repeats: false,
    tolerance,
    reference: (gradient, index_, _, scales_) =>
      accumulate(gradient.dtype, [given.rows, given.width], (add) =>
        visit(given, index_, (position, row, bag, share) =>
          each(given.width, (j) => add([row, j], at(gradient, [bag, j]) * share * scaleAt(scales_, position))),
        ),
      ),
  };
};

/** The gradient of bags, the table, and which rows are in which bag. */
const backwards = (given: Case) => {
  const { index, offset } = bagInputs(given);
  return {
    inputs: {
      gradient: uniform([given.offsets.length, given.width]),
      weight: uniform([given.rows, given.width]),
      index,
      offset,
    },
    attrs: { padding: given.padding ?? -1 },
  };
};

const toScale = (given: Case): Sample => {
  return {
    ...backwards(given),
    order: given.order ?? 2,
    repeats: false,
    tolerance: { relative: 16, absolute: 256 },
    reference: (gradient, weight, index_) =>
      accumulate(gradient.dtype, [given.count], (add) =>
        visit(given, index_, (position, row, bag) =>
          each(given.width, (j) => add([position], at(gradient, [bag, j]) * at(weight, [row, j]))),
        ),
      ),
  };
};

/** The positions of a bag that hold its largest element of a column. */
function largestOf({ offsets, padding }: Case, weight: Nd, index: Nd, bag: number, column: number): number[] {
  const positions: number[] = [];
  visit({ offsets, padding, mode: 'sum' } as Case, index, (position, _, of) => {
    if (of === bag) positions.push(position);
  });
  const elements = positions.map((position) => at(weight, [index.data[position]!, column]));
  const most = Math.max(...elements);
  return positions.filter((_, i) => elements[i] === most);
}

const largest = (given: Case): Sample => {
  const { index, offset } = bagInputs(given);
  return {
    inputs: { weight: uniform([given.rows, given.width]), index, offset },
    attrs: { padding: given.padding ?? -1 },
    by: ['weight'],
    order: given.order === 0 ? 0 : 1,
    repeats: false,
    reference: (weight, index_) =>
      build(weight.dtype, [given.offsets.length, given.width], ([bag, column]) => {
        const [first] = largestOf(given, weight, index_, bag!, column!);
        return first === undefined ? 0 : at(weight, [index_.data[first]!, column!]);
      }),
  };
};

const toLargest = (given: Case): Sample => {
  return {
    ...backwards(given),
    by: ['gradient'],
    order: given.order === 0 ? 0 : 1,
    repeats: false,
    // Equal numbers share the gradient: bfloat16 has some.
    reference: (gradient, weight, index_) =>
      accumulate(weight.dtype, [given.rows, given.width], (add) =>
        given.offsets.forEach((_, bag) =>
          each(given.width, (j) => {
            const sharing = largestOf(given, weight, index_, bag, j);
            for (const position of sharing) add([index_.data[position]!, j], at(gradient, [bag, j]) / sharing.length);
          }),
        ),
      ),
  };
};

const cases: readonly Case[] = [
  { rows: 5, width: 3, count: 7, offsets: [0, 2, 2, 5], mode: 'mean' },
  { rows: 4, width: 2, count: 6, offsets: [0, 3], mode: 'sum', padding: 1 },
  { rows: 4, width: 17, count: 5, offsets: [0, 1], mode: 'sum', scaled: true },
  { rows: 3, width: 2, count: 6, offsets: [0, 4], mode: 'mean', padding: 0 },
  { rows: 3, width: 2, count: 0, offsets: [0], mode: 'sum' },
];
const sums = cases.filter(({ mode }) => mode === 'sum');
const big: Case = {
  rows: 700,
  width: 33,
  count: 9000,
  offsets: Array.from({ length: 500 }, (_, i) => 18 * i),
  mode: 'sum',
  order: 0,
};

type Real = Tensor<FloatDType>;
const index = (list: readonly number[]): Tensor<'int32'> => tensor([...list], { dtype: 'int32' });
const internal = 'called by embeddingBag and its gradient rules only, which check for it';

const lookUp = (shape: readonly number[], padding?: number): Sample => ({
  inputs: { x: integers(shape, 0, 4, 'int32'), weight: uniform([4, 3]) },
  ...(padding === undefined ? {} : { attrs: { padding }, order: 0 }),
  reference: (x, weight) =>
    build(weight.dtype, [...shape, 3], (place) => at(weight, [at(x, place.slice(0, -1)), place.at(-1)!])),
});

const straight = 'the largest is linear in the table wherever it has derivatives';
const tables = 'a table of embeddings is a matrix';

export const embeddings: SampleTable = {
  embedding: {
    run: ({ x, weight }, { padding }) =>
      embedding(x as unknown as Tensor<'int32'>, weight as unknown as Real, {
        paddingIdx: padding as number | undefined,
      }),
    samples: [lookUp([2, 3]), lookUp([]), lookUp([0, 2]), lookUp([3], 1)],
    errors: [
      { call: () => embedding(index([5]), ones([4, 2])), code: 'INDEX', message: /index 5/ },
      { call: () => embedding(ones([2]) as never, ones([4, 2])), code: 'DTYPE', message: /float32\[2\]/ },
      { call: () => embedding(index([1]), ones([4])), code: 'SHAPE', message: /weight is float32\[4\]/ },
      { call: () => embedding(index([1]), ones([4, 2]), { paddingIdx: 4 }), code: 'VALUE', message: /paddingIdx is 4/ },
    ],
  },
  embeddingBag: {
    without: { scalar: tables },
    samples: cases.map(forward),
    large: forward(big),
    errors: [
      { call: () => embeddingBag(index([5, 0]), ones([4, 2]), { offsets: index([0]) }), code: 'INDEX', message: /5/ },
      { call: () => embeddingBag(index([1, 0]), ones([4, 2])), code: 'SHAPE', message: /no offsets/ },
      {
        call: () => embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([0, 3]) }),
        code: 'VALUE',
        message: /offset 3/,
      },
      {
        call: () => embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([1]) }),
        code: 'VALUE',
        message: /offset 1/,
      },
      {
        call: () => embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([0]), mode: 'min' as never }),
        code: 'VALUE',
        message: /mode is/,
      },
      {
        call: () =>
          embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([0]), mode: 'max', scaleGradByFreq: true }),
        code: 'VALUE',
        message: /scaleGradByFreq is true, mode is max/,
      },
      {
        call: () => embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([0]), perSampleWeights: ones([2]) }),
        code: 'VALUE',
        message: /mode is mean/,
      },
      {
        call: () =>
          embeddingBag(index([1, 0]), ones([4, 2]), { offsets: index([0]), mode: 'sum', perSampleWeights: ones([3]) }),
        code: 'SHAPE',
        message: /perSampleWeights is float32\[3\]/,
      },
    ],
  },
  embeddingBagDWeight: {
    samples: cases.map(toWeight),
    large: toWeight(big),
    without: { scalar: tables },
    errors: [],
    neverFails: internal,
  },
  embeddingBagMax: {
    samples: cases.map(largest),
    large: largest(big),
    errors: [],
    neverFails: internal,
    without: { scalar: tables, secondOrder: straight },
  },
  embeddingBagMaxDWeight: {
    samples: cases.map(toLargest),
    large: toLargest(big),
    errors: [],
    neverFails: internal,
    without: { scalar: tables, secondOrder: straight },
  },
  embeddingBagDScale: {
    samples: sums.map(toScale),
    large: toScale(big),
    errors: [],
    neverFails: internal,
    without: { scalar: tables },
  },
};
