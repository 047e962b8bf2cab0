import { compile, linear, randn, scope, type Tensor } from 'myelin';

import { absorbRelu } from '../../lib/compile/activation';
import { checkGraph } from '../../lib/compile/check';
import { titleOf } from '../../lib/compile/graph';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;
type Run = (x: Floats, weight: Floats, bias: Floats) => Tensor | readonly Tensor[];

const merged = 'linear[linear relu]';

test.each<[name: string, shape: readonly number[], fn: Run, titles: string[]]>([
  ['of rows', [5, 30], (x, w, b) => linear(x, w, b).relu(), [merged]],
  ['of one row', [1, 30], (x, w, b) => linear(x, w, b).relu(), [merged]],
  ['of batches', [2, 70, 30], (x, w, b) => linear(x, w, b).relu().sum(), [merged, 'sum']],
  [
    'unless the sums are needed',
    [5, 30],
    (x, w, b) => {
      const sums = linear(x, w, b);
      return [sums.relu(), sums];
    },
    ['linear', 'relu'],
  ],
  ['unless a part is read', [5, 30], (x, w, b) => linear(x, w, b).slice([0, 3]).relu(), ['linear', 'relu']],
])('linear takes the relu behind it, %s', (_, shape, fn, titles) => {
  const given = [randn(shape), randn([40, 30]), randn([40])] as const;
  const graph = absorbRelu(traceFunction(fn, flatten('test', 'args', given)).graph);
  checkGraph(graph);
  expect(graph.nodes.map(titleOf)).toEqual(titles);
  const compiled = compile(fn);
  scope(() => expect([compiled.sync(...given)].flat().map(bytesOf)).toEqual([fn(...given)].flat().map(bytesOf)));
  compiled.dispose();
});
