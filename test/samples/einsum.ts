import { einsum as einsumOf, ones, type DType } from 'myelin';

import { einsum as plainEinsum } from '../support/einsum';
import { numbers, refused, uniform, wrapped, type InputSpec, type Sample, type SampleTable } from './sample';

const byEinsum = (
  equation: string,
  shapes: readonly (readonly number[])[],
  dtypes: readonly DType[] = numbers,
): Sample => ({
  inputs: { operands: shapes.map((shape): InputSpec => uniform(shape, -2, 2)) },
  attrs: { equation: equation },
  dtypes,
  tolerance: { relative: 8, absolute: 512 },
  reference: (...operands) => wrapped(plainEinsum(plain(equation, shapes), operands)),
});

/** The expression with letters for "..." and a result, as the plain loops need it. */
function plain(equation: string, shapes: readonly (readonly number[])[]): string {
  const [left, right] = equation.replaceAll(' ', '').split('->');
  const ranks = left!.split(',').map((term, i) => shapes[i]!.length - term.replace('...', '').length);
  const letters = (count: number): string => 'XYZ'.slice(3 - count);
  const most = Math.max(...ranks);
  const terms = left!.split(',').map((term, i) => term.replace('...', letters(ranks[i]!)));
  const once = Array.from(left!.replaceAll(/[.,]/g, '')).filter((x, _, all) => all.filter((y) => x === y).length === 1);
  const result = right ?? `${left!.includes('...') ? '...' : ''}${once.sort().join('')}`;
  return `${terms.join()}->${result.replace('...', letters(most))}`;
}

export const einsum: SampleTable = {
  einsum: {
    run: ({ operands }, { equation }) => einsumOf(equation as never, ...operands!),
    samples: [
      byEinsum('ij,jk->ik', [
        [2, 3],
        [3, 4],
      ]),
      byEinsum('ij,jk', [
        [2, 3],
        [3, 4],
      ]),
      byEinsum('i,i', [[3], [3]]),
      byEinsum('i,j->ji', [[3], [2]]),
      byEinsum('ij->ji', [[2, 3]]),
      byEinsum('ii', [[3, 3]]),
      byEinsum('ii->i', [[3, 3]]),
      byEinsum('iji->j', [[2, 3, 2]]),
      byEinsum('ij->', [[2, 3]]),
      byEinsum('ba', [[2, 3]]),
      byEinsum('bhqd,bhkd->bhqk', [
        [2, 2, 3, 2],
        [2, 2, 2, 2],
      ]),
      byEinsum(' b i j , b j k -> i b k ', [
        [2, 2, 3],
        [2, 3, 2],
      ]),
      byEinsum('...ij,...jk->...ik', [
        [2, 1, 2, 3],
        [2, 3, 2],
      ]),
      byEinsum('...i->i...', [[2, 3]]),
      byEinsum('i...,i...', [
        [2, 3],
        [2, 1],
      ]),
      byEinsum(',ij,->ij', [[], [2, 3], []]),
      byEinsum('ij,ij,ij->i', [
        [2, 3],
        [2, 3],
        [2, 3],
      ]),
      byEinsum('ab,bc,cd,de->ae', [
        [2, 3],
        [3, 2],
        [2, 3],
        [3, 2],
      ]),
      byEinsum('iij,jk->ik', [
        [2, 2, 3],
        [3, 2],
      ]),
      byEinsum('ij,k->k', [[2, 3], [2]]),
      byEinsum('ij,jk->ik', [
        [2, 1],
        [3, 4],
      ]),
      byEinsum('ij,jk->ik', [
        [2, 0],
        [0, 3],
      ]),
      byEinsum('a,b,c,d,e,f,g,h,i->i', [[2], [1], [2], [1], [2], [1], [1], [1], [2]], ['float64']),
    ],
    errors: [
      refused(() => einsumOf(7 as never, ones([2])), 'TYPE', /the expression is 7/),
      refused(() => einsumOf('ij,jk->ik', ones([2, 2])), 'VALUE', /names 2 operands, 1 were given/),
      refused(() => einsumOf('', ...[]), 'VALUE', /names 1 operands, 0 were given/),
      refused(() => einsumOf('i->i->i', ones([2])), 'VALUE', /more than one "->"/),
      refused(() => einsumOf('i1->i', ones([2, 2])), 'VALUE', /holds "1" in the term "i1"/),
      refused(() => einsumOf('i.->i', ones([2])), 'VALUE', /holds "\."/),
      refused(() => einsumOf('......i', ones([2])), 'VALUE', /two ellipses/),
      refused(() => einsumOf('i->ii', ones([2])), 'VALUE', /names "i" twice in its result/),
      refused(() => einsumOf('i->j', ones([2])), 'VALUE', /"j" in its result but in no operand/),
      refused(() => einsumOf('i->i...', ones([2])), 'VALUE', /"\.\.\." in its result but in no operand/),
      refused(() => einsumOf('ij->i', ones([2])), 'SHAPE', /operand 0 is float32\[2\] \(need 2 axes for "ij"\)/),
      refused(() => einsumOf('ij...->i', ones([2])), 'SHAPE', /need at least 2 axes/),
      refused(
        () => einsumOf('ij,jk->ik', ones([2, 3]), ones([4, 2])),
        'SHAPE',
        /"j" of "ij,jk->ik" has extents 3 and 4/,
      ),
      refused(() => einsumOf('ii->i', ones([2, 3])), 'SHAPE', /equal extents where "i" is repeated/),
      refused(() => einsumOf('...i,...i', ones([2, 3]), ones([4, 3])), 'SHAPE', /"\.\.\." of .* has extents 2 and 4/),
      refused(() => einsumOf('i', ones([2], { dtype: 'bool' })), 'DTYPE', /bool\[2\]/),
      refused(() => einsumOf('i', [1] as never), 'TYPE', /input 0 is \[1\]/),
    ],
  },
};
