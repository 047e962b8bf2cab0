// Trains until it is terminated; tells of its first step only, so that the others take it by surprise.
import {
  AdamW,
  Conv2d,
  Flatten,
  Linear,
  MaxPool2d,
  ReLU,
  Sequential,
  crossEntropy,
  randint,
  randn,
  valueAndGrad,
} from 'myelin';
import { parentPort } from 'node:worker_threads';

const model = new Sequential(new Conv2d(1, 8, 3), new ReLU(), new MaxPool2d(2), new Flatten(), new Linear(8 * 36, 10));
const optimizer = new AdamW(model.parameters(), { lr: 1e-3 });
const [x, y] = [randn([16, 1, 14, 14]), randint(0, 10, [16])];
for (let step = 0; ; step++) {
  const [loss, gradients] = valueAndGrad(() => crossEntropy(model.forward(x), y), model.parameters());
  optimizer.step(gradients);
  if (Number.isNaN(loss.item())) throw new Error('a worker computed NaN');
  if (step === 0) parentPort?.postMessage('trains');
}
