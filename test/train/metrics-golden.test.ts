import { readFileSync } from 'node:fs';
import path from 'node:path';

import {
  accuracy,
  averagePrecision,
  bleu,
  calibrationError,
  characterErrorRate,
  chrf,
  confusionMatrix,
  dice,
  f1Score,
  hitRate,
  iou,
  meanAbsoluteError,
  meanAveragePrecision,
  meanReciprocalRank,
  meanSquaredError,
  ndcg,
  perplexity,
  precision,
  r2Score,
  recall,
  rocAuc,
  scope,
  tensor,
  topK,
  wordErrorRate,
  type Average,
  type Detections,
  type Metric,
  type Objects,
  type Tensor,
} from 'myelin';

// What other libraries computed: scripts/golden_metrics.py.

interface Case<Output, Target, Expected> {
  readonly reference: string;
  readonly output: Output;
  readonly target: Target;
  readonly expected: Expected;
}

type Numbers = Readonly<Record<string, number>>;
type Table = readonly (readonly number[])[];

const cases = JSON.parse(readFileSync(path.join(__dirname, '..', 'golden', 'metrics.json'), 'utf8')) as {
  readonly classes: Case<Table, readonly number[], Numbers & Readonly<Record<string, number[]>>>;
  readonly curves: Case<readonly number[], readonly number[], Numbers>;
  readonly 'curves of classes': Case<Table, readonly number[], Numbers>;
  readonly regression: Case<Table, Table, Numbers>;
  readonly perplexity: Case<Table, readonly number[], number>;
  readonly calibration: Case<Table, readonly number[], number>;
  readonly graded: Case<Table, Table, Numbers>;
  readonly 'one relevant': Case<Table, Table, Numbers>;
  readonly texts: Case<readonly string[], readonly (readonly string[])[], Numbers>;
  readonly edits: Case<readonly string[], readonly string[], Numbers>;
  readonly detection: Case<readonly Detections[], readonly Objects[], readonly number[]>;
};

const floats = (values: Table | readonly number[]): Tensor => tensor(values, { dtype: 'float64' });
const indices = (values: readonly number[]): Tensor => tensor(values, { dtype: 'int64' });

/** The metric of everything at once, and of everything in three batches. */
function bothWays<O extends { readonly length: number } | Tensor, T extends O>(
  metric: Metric<O, T>,
  output: O,
  target: O,
  part: (all: O, from: number, to: number) => O,
): number[] {
  metric.reset();
  metric.update(output, target as T);
  const whole = metric.value();
  metric.reset();
  const count = 'shape' in output ? output.shape[0]! : output.length;
  const cuts = [0, 1, Math.floor(count / 2), count];
  for (let i = 0; i < 3; i++) {
    metric.update(part(output, cuts[i]!, cuts[i + 1]!), part(target, cuts[i]!, cuts[i + 1]!) as T);
  }
  return [whole, metric.value()];
}

function expectTensors(
  metric: Metric,
  output: () => Tensor,
  target: () => Tensor,
  expected: number,
  digits = 12,
): void {
  scope(() => {
    for (const value of bothWays(metric, output(), target(), (x, from, to) => x.slice([from, to]))) {
      expect(value).toBeCloseTo(expected, digits);
    }
  });
}

describe('classes are counted as scikit-learn does', () => {
  const { output, target, expected } = cases.classes;
  const check = (metric: Metric, name: string): void => {
    expectTensors(
      metric,
      () => floats(output),
      () => indices(target),
      expected[name]!,
    );
  };

  it.each([1, 2, 3])('top %i', (k) => check(topK(k), `top${k}`));
  it('accuracy', () => check(accuracy(), 'accuracy'));

  it('confusion matrix and balanced accuracy', () => {
    const confusion = confusionMatrix(4);
    check(confusion, 'balanced');
    expect(confusion.rows()).toEqual(expected['confusion']);
  });

  const scores = { precision, recall, f1: f1Score, iou } as const;
  it.each(Object.keys(scores) as (keyof typeof scores)[])('%s', (name) => {
    for (const average of ['macro', 'micro', 'weighted'] satisfies Average[]) {
      check(scores[name](4, { average }), `${name}/${average}`);
    }
    const metric = scores[name](4);
    scope(() => metric.update(floats(output), indices(target)));
    const wanted = expected[`${name}/classes`] as unknown as readonly number[];
    metric.scores().forEach((score, i) => expect(score).toBeCloseTo(wanted[i]!, 12));
  });

  it('F2, and dice, which is F1', () => {
    check(f1Score(4, { beta: 2 }), 'f2/macro');
    check(dice(4), 'f1/macro');
  });
});

