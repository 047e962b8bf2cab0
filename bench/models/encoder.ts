import { TransformerEncoderLayer } from 'myelin';

import { setParameters } from './parameters.js';

/** One layer of a transformer's encoder (Vaswani et al. 2017), without dropout, batches first. */
export function encoder(width: number, heads: number, dimFeedforward: number): TransformerEncoderLayer {
  const layer = new TransformerEncoderLayer(width, heads, { dimFeedforward, dropout: 0, batchFirst: true });
  setParameters(layer);
  return layer;
}
