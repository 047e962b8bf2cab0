import { scaledDotProductAttention, type AttentionOptions, type FloatDType, type Tensor } from 'myelin';

import type { GoldenCall, GoldenCalls } from './golden-call';

const tolerance = { relative: 64, absolute: 64 };

const attend = (options: AttentionOptions = {}): GoldenCall => ({
  call: (q, k, v, attnMask) =>
    scaledDotProductAttention(q as Tensor<FloatDType>, k as Tensor<FloatDType>, v as Tensor<FloatDType>, {
      ...options,
      attnMask,
    }),
  tolerance: { float32: tolerance, float64: tolerance },
});

export const attention: GoldenCalls = {
  attention: attend(),
  'attention-causal': attend({ isCausal: true }),
  'attention-scale': attend({ scale: 0.25 }),
  'attention-groups': attend({ enableGqa: true }),
  'attention-flags': attend(),
  'attention-added': attend(),
};
