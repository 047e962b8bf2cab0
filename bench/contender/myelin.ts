// Myelin as a contender: the same protocol as its peers, in a process of its own.
import { isa, machineInfo, setThreads } from 'myelin';

import { serve } from './serve.js';
import { workloads } from './workloads.js';

const { versions, addon } = machineInfo();

void serve(
  { name: 'Myelin', version: versions.myelin, configuration: `${isa()}, ${addon.compiler}` },
  workloads,
  setThreads,
);
