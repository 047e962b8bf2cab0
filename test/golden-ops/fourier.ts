import {
  bartlettWindow,
  blackmanWindow,
  complex,
  complexAbs,
  complexAngle,
  complexConj,
  complexMul,
  fft,
  fft2,
  fftn,
  fftshift,
  hammingWindow,
  hannWindow,
  hfft,
  ifft,
  ifft2,
  ifftn,
  ifftshift,
  ihfft,
  irfft,
  irfft2,
  irfftn,
  polar,
  rfft,
  rfft2,
  rfftn,
  stack,
  type FloatDType,
  type Tensor,
} from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

const tolerance = { float32: { relative: 16, absolute: 200 }, float64: { relative: 16, absolute: 200 } };

type Floats = Tensor<FloatDType>;

const near = (call: (...inputs: [Floats, Floats]) => Tensor): GoldenCall => ({
  call: (...inputs) => call(...(inputs as [Floats, Floats])),
  tolerance,
});

const windows = (periodic: boolean): GoldenCall =>
  near(({ dtype }) => {
    const options = { periodic, dtype };
    return stack([
      hannWindow(9, options),
      hammingWindow(9, options),
      blackmanWindow(9, options),
      bartlettWindow(9, options),
    ]);
  });

export const fourier: GoldenCalls = {
  fft: near((x) => fft(x)),
  'fft-prime': near((x) => fft(x, { norm: 'ortho' })),
  'fft-padded': near((x) => fft(x, { n: 8, axis: 0 })),
  ifft: near((x) => ifft(x, { norm: 'forward' })),
  rfft: near((x) => rfft(x)),
  'rfft-odd': near((x) => rfft(x, { norm: 'forward' })),
  irfft: near((x) => irfft(x)),
  'irfft-odd': near((x) => irfft(x, { n: 15, norm: 'ortho' })),
  hfft: near((x) => hfft(x, { n: 10 })),
  ihfft: near((x) => ihfft(x)),
  fft2: near((x) => fft2(x, { s: [4, 6] })),
  ifft2: near((x) => ifft2(x, { norm: 'ortho' })),
  rfft2: near((x) => rfft2(x, { s: [6, 4] })),
  irfft2: near((x) => irfft2(x)),
  fftn: near((x) => fftn(x, { axes: [0, 2] })),
  ifftn: near((x) => ifftn(x)),
  rfftn: near((x) => rfftn(x, { norm: 'ortho' })),
  irfftn: near((x) => irfftn(x, { s: [3, 5], axes: [0, 1] })),
  complex: near((a, b) => complex(a, b)),
  complexConj: near((x) => complexConj(x)),
  complexMul: near((a, b) => complexMul(a, b)),
  complexAbs: near((x) => complexAbs(x)),
  complexAngle: near((x) => complexAngle(x)),
  polar: near((r, angle) => polar(r, angle)),
  fftshift: near((x) => fftshift(x, { axes: [1] })),
  ifftshift: near((x) => ifftshift(x)),
  'windows-periodic': windows(true),
  'windows-symmetric': windows(false),
};
