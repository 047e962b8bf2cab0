import {
  cast,
  ctcBeamDecode,
  ctcGreedyDecode,
  full,
  logSoftmax,
  oneHot,
  randint,
  scope,
  seed,
  tensor,
  uniform,
} from 'myelin';

import { ctc } from '../samples/ctc';
import { testSamples } from '../support/op-table';

testSamples(ctc);

describe('a beam', () => {
  test('finds what every step says where it is all but certain', () => {
    seed(5);
    scope(() => {
      const said = randint(0, 6, [30, 5]);
      const scores = logSoftmax(cast(oneHot(said, 6), 'float32').mul(40));
      const wanted = ctcGreedyDecode(scores);
      for (const beamWidth of [1, 8]) {
        const { labels, lengths } = ctcBeamDecode(scores, { beamWidth });
        expect(labels.select(1, 0).toArray()).toEqual(wanted.labels.toArray());
        expect(lengths.select(1, 0).toArray()).toEqual(wanted.lengths.toArray());
      }
    });
  });

  test('never finds less when it is wider, on the whole', () => {
    seed(6);
    scope(() => {
      const logProbs = logSoftmax(uniform([12, 8, 5], { low: -2, high: 2, dtype: 'float64' }));
      const [narrow, wide] = [1, 64].map((beamWidth) => ctcBeamDecode(logProbs, { beamWidth }).scores.sum().item());
      expect(wide).toBeGreaterThan(narrow!);
    });
  });

  test('passes over what is impossible or no number', () => {
    scope(() => {
      const nothing = ctcBeamDecode(full([3, 1, 2], NaN), { topPaths: 2 });
      expect(nothing.lengths.toArray()).toEqual([[0, 0]]);
      expect(nothing.scores.toArray()).toEqual([[-Infinity, -Infinity]]);
      const certain = ctcBeamDecode(tensor([[[0, -Infinity, -Infinity]]]));
      expect([certain.labels.toArray(), certain.scores.toArray()]).toEqual([[[[-1]]], [[0]]]);
    });
  });
});
