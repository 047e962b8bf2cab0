import { createProgress } from '../../lib/train/progress.js';

const terminal = () => {
  const written: string[] = [];
  return { written, output: { isTTY: true, write: (text: unknown) => written.push(String(text)) > 0 } };
};
const log = { epoch: 1, loss: 0.00001234, accuracy: 0.5, seconds: 1.25, samplesPerSecond: 12345.6 };
const line = 'epoch 1/2  loss 1.234e-5  accuracy 0.5000  1.3 s  12,346 samples/s\n';

it('is a line per epoch without a terminal', async () => {
  const { written, output } = terminal();
  const progress = await createProgress('auto', { ...output, isTTY: false });
  progress.startEpoch(1, 2, 10);
  progress.step(() => ({ loss: 1 }));
  expect(written).toEqual([]);
  progress.endEpoch(log, 2);
  progress.close();
  expect(written).toEqual([line]);
});

it('is a bar on a terminal, which makes way for the line', async () => {
  const { written, output } = terminal();
  const bar = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  const progress = await createProgress('auto', output);
  progress.startEpoch(1, 2, 10);
  progress.step(() => ({ loss: 0.5 }));
  progress.endEpoch(log, 2);
  progress.close();
  bar.mockRestore();
  expect(written).toEqual([line]);
});

it('is nothing when it is switched off', async () => {
  const { written, output } = terminal();
  const progress = await createProgress(false, output);
  progress.startEpoch(1, 2, 10);
  progress.endEpoch(log, 2);
  expect(written).toEqual([]);
});

describe('without cli-progress', () => {
  beforeEach(() => {
    jest.resetModules();
    jest.doMock('cli-progress', () => {
      throw new Error('Cannot find module');
    });
  });
  afterEach(() => jest.dontMock('cli-progress'));

  it('is lines on a terminal too, or an error when a bar is asked for', async () => {
    const { written, output } = terminal();
    (await createProgress('auto', output)).endEpoch(log, 2);
    expect(written).toEqual([line]);
    await expect(createProgress('bar', output)).rejects.toMatchObject({
      code: 'MISSING',
      message: expect.stringContaining('npm install cli-progress'),
    });
  });
});
