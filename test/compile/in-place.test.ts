import { add, compile, randn, scope, type Tensor } from 'myelin';

import { checkGraph } from '../../lib/compile/check';
import type { Graph, Value } from '../../lib/compile/graph';
import { writeInPlace } from '../../lib/compile/in-place';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;
type Run = (x: Floats) => Tensor;

const traced = (fn: Run): Graph => traceFunction(fn, flatten('test', 'args', [randn([4, 6])])).graph;

/** For each command what it writes onto: the number of the command that made it. */
function onto({ nodes }: Graph): (number | undefined)[] {
  const makers = new Map(nodes.flatMap(({ outputs }, at) => outputs.map(({ value }) => [value, at] as const)));
  return nodes.map(({ inPlace }) => [...(inPlace?.values() ?? [])].map((value) => makers.get(value))[0]);
}

test.each<[name: string, fn: Run, expected: (number | undefined)[]]>([
  ['the input that is read for the last time', (x) => x.softmax().relu().sum(), [undefined, 0, undefined]],
  [
    'none that is read later',
    (x) => {
      const soft = x.softmax();
      return add(soft.relu(), soft).sum();
    },
    [undefined, undefined, 1, undefined],
  ],
  [
    'none that is read in another order',
    (x) => {
      const soft = x.matmul(x.transpose()).softmax();
      return add(soft, soft.transpose()).sum();
    },
    [undefined, undefined, undefined],
  ],
  ['none of another size', (x) => x.sum({ axis: 1, keepDims: true }).add(x).sum(), [undefined, undefined, undefined]],
  ['nothing when it is returned', (x) => x.softmax().relu(), [undefined, undefined]],
  ['no argument', (x) => x.relu().sum(), [undefined, undefined]],
])('an element-wise command writes onto %s', (_, fn, expected) => {
  const after = writeInPlace(traced(fn));
  checkGraph(after);
  expect(onto(after)).toEqual(expected);
  const compiled = compile(fn);
  scope(() => {
    const x = randn([4, 6]);
    expect(bytesOf(compiled.sync(x))).toEqual(bytesOf(fn(x)));
  });
  compiled.dispose();
});

test('the checker refuses to write onto what is read later, or otherwise, or twice', () => {
  const graph = traced((x) => {
    const soft = x.softmax();
    return add(soft.relu(), soft).sum();
  });
  const values = graph.nodes.map(({ outputs }) => outputs[0]!.value);
  const withInPlace = (at: number, inPlace: ReadonlyMap<Value, Value>): Graph => ({
    ...graph,
    nodes: graph.nodes.map((node, i) => (i === at ? { ...node, inPlace } : node)),
  });
  expect(() => checkGraph(graph)).not.toThrow();
  expect(() => checkGraph(withInPlace(1, new Map([[values[1]!, values[0]!]])))).toThrow(/read later/);
  expect(() => checkGraph(withInPlace(3, new Map([[values[3]!, values[2]!]])))).toThrow(/cannot write onto/);
  expect(() => checkGraph(withInPlace(2, new Map([[values[2]!, values[0]!]])))).not.toThrow();
  const twice = new Map([
    [values[2]!, values[0]!],
    [values[1]!, values[0]!],
  ]);
  expect(() => checkGraph(withInPlace(2, twice))).toThrow(/twice/);
});
