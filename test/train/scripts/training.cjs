// A training that would take for ever: `node training.cjs <checkpoint> [stuck]`. Prints a line when it is well under way, and
// what fit returned when it was ended. `stuck`: a callback that never returns.
const { Adam, crossEntropy, fit, Linear, tensor } = require('myelin');

const [checkpoint, stuck] = process.argv.slice(2);
const model = new Linear(2, 2);
const batch = { x: tensor([[1, 2]]), y: tensor([1], { dtype: 'int32' }) };
const handlers = process.listenerCount('SIGINT');

async function onEpochEnd({ epoch }) {
  if (epoch === 3) console.log('under way');
  if (epoch === 3 && stuck !== undefined) await new Promise((resolve) => setTimeout(resolve, 600_000));
}

fit(model, {
  data: [batch, batch, batch],
  loss: crossEntropy,
  optimizer: new Adam(model.parameters()),
  epochs: 1e9,
  checkpoint,
  progress: false,
  callbacks: [{ onEpochEnd }],
}).then(({ interrupted, epochs }) => {
  const released = process.listenerCount('SIGINT') === handlers;
  console.log(JSON.stringify({ interrupted, epochs: epochs.length, released }));
});
