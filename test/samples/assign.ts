import { Buffer, assign as assignTo, ones, zeros } from 'myelin';

import { zip, type Nd } from '../support/reference';
import { everyDType, uniform, type Sample, type SampleTable } from './sample';

const assigned = (target: readonly number[], source: readonly number[]): Sample => ({
  inputs: { target: uniform(target), source: uniform(source) },
  dtypes: everyDType,
  order: 0,
  repeats: false,
  reference: (x: Nd, y: Nd) => [zip([x, y], (_, value) => value), y],
});

export const assign: SampleTable = {
  assign: {
    samples: [
      assigned([2, 3, 4], [2, 3, 4]),
      assigned([2, 3], [3]),
      assigned([2, 3], []),
      assigned([], []),
      assigned([0, 3], [3]),
    ],
    large: assigned([301, 307], [307]),
    errors: [
      { call: () => assignTo(ones([2]) as never, 1), code: 'TYPE', message: /Parameter or a Buffer/ },
      {
        call: () => assignTo(new Buffer(zeros([2, 3])), ones([2])),
        code: 'SHAPE',
        message: /float32\[2\].*float32\[2,3\]/,
      },
      {
        call: () => assignTo(new Buffer(zeros([2])), ones([2], { dtype: 'float64' })),
        code: 'DTYPE',
        message: /float32\[2\].*float64\[2\]/,
      },
      {
        call: () => assignTo(new Buffer(zeros([2])), '1' as never),
        code: 'TYPE',
        message: /need a tensor or a number/,
      },
    ],
  },
};
