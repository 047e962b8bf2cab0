import {
  accuracy,
  confusionMatrix,
  meanAbsoluteError,
  meanSquaredError,
  scope,
  tensor,
  topK,
  type Metric,
  type MyelinError,
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

it('of nothing is NaN', () => {
  for (const metric of [accuracy(), topK(2), meanSquaredError(), confusionMatrix(2)]) expect(metric.value()).toBeNaN();
});

describe('refuses', () => {
  const cases: [name: string, code: string, call: () => void][] = [
    ['targets of another batch', 'SHAPE', () => accuracy().update(logits(), classes([1, 2]))],
    ['one-hot targets', 'SHAPE', () => accuracy().update(logits(), logits())],
    ['values of another shape', 'SHAPE', () => meanSquaredError().update(tensor([1, 2]), tensor([[1, 2]]))],
    ['other shapes, absolutely', 'SHAPE', () => meanAbsoluteError().update(tensor([1]), tensor([1, 2]))],
    ['other numbers of classes', 'SHAPE', () => confusionMatrix(2).update(logits(), classes([0, 0, 0, 0]))],
    ['a class that is not there', 'INDEX', () => confusionMatrix(3).update(logits(), classes([0, 3, 0, 0]))],
    ['no classes', 'VALUE', () => confusionMatrix(0)],
    ['half a k', 'VALUE', () => topK(0.5)],
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
