import { add, chunk, compile, mul, randn, scope, split, tensor, valueAndGrad, type Tensor } from 'myelin';

import { checkGraph } from '../../lib/compile/check';
import { titleOf } from '../../lib/compile/graph';
import { joinSlices } from '../../lib/compile/slices';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;

/** The gradient of a sum of what a function makes of the parts of its input. */
const gradient =
  (parts: (x: Floats) => readonly Tensor[], weigh = true) =>
  (x: Floats): Tensor => {
    const total = () =>
      parts(x)
        .map((part, i) => (weigh ? mul(part, i - 1) : part.square()).sum())
        .reduce((a, b) => add(a, b));
    return valueAndGrad(total, [x])[1][0];
  };

const joins = (fn: (x: Floats) => Tensor, x: Floats): number => {
  const graph = joinSlices(traceFunction(fn, flatten('test', 'args', [x])).graph);
  checkGraph(graph);
  return graph.nodes.map(titleOf).filter((title) => title.startsWith('joinSlices')).length;
};

test.each<[name: string, count: number, fn: (x: Floats) => Tensor]>([
  ['of the last axis are put side by side', 1, gradient((x) => chunk(x, 3, { axis: -1 }))],
  ['of the first axis are put side by side', 1, gradient((x) => split(x, [1, 3, 4], { axis: 0 }))],
  ['of a middle axis are put side by side', 1, gradient((x) => split(x, [1, 4], { axis: 1 }))],
  ['of squares are put side by side', 1, gradient((x) => chunk(x, 2, { axis: 1 }), false)],
  ['that leave a gap are added', 0, gradient((x) => [x.slice([0, 3]), x.slice([4, 8])])],
  ['that overlap are added', 0, gradient((x) => [x.slice([0, 5]), x.slice([4, 8])])],
  ['of two axes are added', 0, gradient((x) => [x.slice([0, 4]), x.slice(null, [0, 2])])],
  ['with steps are added', 0, gradient((x) => [x.slice([0, 8, 2]), x.slice([1, 8, 2])])],
  ['of single columns are added', 0, gradient((x) => chunk(x, 6, { axis: -1 }))],
])('gradients of slices %s, and the bits are the same', (_, count, fn) => {
  const x = randn([8, 5, 6]);
  expect(joins(fn, x)).toBe(count);
  const compiled = compile(fn);
  scope(() => expect(bytesOf(compiled.sync(x)).equals(bytesOf(fn(x)))).toBe(true));
  compiled.dispose();
});

test('a zero with a sign loses it, as by adding zeros', () => {
  const fn = gradient((x) => chunk(x, 2));
  const x = tensor([0, 1, 2, 3]);
  expect(joins(fn, x)).toBe(1);
  const compiled = compile(fn);
  scope(() => expect(bytesOf(compiled.sync(x)).equals(bytesOf(fn(x)))).toBe(true));
  compiled.dispose();
});
