// One process that learns digits and, at the same time, answers over HTTP which digit an image shows, with weights that are
// renewed every `--every` steps. `--epochs 0` only answers.
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

import { Adam, crossEntropy, fit, memory, seed, threads, type Callback } from 'myelin';

import { loadDigits, readDigits } from '../digits/data.js';
import { createModel } from '../digits/model.js';
import { createHttpServer } from './http.js';
import { Serving } from './serving.js';

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    every: { type: 'string', default: '50' },
    epochs: { type: 'string', default: '1000' },
  },
});
const every = Number(values.every);

async function main(): Promise<void> {
  seed(1);
  const model = createModel();
  const serving = new Serving(createModel);
  serving.update(model, 0);

  const training = { step: 0, loss: NaN };
  const delay = monitorEventLoopDelay({ resolution: 5 });
  delay.enable();
  const server = createHttpServer(serving, () => ({
    ...training,
    servedStep: serving.step,
    swaps: serving.swaps,
    answers: serving.answers,
    eventLoopDelayMs: { p99: (delay.percentile(99) - 5e6) / 1e6, max: (delay.max - 5e6) / 1e6 },
    tensorMiB: memory().live / 2 ** 20,
  }));
  server.listen(Number(values.port));
  await once(server, 'listening');
  console.log(`http://localhost:${values.port}: POST /predict, GET /status; ${threads()} threads`);

  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort());

  const renewal: Callback = {
    onStepEnd(run, loss) {
      training.step = run.step;
      training.loss = loss;
      if (run.step - serving.step >= every) serving.update(model, run.step);
    },
  };
  const epochs = Number(values.epochs);
  if (epochs > 0) {
    const data = loadDigits(await readDigits('train'), { shuffle: true });
    const optimizer = new Adam(model.parameters());
    const { signal } = stop;
    await fit(model, { data, loss: crossEntropy, optimizer, epochs, callbacks: [renewal], signal, progress: false });
    serving.update(model, training.step);
  }
  if (!stop.signal.aborted) await once(stop.signal, 'abort');

  server.close();
  server.closeIdleConnections();
  await once(server, 'close');
  serving.dispose();
  console.log(`stopped after ${training.step} steps and ${serving.answers} answers`);
}

void main();
