import { grad, hannWindow, istft, ones, randn, scope, stft, sub, sum, type StftOptions } from 'myelin';

type Options = StftOptions<'float64'>;

const window = (n: number) => hannWindow(n, { dtype: 'float64' });

// What frames of a signal are made of, and the number of samples at whose ends no window reaches.
const framings: [name: string, samples: number, options: () => Options][] = [
  ['a window of a frame', 400, () => ({ nFft: 64, window: window(64) })],
  ['a shorter window', 400, () => ({ nFft: 64, winLength: 40, hopLength: 10, window: window(40) })],
  ['frames of a prime length', 300, () => ({ nFft: 37, hopLength: 9, window: window(37) })],
  ['no window', 256, () => ({ nFft: 32 })],
  ['all frequencies', 256, () => ({ nFft: 32, onesided: false, normalized: true, window: window(32) })],
  ['a border of zeros', 256, () => ({ nFft: 32, padMode: 'constant', window: window(32) })],
  ['frames that lie inside', 256, () => ({ nFft: 32, center: false })],
];

test.each(framings)('istft gives back what stft was given: %s', (_, samples, framing) => {
  scope(() => {
    const x = randn([2, 3, samples], { dtype: 'float64' });
    const options = framing();
    const back = istft(stft(x, options), { ...options, length: samples });
    expect(back.shape).toEqual(x.shape);
    expect(sub(back, x).abs().max().item()).toBeLessThan(1e-13);
  });
});

test('what the frames do not reach is 0', () => {
  scope(() => {
    const options = { nFft: 8, hopLength: 4, center: false };
    const back = istft(stft(ones([11]), options), { ...options, length: 11 });
    expect(back.toArray()).toEqual([1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
  });
});

test('the gradient of a round trip is that of the signal', () => {
  scope(() => {
    const x = randn([100], { dtype: 'float64' });
    const options = { nFft: 16, window: window(16) };
    const roundTrip = () => istft(stft(x, options), { ...options, length: 100 });
    const [dx] = grad(() => sum(roundTrip()), [x]);
    expect(sub(dx, 1).abs().max().item()).toBeLessThan(1e-13);
  });
});
