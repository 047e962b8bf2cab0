// Run in a project that has installed the package: named imports, as people write them.
import assert from 'node:assert/strict';

import { Tensor, zeros } from 'myelin';
import { DataLoader } from 'myelin/data';
import { Linear } from 'myelin/nn';
import { relu } from 'myelin/ops';
import { Adam } from 'myelin/optim';

assert(relu(zeros([2])) instanceof Tensor);
assert(new Linear(2, 2).forward(zeros([1, 2])) instanceof Tensor);
for (const known of [DataLoader, Adam]) assert.equal(typeof known, 'function');
console.log('ok');
