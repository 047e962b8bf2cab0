import {
  ctcBeamDecode,
  ctcGreedyDecode,
  ctcLoss,
  ones,
  tensor,
  type FloatDType,
  type LossReduction,
  type Tensor,
} from 'myelin';

import { accumulate, at, build, sumOf, type Nd } from '../support/reference';
import { floats, uniform, values, type InputSpec, type OpSamples, type Sample, type SampleTable } from './sample';

/** Labels of a batch: classes of each, and steps of each sequence. */
interface Batch {
  readonly shape: readonly [steps: number, items: number, classes: number];
  readonly labels: readonly (readonly number[])[];
  readonly steps: readonly number[];
  readonly blank: number;
  /** Whether labels stand one behind the other. */
  readonly flat: boolean;
  readonly zeroInfinity: boolean;
}

const longest = ({ labels, flat }: Batch): number =>
  flat ? labels.flat().length : Math.max(0, ...labels.map(({ length }) => length));

/** States of a label: its classes, with blanks between and around. */
const spelled = (label: readonly number[], blank: number): number[] => [blank, ...label.flatMap((c) => [c, blank])];

/** All ways from one state to another, step by step: what a path costs is the product of its probabilities. */
function paths(batch: Batch, logProbs: Nd, item: number): number[][] {
  const states = spelled(batch.labels[item]!, batch.blank);
  const rows: number[][] = [];
  for (let t = 0; t < batch.steps[item]!; t++) {
    rows.push(
      states.map((c, s) => {
        const before = rows[t - 1];
        const leaps = s > 1 && c !== batch.blank && c !== states[s - 2];
        const reach =
          before === undefined ? Number(s < 2) : before[s]! + (before[s - 1] ?? 0) + (leaps ? (before[s - 2] ?? 0) : 0);
        return reach * Math.exp(at(logProbs, [t, item, c]));
      }),
    );
  }
  return rows;
}

function probability(batch: Batch, rows: readonly number[][], item: number): number {
  const last = rows.at(-1);
  if (last === undefined) return Number(batch.labels[item]!.length === 0);
  return sumOf(last.slice(-2));
}

const limited = ({ zeroInfinity }: Batch, loss: number): number => (zeroInfinity && loss === Infinity ? 0 : loss);

function lossesOf(batch: Batch, logProbs: Nd): Nd {
  return build(logProbs.dtype, [batch.shape[1]], ([item]) =>
    limited(batch, -Math.log(probability(batch, paths(batch, logProbs, item!), item!))),
  );
}

function alphasOf(batch: Batch, logProbs: Nd): Nd {
  const [steps, items] = batch.shape;
  const all = Array.from({ length: items }, (_, item) => paths(batch, logProbs, item));
  return build(logProbs.dtype, [items, steps, 2 * longest(batch) + 3], ([item, t, s]) =>
    t! < batch.steps[item!]! ? Math.log(all[item!]![t!]![s! - 2] ?? 0) : 0,
  );
}

/** The share of the paths that pass a class at a step: those from the start to it times those from it to the end. */
function gradientOf(batch: Batch, gradient: Nd, logProbs: Nd, alphas: Nd): Nd {
  return accumulate(logProbs.dtype, logProbs.shape, (add) => {
    batch.labels.forEach((label, item) => {
      const forward = Array.from({ length: batch.steps[item]! }, (_, t) =>
        spelled(label, batch.blank).map((_state, s) => Math.exp(at(alphas, [item, t, s + 2]))),
      );
      const total = probability(batch, forward, item);
      if (total === 0 && batch.zeroInfinity) return;
      const count = batch.steps[item]!;
      const turned: Nd = build(logProbs.dtype, logProbs.shape, ([t, n, c]) =>
        at(logProbs, [(((count - 1 - t!) % count) + count) % count, n!, c!]),
      );
      const reversed = {
        ...batch,
        labels: batch.labels.map((other, n) => (n === item ? [...label].reverse() : other)),
      };
      const back = paths(reversed, turned, item);
      const states = spelled(label, batch.blank);
      for (let t = 0; t < count; t++) {
        states.forEach((c, s) => {
          const both = (forward[t]![s]! * back[count - 1 - t]![states.length - 1 - s]!) / total;
          add([t, item, c], (-at(gradient, [item]) * both) / Math.exp(at(logProbs, [t, item, c])));
        });
      }
    });
  });
}

