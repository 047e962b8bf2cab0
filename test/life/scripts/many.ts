// A great many small tensors at once, and far more than any limit of the sweeper one after another.
import { memory, ones, scope, type Tensor } from 'myelin';

const alive: Tensor[] = [];
const one = ones([1]);
for (let i = 0; i < 300_000; i++) alive.push(one.add(i % 7));
const peak = memory().storages;
const sum = alive.reduce((total, x, i) => (i % 1000 === 0 ? total + Number(x.item()) : total), 0);
for (const x of alive) x.dispose();
const after = memory().storages;
scope(() => {
  for (let i = 0; i < 100_000; i++) one.add(1);
});
one.dispose();
console.log(JSON.stringify({ peak, sum, after, storages: memory().storages }));
