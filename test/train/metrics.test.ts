import {
  accuracy,
  averagePrecision,
  bleu,
  calibrationError,
  chrf,
  confusionMatrix,
  f1Score,
  hitRate,
  iou,
  meanAbsoluteError,
  meanAveragePrecision,
  meanReciprocalRank,
  meanSquaredError,
  memory,
  ndcg,
  perplexity,
  precision,
  r2Score,
  rocAuc,
  scope,
  tensor,
  topK,
  wordErrorRate,
  zeros,
  type Detections,
  type Metric,
  type MyelinError,
  type Objects,
  type Tensor,
} from 'myelin';

const logits = () =>
  tensor([
    [0.1, 0.7, 0.2],
    [0.5, 0.3, 0.2],
    [0.1, 0.3, 0.6],
    [0.4, 0.3, 0.3],
  ]);
const classes = (values: number[]) => tensor(values, { dtype: 'int32' });

/** The metric over the four samples at once, and over them in two batches. */
function bothWays(metric: Metric, output: Tensor, target: Tensor): number[] {
  metric.update(output, target);
  const whole = metric.value();
  metric.reset();
  metric.update(output.slice([0, 1]), target.slice([0, 1]));
  metric.update(output.slice([1, null]), target.slice([1, null]));
  return [whole, metric.value()];
}

describe('equal to what is counted by hand', () => {
  const cases: [name: string, metric: Metric, expected: number, output: () => Tensor, target: () => Tensor][] = [
    ['accuracy', accuracy(), 0.5, logits, () => classes([1, 2, 2, 1])],
    ['accuracy with int64 targets', accuracy(), 0.75, logits, () => tensor([1, 0, 2, 1], { dtype: 'int64' })],
    ['accuracy with uint8 targets', accuracy(), 0.75, logits, () => tensor([1, 0, 2, 1], { dtype: 'uint8' })],
    ['top 1', topK(1), 0.5, logits, () => classes([1, 2, 2, 1])],
    ['top 2', topK(2), 0.75, logits, () => classes([1, 2, 2, 1])],
    ['top 3', topK(3), 1, logits, () => classes([1, 2, 2, 1])],
    [
      'mean squared error',
      meanSquaredError(),
      (1 + 0 + 4 + 9) / 4,
      () => tensor([1, 2, 3, 4]),
      () => tensor([2, 2, 1, 1]),
    ],
    [
      'mean absolute error',
      meanAbsoluteError(),
      (1 + 0 + 2 + 3) / 4,
      () => tensor([1, 2, 3, 4]),
      () => tensor([2, 2, 1, 1]),
    ],
    // Recalls: class 0 has none, class 1 is found once of twice, class 2 once of twice.
    ['confusion', confusionMatrix(3), 0.5, logits, () => classes([1, 2, 2, 1])],
  ];

  it.each(cases)('%s', (_name, metric, expected, output, target) => {
    scope(() => expect(bothWays(metric, output(), target())).toEqual([expected, expected]));
  });
});

it('accuracy counts every position of a sequence', () => {
  scope(() => {
    const metric = accuracy();
    metric.update(logits().reshape([2, 2, 3]), classes([1, 2, 2, 0]).reshape([2, 2]));
    expect(metric.value()).toBe(0.75);
  });
});

it('the confusion matrix has a row per target class and a column per predicted one', () => {
  scope(() => {
    const confusion = confusionMatrix(3);
    confusion.update(logits(), classes([1, 2, 2, 1]));
    expect(confusion.rows()).toEqual([
      [0, 0, 0],
      [1, 1, 0],
      [1, 0, 1],
    ]);
    confusion.reset();
    expect(confusion.rows().flat()).toEqual(Array(9).fill(0));
  });
});

it('classes may be given as numbers or as scores of class 1', () => {
  scope(() => {
    const [numbers, binary] = [accuracy(), accuracy({ threshold: 0.5 })];
    numbers.update(classes([1, 0, 2]), classes([1, 1, 2]));
    binary.update(tensor([0.6, 0.4, 0.9]), classes([1, 1, 1]));
    expect([numbers.value(), binary.value()]).toEqual([2 / 3, 2 / 3]);
  });
});

it('what is to be ignored does not count', () => {
  scope(() => {
    const metric = iou(3, { ignoreIndex: 255 });
    metric.update(classes([0, 1, 2, 2]), classes([0, 1, 255, 2]));
    expect([metric.value(), metric.scores()]).toEqual([1, [1, 1, 1]]);
    const model = perplexity({ ignoreIndex: 0 });
    model.update(zeros([2, 4]), classes([0, 3]));
    expect(model.value()).toBeCloseTo(4, 6);
  });
});

