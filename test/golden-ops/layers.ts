import { conv1d, conv3d, convTranspose1d, convTranspose2d } from 'myelin';

import { real, summed, type GoldenCalls } from './golden-call';

export const layers: GoldenCalls = {
  conv1d: summed(real((x, w, bias) => conv1d(x, w, { bias, stride: 2, padding: 1, dilation: 2, groups: 2 }))),
  conv3d: summed(real((x, w, bias) => conv3d(x, w, { bias, stride: [2, 1, 1], padding: 1 }))),
  'conv-transpose1d': summed(
    real((x, w, bias) => convTranspose1d(x, w, { bias, stride: 2, padding: 1, outputPadding: 1 })),
  ),
  'conv-transpose2d': summed(real((x, w, bias) => convTranspose2d(x, w, { bias, stride: 2, padding: 1, groups: 2 }))),
};