describe('scores are ranked as scikit-learn does', () => {
  const { output, target, expected } = cases.curves;
  const many = cases['curves of classes'];
  it.each([rocAuc, averagePrecision])('%p', (make) => {
    const name = make().name;
    expectTensors(
      make(),
      () => floats(output),
      () => indices(target),
      expected[name]!,
    );
    expectTensors(
      make(),
      () => floats(many.output),
      () => indices(many.target),
      many.expected[name]!,
    );
  });

  it('retrieval', () => {
    for (const [name, given] of [
      ['graded', ndcg()],
      ['graded', ndcg(3)],
      ['one relevant', hitRate(3)],
      ['one relevant', meanReciprocalRank()],
    ] as const) {
      const { output: scores, target: relevances, expected: wanted } = cases[name];
      expectTensors(
        given,
        () => floats(scores),
        () => floats(relevances),
        wanted[given.name]!,
      );
    }
  });
});

it('regression is measured as scikit-learn does', () => {
  const { output, target, expected } = cases.regression;
  for (const metric of [meanSquaredError(), meanAbsoluteError(), r2Score()]) {
    expectTensors(
      metric,
      () => floats(output),
      () => floats(target),
      expected[metric.name]!,
      9,
    );
  }
});

it('perplexity and calibration are those of scikit-learn', () => {
  for (const [name, metric] of [
    ['perplexity', perplexity()],
    ['calibration', calibrationError({ bins: 10 })],
  ] as const) {
    const { output, target, expected } = cases[name];
    expectTensors(
      metric,
      () => floats(output),
      () => indices(target),
      expected,
      10,
    );
  }
});

describe('texts are compared as sacreBLEU and NLTK do', () => {
  const { output, target, expected } = cases.texts;
  const [first, second] = [target[0]!, target[1]!];
  const both = first.map((text, i) => [text, second[i]!]);
  type Texts = readonly (string | readonly string[])[];
  const check = (metric: Metric<readonly string[], Texts>, references: Texts, name: string, from = 0, to = 5): void => {
    metric.update(output.slice(from, to), references.slice(from, to));
    expect(metric.value()).toBeCloseTo(expected[name]!, 10);
    metric.reset();
    for (let i = from; i < to; i++) metric.update([output[i]!], [references[i]!]);
    expect(metric.value()).toBeCloseTo(expected[name]!, 10);
  };

  it('BLEU', () => {
    check(bleu(), first, 'bleu');
    check(bleu(), both, 'bleu/two references');
    check(bleu({ tokenize: 'none' }), first, 'bleu/no tokens');
    check(bleu({ tokenize: (text) => text.split(' '), smooth: 'none' }), both, 'bleu/nltk');
    check(bleu(), second, 'bleu/one', 2, 3);
  });

  it('chrF', () => {
    check(chrf(), first, 'chrf');
    check(chrf(), both, 'chrf/two references');
    check(chrf({ wordOrder: 2 }), first, 'chrf++');
  });

  it('error rates', () => {
    for (const metric of [wordErrorRate(), characterErrorRate()]) {
      for (const value of bothWays(metric, cases.edits.output, cases.edits.target, (x, a, b) => x.slice(a, b))) {
        expect(value).toBeCloseTo(cases.edits.expected[metric.name]!, 12);
      }
    }
  });
});

it('detections are counted as pycocotools does', () => {
  const { output, target, expected } = cases.detection;
  for (const size of [output.length, 3]) {
    const metric = meanAveragePrecision();
    for (let i = 0; i < output.length; i += size) metric.update(output.slice(i, i + size), target.slice(i, i + size));
    const { ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge } =
      metric.summary();
    const summary = [ap, ap50, ap75, apSmall, apMedium, apLarge, ar1, ar10, ar100, arSmall, arMedium, arLarge];
    summary.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 12));
  }
});
