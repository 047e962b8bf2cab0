// A training loop of an MLP with Adam. Prints how resident memory grew from step 1,000 to the last one, and what is alive
// once model, optimizer and data are disposed.
import {
  Adam,
  Linear,
  ReLU,
  Sequential,
  crossEntropy,
  memory,
  randint,
  randn,
  scope,
  seed,
  valueAndGrad,
} from 'myelin';

const steps = Number(process.argv[2]);
seed(1);
const model = new Sequential(new Linear(32, 64), new ReLU(), new Linear(64, 10));
const optimizer = new Adam(model.parameters(), { lr: 1e-3 });
const x = randn([64, 32]);
const y = randint(0, 10, [64]);
const resident: number[] = [];
const losses: number[] = [];
let held = 0;

for (let step = 1; step <= steps; step++) {
  scope(() => {
    const [loss, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
    optimizer.step(gradients);
    if (step % 1000 === 0) losses.push(loss.item());
  });
  if (step === 1) held = memory().storages;
  if (step >= 1000 && step % 100 === 0) resident.push(process.memoryUsage.rss());
}

const after = memory().storages;
for (const tensor of [x, y]) tensor.dispose();
model.dispose();
optimizer.dispose();
const tenth = Math.max(1, Math.floor(resident.length / 10));
console.log(
  JSON.stringify({
    held,
    after,
    storages: memory().storages,
    first: Math.max(...resident.slice(0, tenth)),
    last: Math.max(...resident.slice(-tenth)),
    losses,
  }),
);
