import { compileScripts, resultOf, runScript } from '../support/child';

jest.setTimeout(120_000);
beforeAll(compileScripts);

test('workers and a process that end while a compiled function runs for them', async () => {
  expect(resultOf(await runScript('compiled'))).toEqual({ storages: 0 });
});
