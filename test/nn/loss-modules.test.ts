import * as nn from 'myelin';
import { type Tensor } from 'myelin';

type Real = Tensor<'float64'>;

const float64 = { dtype: 'float64' } as const;
const x: Real = nn.tensor(
  [
    [0.2, -0.7, 1.3, 0.4],
    [-1.1, 0.6, 0.9, -0.3],
    [0.8, 0.1, -0.5, 1.7],
  ],
  float64,
);
const y: Real = nn.flip(x, [0]).mul(0.7).add(0.1);
const z: Real = nn.flip(x, [1]).mul(1.2);
const odds: Real = nn.sigmoid(x);
const bits: Real = nn.tensor(
  [
    [1, 0, 1, 1],
    [0, 0, 1, 0],
    [1, 1, 0, 0],
  ],
  float64,
);
const signs: Real = bits.mul(2).sub(1);
const rowSigns: Real = nn.tensor([1, -1, 1], float64);
const classes = nn.tensor([2, 0, 3], { dtype: 'int64' });
const labels = nn.tensor(
  [
    [2, 0, -1, 1],
    [3, -1, 0, 0],
    [1, 2, 3, -1],
  ],
  { dtype: 'int64' },
);
const logProbs: Real = nn.logSoftmax(nn.stack([x, y, z], { axis: 0 }));
const paths = nn.tensor([[1], [2], [3]], { dtype: 'int32' });

