// A training with everything that has to be saved: `node resume.cjs <checkpoint> <epochs> <stop after step, or 0>`. Goes on from
// the checkpoint if there is one, and prints a digest of all that a training leaves.
const { createHash } = require('node:crypto');

const m = require('myelin');

const [checkpoint, epochs, stopAt] = [process.argv[2], Number(process.argv[3]), Number(process.argv[4])];
m.seed(21);
const x = m.rand([90, 6]);
const y = m.cast(x.mul(3).sum({ axis: 1 }).round().remainder(3), 'int32');
const data = new m.DataLoader(new m.TensorDataset({ x, y }), {
  batchSize: 10,
  shuffle: true,
  transform: (batch) => m.mixup(batch, { classes: 3 }),
});
const model = new m.Sequential(
  new m.Linear(6, 16),
  new m.BatchNorm1d(16),
  new m.ReLU(),
  new m.Dropout(0.3),
  new m.Linear(16, 3),
);
const optimizer = new m.AdamW(model.parameters(), { lr: 0.01 });
// Grows every seven steps, so that what is saved differs from what a new one begins with.
const scaler = new m.GradScaler({ initScale: 16, growthInterval: 7 });
const stop = new globalThis.AbortController();

m.fit(model, {
  data,
  loss: m.crossEntropy,
  optimizer,
  epochs,
  accumulate: 2,
  scaler,
  clipNorm: 1,
  checkpoint,
  resume: true,
  signal: stop.signal,
  progress: false,
  callbacks: [
    m.lrSchedule(m.cosineDecay(0.01, { steps: 50 })),
    m.earlyStopping({ patience: 2, monitor: 'loss', minDelta: -100 }),
    { onStepEnd: ({ step }) => step === stopAt && stop.abort() },
  ],
}).then(({ epochs: log, interrupted }) => {
  const digest = createHash('sha256');
  for (const [name, tensor] of [model, optimizer, scaler].flatMap((part) => Object.entries(part.stateDict()))) {
    digest.update(name).update(new Uint8Array(tensor.data().buffer));
  }
  // The next random numbers tell where the generator stands.
  digest.update(JSON.stringify(m.rand([4]).toArray()));
  const losses = log.map(({ loss }) => loss);
  console.log(JSON.stringify({ digest: digest.digest('hex'), losses, interrupted, step: optimizer.stepCount }));
});
