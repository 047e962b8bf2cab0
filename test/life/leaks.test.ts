import { compileScripts, runScript } from '../support/child';

// Under LeakSanitizer (`npm run test:asan`) a leak of native memory ends this process with an error of its own.

beforeAll(compileScripts);

test('a script that ends by itself leaves no native memory', async () => {
  const options = process.env['MYELIN_LEAKS'];
  if (options !== undefined) process.env['ASAN_OPTIONS'] = options;
  const { status, stderr } = await runScript('flat', 'training', '200');
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
});
