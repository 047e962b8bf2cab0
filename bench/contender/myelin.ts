// Myelin as a contender: the same protocol as its peers, in a process of its own. With the argument `eager` it compiles nothing.
import { isa, machineInfo, memory, setThreads } from 'myelin';

import { own, ownEager } from '../suite/results.js';
import { serve } from './serve.js';
import { workloadsOf } from './workloads.js';

const { versions, addon } = machineInfo();
const isEager = process.argv[2] === 'eager';

void serve(
  {
    name: isEager ? ownEager : own,
    version: versions.myelin,
    configuration: `${isa()}, ${addon.compiler}${isEager ? ', nothing compiled' : ''}`,
  },
  workloadsOf(!isEager),
  setThreads,
  { reset: () => memory({ collect: true, resetPeak: true }).used, peak: () => memory().peak },
);
