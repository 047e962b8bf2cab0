// A training that would take for ever: `node training.cjs <checkpoint> [stuck|often]`. Prints a line when it is well under way,
// and what fit returned when it was ended. `stuck`: a callback that never returns; `often`: a checkpoint after every step, so
// that there is hardly a moment at which none is being written.
const { Adam, crossEntropy, fit, Linear, tensor } = require('myelin');

const [checkpoint, how] = process.argv.slice(2);
const model = new Linear(2, 2);
const batch = { x: tensor([[1, 2]]), y: tensor([1], { dtype: 'int32' }) };
const handlers = process.listenerCount('SIGINT');

async function onEpochEnd({ epoch }) {
  if (epoch === 3) console.log('under way');
  if (epoch === 3 && how === 'stuck') await new Promise((resolve) => setTimeout(resolve, 600_000));
}

fit(model, {
  data: [batch, batch, batch],
  loss: crossEntropy,
  optimizer: new Adam(model.parameters()),
  epochs: 1e9,
  checkpoint,
  ...(how === 'often' ? { checkpointEvery: 1 } : {}),
  progress: false,
  callbacks: [{ onEpochEnd }],
}).then(({ interrupted, epochs }) => {
  const released = process.listenerCount('SIGINT') === handlers;
  console.log(JSON.stringify({ interrupted, epochs: epochs.length, released }));
});
