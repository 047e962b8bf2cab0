// Run in a project that has installed the package: a few ops against plain loops, then a small model that must learn.
const assert = require('node:assert/strict');
const {
  SGD,
  Linear,
  Sequential,
  Tanh,
  matmul,
  memory,
  mse,
  rand,
  seed,
  softmax,
  supportedIsas,
  tensor,
  valueAndGrad,
} = require('myelin');

seed(1);

const [m, k, n] = [7, 33, 19];
const a = rand([m, k]);
const b = rand([k, n]);
const [x, y, product] = [a.data(), b.data(), matmul(a, b).data()];
for (let i = 0; i < m; i++) {
  for (let j = 0; j < n; j++) {
    let sum = 0;
    for (let l = 0; l < k; l++) sum += x[i * k + l] * y[l * n + j];
    assert(Math.abs(product[i * n + j] - sum) < 1e-5 * k, `matmul at ${i},${j}`);
  }
}

const [p, q] = softmax(tensor([0, Math.log(3)])).data();
assert(Math.abs(p - 0.25) < 1e-6 && Math.abs(q - 0.75) < 1e-6, 'softmax');
assert.deepEqual(tensor([[1, 2], [3, 4]]).transpose().toArray(), [[1, 3], [2, 4]]); // prettier-ignore

const inputs = tensor([[0, 0], [0, 1], [1, 0], [1, 1]]); // prettier-ignore
const targets = tensor([[0], [1], [1], [0]]);
const model = new Sequential(new Linear(2, 8), new Tanh(), new Linear(8, 1));
const optimizer = new SGD(model.parameters(), { lr: 0.3 });
let last = Infinity;
for (let step = 0; step < 500; step++) {
  const [loss, grads] = valueAndGrad(() => mse(model.forward(inputs), targets), model.parameters());
  optimizer.step(grads);
  last = loss.item();
  loss.dispose();
}
assert(last < 0.02, `xor: the loss is still ${last}`);
assert(memory().storages > 0);
console.log(`ok ${process.arch} ${supportedIsas()[0]}`);