/** A module, and the function that it stands for, with options that are not the defaults. */
const table: Readonly<Record<string, [module: () => Tensor, same: () => Tensor, plain: () => Tensor]>> = {
  SmoothL1Loss: [
    () => new nn.SmoothL1Loss({ beta: 0.3 }).forward(x, y),
    () => nn.smoothL1Loss(x, y, { beta: 0.3 }),
    () => new nn.SmoothL1Loss().forward(x, y),
  ],
  HuberLoss: [
    () => new nn.HuberLoss({ delta: 0.4 }).forward(x, y),
    () => nn.huberLoss(x, y, { delta: 0.4 }),
    () => new nn.HuberLoss().forward(x, y),
  ],
  KLDivLoss: [
    () => new nn.KLDivLoss({ reduction: 'sum' }).forward(x, odds),
    () => nn.klDiv(x, odds, { reduction: 'sum' }),
    () => new nn.KLDivLoss().forward(x, odds),
  ],
  PoissonNLLLoss: [
    () => new nn.PoissonNLLLoss({ logInput: false }).forward(odds, bits),
    () => nn.poissonNllLoss(odds, bits, { logInput: false }),
    () => new nn.PoissonNLLLoss().forward(odds, bits),
  ],
  GaussianNLLLoss: [
    () => new nn.GaussianNLLLoss({ full: true }).forward(x, y, odds),
    () => nn.gaussianNllLoss(x, y, odds, { full: true }),
    () => new nn.GaussianNLLLoss().forward(x, y, odds),
  ],
  HingeLoss: [
    () => new nn.HingeLoss({ squared: true }).forward(x, signs),
    () => nn.hingeLoss(x, signs, { squared: true }),
    () => new nn.HingeLoss().forward(x, signs),
  ],
  HingeEmbeddingLoss: [
    () => new nn.HingeEmbeddingLoss({ margin: 1.4 }).forward(x, signs),
    () => nn.hingeEmbeddingLoss(x, signs, { margin: 1.4 }),
    () => new nn.HingeEmbeddingLoss().forward(x, signs),
  ],
  SoftMarginLoss: [
    () => new nn.SoftMarginLoss({ reduction: 'sum' }).forward(x, signs),
    () => nn.softMarginLoss(x, signs, { reduction: 'sum' }),
    () => new nn.SoftMarginLoss().forward(x, signs),
  ],
  MultiMarginLoss: [
    () => new nn.MultiMarginLoss({ margin: 0.5 }).forward(x, classes),
    () => nn.multiMarginLoss(x, classes, { margin: 0.5 }),
    () => new nn.MultiMarginLoss().forward(x, classes),
  ],
  MultiLabelMarginLoss: [
    () => new nn.MultiLabelMarginLoss({ reduction: 'sum' }).forward(x, labels),
    () => nn.multilabelMarginLoss(x, labels, { reduction: 'sum' }),
    () => new nn.MultiLabelMarginLoss().forward(x, labels),
  ],
  MultiLabelSoftMarginLoss: [
    () => new nn.MultiLabelSoftMarginLoss({ reduction: 'sum' }).forward(x, bits),
    () => nn.multilabelSoftMarginLoss(x, bits, { reduction: 'sum' }),
    () => new nn.MultiLabelSoftMarginLoss().forward(x, bits),
  ],
  MarginRankingLoss: [
    () => new nn.MarginRankingLoss({ margin: 0.6 }).forward(x, y, signs),
    () => nn.marginRankingLoss(x, y, signs, { margin: 0.6 }),
    () => new nn.MarginRankingLoss().forward(x, y, signs),
  ],
  TripletMarginLoss: [
    () => new nn.TripletMarginLoss({ swap: true }).forward(x, y, z),
    () => nn.tripletMarginLoss(x, y, z, { swap: true }),
    () => new nn.TripletMarginLoss({ margin: 2 }).forward(x, y, z),
  ],
  TripletMarginWithDistanceLoss: [
    () => new nn.TripletMarginWithDistanceLoss({ swap: true }).forward(x, y, z),
    () => nn.tripletMarginWithDistanceLoss(x, y, z, { swap: true }),
    () => new nn.TripletMarginWithDistanceLoss({ margin: 2 }).forward(x, y, z),
  ],
  CosineEmbeddingLoss: [
    () => new nn.CosineEmbeddingLoss({ margin: -0.5 }).forward(x, y, rowSigns),
    () => nn.cosineEmbeddingLoss(x, y, rowSigns, { margin: -0.5 }),
    () => new nn.CosineEmbeddingLoss().forward(x, y, rowSigns),
  ],
  FocalLoss: [
    () => new nn.FocalLoss({ gamma: 1 }).forward(x, bits),
    () => nn.focalLoss(x, bits, { gamma: 1 }),
    () => new nn.FocalLoss().forward(x, bits),
  ],
  DiceLoss: [
    () => new nn.DiceLoss({ smooth: 3 }).forward(odds, bits),
    () => nn.diceLoss(odds, bits, { smooth: 3 }),
    () => new nn.DiceLoss().forward(odds, bits),
  ],
  TverskyLoss: [
    () => new nn.TverskyLoss({ alpha: 0.2 }).forward(odds, bits),
    () => nn.tverskyLoss(odds, bits, { alpha: 0.2 }),
    () => new nn.TverskyLoss().forward(odds, bits),
  ],
  InfoNCELoss: [
    () => new nn.InfoNCELoss({ temperature: 0.5 }).forward(x, y),
    () => nn.infoNce(x, y, { temperature: 0.5 }),
    () => new nn.InfoNCELoss().forward(x, y),
  ],
  CTCLoss: [
    () => new nn.CTCLoss({ reduction: 'sum' }).forward(logProbs, paths, [3, 3, 3], [1, 1, 1]),
    () => nn.ctcLoss(logProbs, paths, [3, 3, 3], [1, 1, 1], { reduction: 'sum' }),
    () => new nn.CTCLoss({ blank: 0 }).forward(logProbs, paths, [3, 3, 3], [1, 1, 1]),
  ],
};

test.each(Object.entries(table))('%s is its function, and hands its options on; compiled too', (_, calls) => {
  const [made, same, plain] = calls;
  nn.scope(() => {
    const value = made();
    expect(value.dtype).toBe('float64');
    expect(value.toArray()).toEqual(same().toArray());
    expect(plain().toArray()).not.toEqual(value.toArray());
    using compiled = nn.compile(made);
    expect(compiled.sync().toArray()).toEqual(value.toArray());
  });
});