const scores = ({ shape }: Batch): InputSpec => uniform(shape, -3, -0.1);

function labelsOf(batch: Batch): Record<'targets' | 'inputLengths' | 'targetLengths', InputSpec> {
  const { labels, steps, flat } = batch;
  const width = longest(batch);
  const padded = labels.map((label) => [...label, ...new Array<number>(width - label.length).fill(-7)]);
  return {
    targets: flat ? values([width], labels.flat(), 'int64') : values([labels.length, width], padded.flat(), 'int64'),
    inputLengths: values([labels.length], steps, 'int64'),
    targetLengths: values(
      [labels.length],
      labels.map(({ length }) => length),
      'int64',
    ),
  };
}

const attrsOf = (batch: Batch) => ({
  blank: batch.blank,
  longest: longest(batch),
  zeroInfinity: batch.zeroInfinity,
});

const forward = (batch: Batch): Sample => ({
  inputs: { logProbs: scores(batch), ...labelsOf(batch) },
  attrs: attrsOf(batch),
  layouts: ['logProbs'],
  differentiable: 1,
  tolerance: { relative: 64, absolute: 64 },
  reference: (logProbs) => [lossesOf(batch, logProbs), alphasOf(batch, logProbs)],
});

const backward = (batch: Batch): Sample => ({
  inputs: {
    gradient: uniform([batch.shape[1]]),
    logProbs: scores(batch),
    ...labelsOf(batch),
    alphas: uniform([batch.shape[1], batch.shape[0], 2 * longest(batch) + 3]),
  },
  attrs: attrsOf(batch),
  layouts: ['gradient', 'logProbs'],
  // The paths follow from the scores: moved alone, they would not fit.
  by: ['gradient'],
  derive: (gradient, logProbs, ...rest) =>
    floats.includes(logProbs.dtype)
      ? [gradient, logProbs, ...rest.slice(0, 3), alphasOf(batch, logProbs)]
      : [gradient, logProbs, ...rest],
  tolerance: { relative: 256, absolute: 256 },
  reference: (gradient, logProbs, _targets, _steps, _lengths, alphas) => gradientOf(batch, gradient, logProbs, alphas),
});

const usual: Batch = {
  shape: [6, 3, 4],
  labels: [[1, 2], [3, 3, 1], []],
  steps: [6, 5, 3],
  blank: 0,
  flat: false,
  zeroInfinity: false,
};
const batches: readonly Batch[] = [
  usual,
  { ...usual, flat: true, blank: 3, labels: [[1], [0, 0], [2]] },
  { ...usual, steps: [6, 2, 0], zeroInfinity: true, labels: [[1, 2], [3, 3, 1], [1]] },
];
const large: Batch = {
  ...usual,
  shape: [40, 64, 7],
  labels: Array.from({ length: 64 }, (_, n) => Array.from({ length: n % 9 }, (_, s) => 1 + ((n + s) % 6))),
  steps: Array.from({ length: 64 }, (_, n) => 40 - (n % 5)),
};
const none: Batch = { ...usual, shape: [6, 0, 4], labels: [], steps: [] };

const int = (list: readonly number[]) => tensor([...list], { dtype: 'int64' });
const call = (targets: Tensor, inputLengths: readonly number[], targetLengths: readonly number[], options = {}) =>
  ctcLoss(ones([5, 1, 3]), targets, inputLengths, targetLengths, options);