it('nothing of a metric stays alive', () => {
  const before = memory().storages;
  const [output, target] = [logits(), classes([1, 2, 2, 1])];
  for (const metric of [
    accuracy(),
    topK(2),
    f1Score(3),
    rocAuc(),
    averagePrecision(),
    perplexity(),
    calibrationError(),
  ]) {
    metric.update(output, target);
    metric.value();
  }
  for (const metric of [ndcg(), hitRate(1), meanReciprocalRank(), r2Score()]) metric.update(output, output);
  output.dispose();
  target.dispose();
  expect(memory().storages).toBeLessThanOrEqual(before);
});

it('JavaScript callers get errors with a name', () => {
  const nothing = undefined as never;
  for (const metric of [accuracy(), topK(1), iou(2), rocAuc(), ndcg(), perplexity(), calibrationError(), r2Score()]) {
    expect(() => metric.update(nothing, nothing)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  }
  for (const metric of [bleu(), chrf(), wordErrorRate(), meanAveragePrecision()]) {
    expect(() => metric.update(nothing, nothing)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  }
  for (const make of [accuracy, bleu, chrf, perplexity, calibrationError]) {
    expect(() => make(null as never)).toThrow(expect.objectContaining({ code: 'TYPE' }) as Error);
  }
});

it('of nothing is NaN', () => {
  for (const metric of [
    accuracy(),
    topK(2),
    meanSquaredError(),
    confusionMatrix(2),
    rocAuc(),
    r2Score(),
    ndcg(),
    bleu(),
    chrf(),
  ])
    expect(metric.value()).toBeNaN();
});

describe('refuses', () => {
  const found = (boxes: Detections['boxes']): Detections => ({
    boxes,
    scores: boxes.map(() => 1),
    classes: boxes.map(() => 0),
  });
  const there: Objects = { boxes: [], classes: [] };
  const cases: [name: string, code: string, call: () => void][] = [
    ['targets of another batch', 'SHAPE', () => accuracy().update(logits(), classes([1, 2]))],
    ['one-hot targets', 'SHAPE', () => accuracy().update(logits(), logits())],
    ['values of another shape', 'SHAPE', () => meanSquaredError().update(tensor([1, 2]), tensor([[1, 2]]))],
    ['other shapes, absolutely', 'SHAPE', () => meanAbsoluteError().update(tensor([1]), tensor([1, 2]))],
    ['other numbers of classes', 'SHAPE', () => confusionMatrix(2).update(logits(), classes([0, 0, 0, 0]))],
    ['a class that is not there', 'INDEX', () => confusionMatrix(3).update(logits(), classes([0, 3, 0, 0]))],
    ['no classes', 'VALUE', () => confusionMatrix(0)],
    ['half a k', 'VALUE', () => topK(0.5)],
    ['shapes of a binary target', 'SHAPE', () => accuracy({ threshold: 0 }).update(logits(), classes([0, 1, 0, 1]))],
    ['an average that is none', 'VALUE', () => precision(3, { average: 'mean' as 'macro' })],
    ['scores without order', 'VALUE', () => rocAuc().update(tensor([NaN, 1]), tensor([0, 1]))],
    ['scores of other classes', 'SHAPE', () => averagePrecision().update(logits(), classes([0, 1]))],
    ['relevances of other items', 'SHAPE', () => ndcg(2).update(logits(), logits().slice([0, 2]))],
    ['no rank', 'VALUE', () => hitRate(0)],
    ['no bins', 'VALUE', () => calibrationError({ bins: 0 })],
    ['fewer references than texts', 'VALUE', () => bleu().update(['a', 'b'], ['a'])],
    ['a text without references', 'VALUE', () => chrf().update(['a'], [[]])],
    ['what is no text', 'TYPE', () => wordErrorRate().update([1 as unknown as string], ['a'])],
    ['a box of three', 'VALUE', () => meanAveragePrecision().update([found([[0, 0, 1] as never])], [there])],
    ['boxes without scores', 'VALUE', () => meanAveragePrecision().update([{ ...found([]), scores: [1] }], [there])],
    ['images without targets', 'VALUE', () => meanAveragePrecision().update([found([])], [])],
    ['a target for top k that is no class', 'INDEX', () => topK(1).update(logits(), classes([0, 3, 0, 0]))],
  ];

  it.each(cases)('%s', (_name, code, call) => {
    let error: unknown;
    scope(() => {
      try {
        call();
      } catch (caught) {
        error = caught;
      }
    });
    expect((error as MyelinError | undefined)?.code).toBe(code);
  });
});
