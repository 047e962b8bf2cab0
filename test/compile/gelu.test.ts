import { checkpoint, compile, gelu, mul, randn, scope, tensor, valueAndGrad, type Tensor } from 'myelin';

import { titleOf } from '../../lib/compile/graph';
import { keepSlopes } from '../../lib/compile/gelu';
import { checkGraph } from '../../lib/compile/check';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32' | 'float64'>;

const gradient =
  (loss: (x: Floats) => Floats) =>
  (x: Floats): Tensor =>
    valueAndGrad(() => loss(x).sum(), [x])[1][0];

const twice = gradient((x) => gelu(gelu(mul(x, 2))));

const titles = (fn: (x: Floats) => Tensor, x: Floats): string[] => {
  const graph = keepSlopes(traceFunction(fn, flatten('test', 'args', [x])).graph);
  checkGraph(graph);
  return graph.nodes.map(titleOf).filter((title) => title.startsWith('gelu'));
};

test.each<[name: string, x: () => Floats, fn: (x: Floats) => Tensor, expected: string[]]>([
  ['are made together', () => randn([70, 1000]), twice, ['geluAndSlope[gelu]', 'geluAndSlope[gelu]']],
  ['of a transpose are made together', () => randn([9, 7]).transpose(), twice, Array(2).fill('geluAndSlope[gelu]')],
  ['of what is given are not', () => randn([9]), gradient((x) => gelu(x)), ['gelu', 'geluBackward']],
  [
    'of float64 are not',
    () => randn([9], { dtype: 'float64' }),
    twice,
    ['gelu', 'gelu', 'geluBackward', 'geluBackward'],
  ],
  ['that nobody wants are not', () => randn([9]), (x) => gelu(mul(x, 2)), ['gelu']],
  [
    'of what is run again are made in the second run',
    () => randn([9]),
    gradient((x) => checkpoint((y: Floats) => gelu(mul(y, 2)).square(), x)),
    ['gelu', 'geluAndSlope[gelu]'],
  ],
])('GELU and its derivative %s, and the bits are the same', (_, make, fn, expected) => {
  const x = make();
  expect(titles(fn, x)).toEqual(expected);
  const compiled = compile(fn);
  scope(() => expect(bytesOf(compiled.sync(x)).equals(bytesOf(fn(x)))).toBe(true));
  compiled.dispose();
});

test('numbers beyond all bounds give the same bits, too', () => {
  const x = tensor([
    0,
    -0,
    1e-40,
    -1e-40,
    1e-3,
    3,
    -3,
    7,
    -7,
    13.9,
    -13.9,
    14.2,
    -14.2,
    20,
    -20,
    1e30,
    -1e30,
    Infinity,
    -Infinity,
    NaN,
  ]);
  const compiled = compile(twice);
  scope(() => expect(bytesOf(compiled.sync(x)).equals(bytesOf(twice(x)))).toBe(true));
  compiled.dispose();
});