const decoding: OpSamples = {
  run: ({ x }) => {
    const { labels, lengths } = ctcGreedyDecode(x as Tensor<FloatDType>, { inputLengths: [6, 4] });
    return [labels, lengths];
  },
  samples: [
    {
      inputs: { x: uniform([6, 2, 3]) },
      order: 0,
      reference: (x) => {
        const labels = [6, 4].map((steps, n) => {
          const best = Array.from({ length: steps }, (_, t) => {
            const row = [0, 1, 2].map((c) => at(x, [t, n, c]));
            return row.indexOf(Math.max(...row));
          });
          return best.filter((c, t) => c !== 0 && c !== best[t - 1]);
        });
        return [
          build('int64', [2, 6], ([n, t]) => labels[n!]![t!] ?? -1),
          { dtype: 'int64', shape: [2], data: labels.map(({ length }) => length) },
        ];
      },
    },
  ],
  neverEmpty: 'lengths are those of two sequences',
  without: { scalar: 'it has steps, sequences and classes' },
  errors: [
    { call: () => ctcGreedyDecode(ones([3])), code: 'SHAPE', message: /need \[T, N, C\]/ },
    { call: () => ctcGreedyDecode(ones([2, 3]), { blank: 3 }), code: 'VALUE', message: /blank is 3/ },
  ],
};

/** What a path spells: repetitions count once, and blanks not at all. */
const spelling = (path: readonly number[], blank: number): number[] =>
  path.filter((c, t) => c !== blank && c !== path[t - 1]);

/** All labels of a sequence, likeliest first, from all of its paths. */
function labelsBy(x: Nd, item: number, steps: number, blank: number): { label: number[]; score: number }[] {
  const classes = x.shape[2]!;
  const found = new Map<string, { label: number[]; score: number }>();
  for (let code = 0; code < classes ** steps; code++) {
    const path = Array.from({ length: steps }, (_, t) => Math.floor(code / classes ** t) % classes);
    const label = spelling(path, blank);
    const own = found.get(label.join()) ?? { label, score: 0 };
    own.score += Math.exp(sumOf(path.map((c, t) => at(x, [t, item, c]))));
    found.set(label.join(), own);
  }
  const labels = [...found.values()].map(({ label, score }) => ({ label, score: Math.log(score) }));
  return labels.sort((a, b) => b.score - a.score);
}

interface Beams {
  readonly steps: readonly number[];
  readonly blank: number;
  readonly topPaths: number;
}

/** A beam that is wide enough for all labels finds the likeliest of them. */
const beams = ({ steps, blank, topPaths }: Beams): Sample => {
  const shape = [4, steps.length, 3];
  return {
    inputs: { logProbs: uniform(shape, -3, -0.1), inputLengths: values([steps.length], steps, 'int64') },
    attrs: { blank, beamWidth: 81, topPaths },
    layouts: [],
    order: 0,
    tolerance: { relative: 16, absolute: 16 },
    reference: (x) => {
      const best = steps.map((count, item) => labelsBy(x, item, count, blank));
      const of = (n: number, p: number) => best[n]![p] ?? { label: [], score: -Infinity };
      return [
        build('int64', [steps.length, topPaths, 4], ([n, p, t]) => of(n!, p!).label[t!] ?? -1),
        build('int64', [steps.length, topPaths], ([n, p]) => of(n!, p!).label.length),
        build(x.dtype, [steps.length, topPaths], ([n, p]) => of(n!, p!).score),
      ];
    },
  };
};
const searches = [
  { steps: [4, 3, 0], blank: 0, topPaths: 3 },
  { steps: [4], blank: 2, topPaths: 1 },
  { steps: [], blank: 1, topPaths: 2 },
].map(beams);

/** The loss of a batch in a reduction. */
const whole = (batch: Batch, reduction: LossReduction): Sample => ({
  inputs: { logProbs: scores(batch), ...labelsOf(batch) },
  attrs: { reduction, blank: batch.blank, zeroInfinity: batch.zeroInfinity },
  layouts: ['logProbs'],
  tolerance: { relative: 64, absolute: 64 },
  reference: (logProbs) => {
    const losses = lossesOf(batch, logProbs);
    if (reduction === 'none') return losses;
    const own = losses.data.map((loss, n) => loss / (reduction === 'mean' ? Math.max(batch.labels[n]!.length, 1) : 1));
    return { ...losses, shape: [], data: [sumOf(own) / (reduction === 'mean' ? own.length : 1)] };
  },
});

const beamWithout = {
  layouts: 'what is expanded makes labels equally likely',
  scalar: 'it has steps, sequences and classes',
};

