import * as m from 'myelin';

import { algebra } from './wrong/algebra';
import { creation, wrongArguments } from './wrong/creation';
import { filesWrong } from './wrong/files';
import { modules, states } from './wrong/models';
import { ordering } from './wrong/ordering';
import { places } from './wrong/places';
import { dtypes, indices, shapes } from './wrong/tensors';
import { transforms } from './wrong/transforms';

const table = [
  ...[...creation, ...wrongArguments, ...shapes, ...dtypes, ...indices, ...states, ...modules, ...filesWrong],
  ...[...ordering, ...places, ...algebra, ...transforms],
];

test.each(table)('%s', async (_, code, op, message, call) => {
  let error: unknown;
  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(m.MyelinError);
  const { code: gotCode, op: gotOp, message: text } = error as m.MyelinError;
  expect({ code: gotCode, op: gotOp, message: text }).toEqual({ code, op, message: expect.stringMatching(message) });
  expect(text).toMatch(new RegExp(`^${op}: `));
});

test('there are at least 200 of them', () => {
  expect(table.length).toBeGreaterThanOrEqual(200);
});
