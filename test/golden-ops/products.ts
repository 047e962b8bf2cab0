import { matmul } from 'myelin';

import type { GoldenCalls } from './golden-call';

export const products: GoldenCalls = {
  matmul,
  'matmul-broadcast': matmul,
};
