import {
  argmax,
  argmin,
  argsort,
  cummax,
  cummin,
  cumprod,
  cumsum,
  full,
  kthvalue,
  logcumsumexp,
  mode,
  sort,
  topk,
  type Tensor,
} from 'myelin';

/** What a function makes of a tensor without axes, all of its results in order. */
const cases: Readonly<Record<string, readonly [(x: Tensor<'float32'>) => readonly Tensor[], readonly number[]]>> = {
  argmax: [(x) => [argmax(x)], [0]],
  argmin: [(x) => [argmin(x)], [0]],
  argsort: [(x) => [argsort(x)], [0]],
  cummax: [(x) => Object.values(cummax(x)), [2.5, 0]],
  cummin: [(x) => Object.values(cummin(x)), [2.5, 0]],
  cumprod: [(x) => [cumprod(x)], [2.5]],
  cumsum: [(x) => [cumsum(x)], [2.5]],
  kthvalue: [(x) => Object.values(kthvalue(x, 1)), [2.5, 0]],
  logcumsumexp: [(x) => [logcumsumexp(x)], [2.5]],
  mode: [(x) => Object.values(mode(x)), [2.5, 0]],
  sort: [(x) => Object.values(sort(x)), [2.5, 0]],
  topk: [(x) => Object.values(topk(x, 1)), [2.5, 0]],
};

test.each(Object.keys(cases))('%s takes a tensor of rank 0', (name) => {
  const [call, expected] = cases[name]!;
  const results = call(full([], 2.5));
  expect(results.map((result) => result.item())).toEqual(expected);
  expect(results.map(({ shape }) => shape)).toEqual(expected.map(() => []));
});