export const ctc: SampleTable = {
  ctcLoss: {
    run: ({ logProbs, targets, inputLengths, targetLengths }, { reduction, blank, zeroInfinity }) =>
      ctcLoss(logProbs as Tensor<FloatDType>, targets!, inputLengths!, targetLengths!, {
        reduction: reduction as LossReduction,
        blank: blank as number,
        zeroInfinity: zeroInfinity as boolean,
      }),
    samples: [whole(usual, 'mean'), whole(usual, 'sum'), whole(batches[1]!, 'none'), whole(none, 'sum')],
    large: whole(large, 'mean'),
    without: { layouts: 'labels and lengths are read through copies', scalar: 'it has steps, sequences and classes' },
    errors: [
      { call: () => ctcLoss(ones([3]), ones([1]), [1], [1]), code: 'SHAPE', message: /need \[T, N, C\]/ },
      { call: () => call(int([1]), [-1], [1]), code: 'VALUE', message: /inputLengths\[0\] is -1/ },
    ],
  },
  ctc: {
    samples: [...batches, none].map(forward),
    large: forward(large),
    without: { layouts: 'labels and lengths are read through copies', scalar: 'it has steps, sequences and classes' },
    errors: [
      { call: () => call(int([1, 3]), [5], [2]), code: 'INDEX', message: /class of target 0 is 3/ },
      { call: () => call(int([1, 2]), [6], [2]), code: 'INDEX', message: /inputLengths 0 is 6 \(need 0 to 5\)/ },
      { call: () => call(int([1, 2]), [5], [3]), code: 'INDEX', message: /targetLengths 0 is 3 \(need 0 to 2\)/ },
      { call: () => call(int([1, 2]), [5], [1]), code: 'VALUE', message: /targetLengths add up to 1 \(need 2/ },
      { call: () => call(int([1, 2]), [5, 5], [2]), code: 'SHAPE', message: /inputLengths/, op: 'ctcLoss' },
      { call: () => call(ones([2]), [5], [2]), code: 'DTYPE', message: /targets is float32/, op: 'ctcLoss' },
      { call: () => call(int([1]), [5], [1], { blank: 3 }), code: 'VALUE', message: /blank is 3/, op: 'ctcLoss' },
    ],
  },
  ctcBackward: {
    samples: [...batches, none].map(backward),
    large: backward(large),
    without: { layouts: 'labels and lengths are read through copies', scalar: 'it has steps, sequences and classes' },
    errors: [],
    neverFails: 'called by gradient rules only, with what their ops have checked',
  },
  ctcBeam: {
    samples: searches,
    large: beams({ steps: Array.from({ length: 300 }, (_, n) => n % 5), blank: 1, topPaths: 2 }),
    without: beamWithout,
    errors: [
      {
        call: () => ctcBeamDecode(ones([2, 1, 3]), { inputLengths: [3] }),
        code: 'INDEX',
        message: /inputLengths 0 is 3 \(need 0 to 2\)/,
      },
    ],
  },
  ctcBeamDecode: {
    run: ({ logProbs, inputLengths }, attrs) => {
      const options = { ...attrs, inputLengths: inputLengths! };
      const { labels, lengths, scores } = ctcBeamDecode(logProbs as Tensor<FloatDType>, options);
      return [labels, lengths, scores];
    },
    samples: searches.slice(0, 2),
    neverEmpty: 'lengths are those of the sequences',
    without: { ...beamWithout, secondOrder: 'a choice has no derivative' },
    errors: [
      { call: () => ctcBeamDecode(ones([3])), code: 'SHAPE', message: /need \[T, N, C\]/ },
      { call: () => ctcBeamDecode(ones([2, 3]), { beamWidth: 0 }), code: 'VALUE', message: /beamWidth is 0/ },
      { call: () => ctcBeamDecode(ones([2, 3]), { topPaths: 17 }), code: 'VALUE', message: /at most beamWidth, 16/ },
      { call: () => ctcBeamDecode(ones([2, 3]), { blank: 3 }), code: 'VALUE', message: /blank is 3/ },
    ],
  },
  ctcGreedyDecode: decoding,
};
