const random = 'random: other generators draw other numbers; its samples check laws';
const memory = 'about memory: no numbers are computed';
const dtypes = 'about dtypes: test/golden/dtypes.json';
const recurrent = 'as layers: test/golden/layers-recurrent.safetensors';

/** Public functions of ops that no other library has values for, and why. */
export const withoutGolden: Readonly<Record<string, string>> = {
  assign: 'writes into a Parameter, which is no input of a case; its samples write everywhere',
  assignAt: 'as assign; the places are those of at',
  bernoulli: random,
  bernoulliEach: random,
  borrow: memory,
  canCast: dtypes,
  contiguous: memory,
  ctcBeamDecode: 'PyTorch has none; its samples compare it with a search over all paths',
  ctcGreedyDecode: 'PyTorch has none; its samples say what paths become',
  dropout: random,
  empty: 'its numbers are nobody’s',
  emptyLike: 'its numbers are nobody’s',
  exponential: random,
  finfo: dtypes,
  gru: recurrent,
  gumbelSoftmax: random,
  iinfo: dtypes,
  lstm: recurrent,
  multinomial: random,
  normal: random,
  poisson: random,
  promoteTypes: dtypes,
  rand: random,
  randint: random,
  randn: random,
  randperm: random,
  resultType: dtypes,
  rnn: recurrent,
  shuffle: random,
  standardGamma: random,
  truncatedNormal: random,
  uniform: random,
};
