import {
  Parameter,
  add,
  compile,
  contiguous,
  mul,
  randn,
  scope,
  setThreads,
  threads,
  where,
  type Tensor,
} from 'myelin';

import { fuseElementwise } from '../../lib/compile/fuse';
import { checkGraph } from '../../lib/compile/check';
import { titleOf } from '../../lib/compile/graph';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { commonCuts, cutWalk, cutsOf, isStraight, joinWalks, walkOf, type Walk } from '../../lib/compile/walk';
import { Random } from '../support/reference';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;
type Run = (...inputs: never[]) => Tensor | readonly Tensor[];

/** Commands that are left once element-wise ones are fused. */
function fusedTitles(fn: Run, ...inputs: Tensor[]): string[] {
  const { graph } = traceFunction(fn, flatten('test', 'args', inputs));
  const after = fuseElementwise(graph);
  checkGraph(after);
  for (const { storage } of graph.nodes.flatMap(({ inputs: views }) => views.map(({ value }) => value)))
    storage?.drop();
  return after.nodes.map(titleOf);
}

/** Whether a function gives the same bits compiled, however many threads there are. */
function expectSame(fn: Run, ...inputs: Tensor[]): void {
  const before = threads();
  const compiled = compile(fn);
  const run = (call: Run): Buffer[] => scope(() => [call(...(inputs as never[]))].flat().map((x) => bytesOf(x)));
  const eager = run(fn);
  for (const count of [1, 2, 3, 7]) {
    setThreads(count);
    expect(run(compiled.sync as Run).map((bytes, i) => bytes.equals(eager[i]!))).toEqual(eager.map(() => true));
  }
  setThreads(before);
  compiled.dispose();
}

describe('element-wise commands become one', () => {
  test.each<[name: string, fn: Run, inputs: () => Tensor[], titles: string[]]>([
    [
      'in a chain',
      (x: Floats, y: Floats) => x.mul(y).add(1).tanh().mul(2),
      () => [randn([100, 210]), randn([100, 210])],
      ['fused[mul scaleShift tanh scaleShift]'],
    ],
    [
      'with several results',
      (x: Floats, y: Floats) => {
        const sum = add(x, y);
        return [sum.relu(), sum, sum.mul(y).exp()];
      },
      () => [randn([70, 90]), randn([70, 90])],
      ['fused[add relu mul exp]'],
    ],
    [
      'where rows, columns and numbers repeat',
      (x: Floats, row: Floats, column: Floats, one: Floats) => x.mul(row).add(column).relu().sub(one),
      () => [randn([300, 70]), randn([70]), randn([300, 1]), randn([])],
      ['fused[mul add relu sub]'],
    ],
    [
      'where long rows and columns repeat',
      (x: Floats, row: Floats, column: Floats) => x.mul(row).add(column).relu(),
      () => [randn([6, 7000]), randn([7000]), randn([6, 1])],
      ['fused[mul add relu]'],
    ],
    [
      'of images, channels last',
      (x: Floats, bias: Floats) => x.add(bias).sigmoid().mul(x),
      () => [contiguous(randn([3, 20, 17, 19]), { layout: 'channelsLast' }), randn([20, 1, 1])],
      ['fused[add sigmoid mul]'],
    ],
    [
      'of views of any strides',
      (x: Floats, y: Floats) =>
        x
          .transpose()
          .add(y.slice([0, 60, 2]))
          .square()
          .sub(y.slice([3, 33])),
      () => [randn([40, 30]), randn([60, 40])],
      ['fused[add square sub]'],
    ],
    [
      'of several dtypes',
      (x: Floats, y: Floats) => where(x.gt(y), x, y).to('int32').add(1).to('float64'),
      () => [randn([123, 45]), randn([123, 45])],
      ['full', 'fused[gt where cast add cast]'],
    ],
    [
      'of halves',
      (x: Floats) => x.to('bfloat16').mul(3).exp(),
      () => [randn([99, 45])],
      ['fused[cast scaleShift exp]'],
    ],
    [
      'across a reshape',
      (x: Floats, row: Floats, other: Floats) => x.add(row).reshape([4, 25, 60]).mul(other).relu(),
      () => [randn([100, 60]), randn([60]), randn([25, 60])],
      ['fused[add mul relu]'],
    ],
  ])('%s', (_, fn, inputs, titles) => {
    const given = inputs();
    expect(fusedTitles(fn, ...given)).toEqual(titles);
    expectSame(fn, ...given);
  });

  test.each<[name: string, fn: Run, titles: string[]]>([
    [
      'a result is needed before',
      (x: Floats) => {
        const power = x.exp();
        return add(power, power.sum());
      },
      ['exp', 'sum', 'add'],
    ],
    [
      'a result is read in two orders',
      (x: Floats) => {
        const power = x.exp();
        return add(power, power.transpose());
      },
      ['exp', 'add'],
    ],
    ['a part of a result is read', (x: Floats) => x.exp().slice([0, 2]).relu(), ['exp', 'relu']],
    ['a result is repeated', (x: Floats) => x.slice([0, 1]).exp().add(x), ['exp', 'add']],
  ])('but not where %s', (_, fn, titles) => {
    const x = randn([4, 4]);
    const found = fusedTitles(fn, x).filter((title) => !/full|zeros|copy/.test(title));
    expect(found).toEqual(titles);
    expectSame(fn, x);
  });

  test('but not across the assignment of what they read', () => {
    const state = new Parameter(randn([5]));
    const fn = (x: Floats): Tensor => {
      const before = mul(x, state);
      state.assign(x);
      return add(before, state);
    };
    expect(fusedTitles(fn as Run, randn([5]))).toEqual(['mul', 'assign', 'add']);
  });
});

describe('a walk', () => {
  const places = (walk: Walk): number[] =>
    walk.reduce<number[]>(
      (inner, { extent, stride }) =>
        Array.from({ length: extent }, (_, i) => inner.map((place) => place + i * stride)).flat(),
      [0],
    );

  test('passes by the same places however it is cut and joined', () => {
    const value = { kind: 'made', bytes: 0 } as const;
    const [shape, strides] = [
      [4, 6, 5],
      [30, 5, 1],
    ];
    const out = { value, dtype: 'float32', shape, strides, offset: 0 } as const;
    for (let round = 0; round < 100; round++) {
      const random = new Random(round);
      const of = [0, 1, 2].map((axis) => (random.between(0, 1) < 0.4 ? 1 : shape[axis]!));
      const view = { ...out, shape: of, strides: of.map(() => Math.floor(random.between(-9, 9))) };
      const [walk, straight] = [walkOf(view, out), walkOf(out, out)];
      const cuts = commonCuts(cutsOf(out), round % 2 === 0 ? [10, 60] : [15, 120])!;
      const expected = places(walk);
      expect(places(cutWalk(walk, cuts))).toEqual(expected);
      const joined = joinWalks([walk, straight].map((each) => cutWalk(each, cuts)));
      expect(joined.map(places)).toEqual([expected, places(straight)]);
      expect(isStraight(joined[1]!)).toBe(true);
    }
  });

  test('has no cuts in common with one whose axes do not divide', () => {
    expect(commonCuts([5, 30], [6, 30])).toBeUndefined();
    expect(commonCuts([5, 30], [30])).toEqual([5, 30]);
  });
});
