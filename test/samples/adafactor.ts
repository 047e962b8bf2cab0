import { adafactorStep } from '../../lib/ops/optim';
import { ones, tensor } from 'myelin';

import { sizeOf, sumOf, type Nd } from '../support/reference';
import { uniform, values, type InputSpec, type Sample, type SampleTable } from './sample';

// PyTorch's documented algorithm, one matrix behind the other; a vector is one row whose averages are its own.

interface Options {
  readonly weightDecay: number;
  readonly decoupled: boolean;
  readonly l1: number;
  readonly maximize: boolean;
  readonly decay: number;
  readonly eps: number;
  readonly least: number;
  readonly clip: number;
  readonly factored: boolean;
}

const lr = 0.05;
const plain: Options = {
  ...{ weightDecay: 0, decoupled: true, l1: 0, maximize: false },
  ...{ decay: -0.8, eps: 1e-7, least: 1e-3, clip: 1, factored: true },
};
const coupled: Options = { ...plain, weightDecay: 0.1, decoupled: false, l1: 0.05, eps: 1.2, least: 3 };
const decoupled: Options = { ...plain, weightDecay: 0.1, maximize: true, decay: -0.5, clip: 5 };

const rootMeanSquare = (list: readonly number[]): number => Math.sqrt(sumOf(list.map((x) => x * x)) / list.length);
const mean = (list: readonly number[]): number => sumOf(list) / list.length;

/** Where the averages of an element are kept, and the extents that say so. */
interface Places {
  readonly rows: number;
  readonly columns: number;
}

function placesOf(shape: readonly number[], factored: boolean): Places {
  return factored ? { rows: shape.at(-2)!, columns: shape.at(-1)! } : { rows: 1, columns: sizeOf(shape) };
}

const rowOf = (i: number, { columns }: Places): number => Math.floor(i / columns);
const columnOf = (i: number, { rows, columns }: Places): number =>
  Math.floor(i / (rows * columns)) * columns + (i % columns);

/** The averages after a step: those before it, moved towards the means of squares. */
function averaged(before: readonly number[], squares: readonly number[], place: (i: number) => number, weight: number) {
  const members = before.map((): number[] => []);
  squares.forEach((square, i) => members[place(i)]!.push(square));
  return before.map((value, k) => value + weight * (mean(members[k]!) - value));
}

interface Changed {
  readonly param: readonly number[];
  readonly rows: readonly number[];
  readonly columns: readonly number[];
}

function stepOf(options: Options, t: number, param: Nd, grad: Nd, rows: readonly number[], columns: readonly number[]) {
  const { factored, eps, least, clip } = options;
  const places = placesOf(param.shape, factored);
  if (param.data.length === 0) return { param: param.data, rows, columns };
  const sign = options.maximize ? -1 : 1;
  const penalty = options.decoupled ? 0 : options.weightDecay;
  const g = grad.data.map((x, i) => sign * x + penalty * param.data[i]! + options.l1 * Math.sign(param.data[i]!));
  const squares = g.map((x) => x * x);
  const weight = t ** options.decay;
  const ownRows = factored ? averaged(rows, squares, (i) => rowOf(i, places), weight) : rows;
  const ownColumns = averaged(columns, squares, (i) => columnOf(i, places), weight);
  const factorOf = (row: number): number => {
    if (!factored) return 1;
    const first = row - (row % places.rows);
    return ownRows[row]! / Math.max(mean(ownRows.slice(first, first + places.rows)), eps);
  };
  const factors = Array.from({ length: param.data.length / places.columns }, (_, row) => factorOf(row));
  const direction = g.map((x, i) => {
    const variance = factors[rowOf(i, places)]! * ownColumns[columnOf(i, places)]!;
    return x / Math.sqrt(Math.max(variance, eps * eps));
  });
  const size = Math.min(lr, 1 / Math.sqrt(t)) * Math.max(least, rootMeanSquare(param.data));
  const rate = size / Math.max(1, rootMeanSquare(direction) / clip);
  const shrink = options.decoupled ? 1 - lr * options.weightDecay : 1;
  const moved: Changed = {
    param: param.data.map((x, i) => shrink * x - rate * direction[i]!),
    rows: ownRows,
    columns: ownColumns,
  };
  return moved;
}

function sample(options: Options, step: number, shapes: readonly (readonly number[])[]): Sample {
  const { factored } = options;
  const spread = (fill: (shape: readonly number[]) => InputSpec): InputSpec[] => shapes.map(fill);
  const average = (shape: readonly number[]): InputSpec => uniform(shape, 0.5, 2);
  const count = shapes.length;
  return {
    inputs: {
      params: spread((shape) => uniform(shape, -2, 2, [0])),
      grads: spread((shape) => uniform(shape, -2, 2, [0])),
      rows: factored ? spread((shape) => average([...shape.slice(0, -1), 1])) : [],
      columns: spread((shape) => average(factored ? [...shape.slice(0, -2), 1, shape.at(-1)!] : shape)),
      steps: spread(() => values([], [step - 1], 'float64')),
      lr: values([], [lr], 'float64'),
    },
    attrs: { ...options },
    order: 0,
    layouts: ['grads'],
    tolerance: { relative: 16, absolute: 8 },
    reference: (...inputs: Nd[]) => {
      const at = (list: number, i: number): Nd => inputs[list * count + i]!;
      const changed = [...inputs];
      for (let i = 0; i < count; i++) {
        const place = factored ? 3 : 2;
        const rows = factored ? at(2, i).data : [];
        const moved = stepOf(options, step, at(0, i), at(1, i), rows, at(place, i).data);
        const put = (list: number, data: readonly number[]): void => {
          changed[list * count + i] = { ...at(list, i), data };
        };
        put(0, moved.param);
        if (factored) put(2, moved.rows);
        put(place, moved.columns);
        put(place + 1, [step]);
      }
      return changed;
    },
  };
}

const matrices = [
  [2, 3],
  [3, 2, 4],
  [1, 5],
  [0, 2],
  [2, 0],
  [2, 2, 3, 3],
];
const vectors = [[], [37], [0], [1]];
const vector = (options: Options): Options => ({ ...options, factored: false });

const number = (value: number) => tensor(value, { dtype: 'float64' });

/** A step of one matrix with something else in place of what it needs. */
const attempt =
  (inputs: object, factored = true) =>
  (): unknown =>
    adafactorStep(
      {
        params: [ones([2, 3])],
        grads: [ones([2, 3])],
        rows: [ones([2, 1])],
        columns: [ones([1, 3])],
        steps: [number(0)],
        lr: number(1),
        ...inputs,
      },
      { ...plain, factored },
    );

export const adafactor: SampleTable = {
  adafactorStep: {
    samples: [
      sample(plain, 3, matrices),
      sample(coupled, 1, matrices),
      sample(decoupled, 700, matrices),
      sample(vector(plain), 2, vectors),
      sample(vector(coupled), 1, vectors),
      sample(vector(decoupled), 5, vectors),
    ],
    large: sample(plain, 2, [
      [301, 307],
      [3, 70, 2100],
    ]),
    errors: [
      {
        call: attempt({ grads: [ones([2, 4])] }),
        code: 'SHAPE',
        message: /params\[0\] is float32\[2,3\], grads\[0\] is float32\[2,4\]/,
      },
      {
        call: attempt({ rows: [ones([2, 3])] }),
        code: 'SHAPE',
        message: /rows\[0\] is float32\[2,3\] \(need float32\[2,1\]\)/,
      },
      { call: attempt({ steps: [] }), code: 'SHAPE', message: /0 steps for 1 params/ },
      { call: attempt({ lr: ones([1]) }), code: 'SHAPE', message: /lr is float32\[1\]/ },
      {
        call: attempt({ rows: [] }, false),
        code: 'SHAPE',
        message: /a parameter is float32\[2,3\] \(need at most one axis\)/,
      },
      {
        call: attempt({ params: [ones([3])], grads: [ones([3])] }),
        code: 'SHAPE',
        message: /a parameter is float32\[3\] \(need at least two axes\)/,
      },
    ],
    without: { layouts: 'what is written lies as the parameter does: row-major' },
  },
};
