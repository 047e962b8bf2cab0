// A loop that never disposes and never yields to the event loop. Prints how resident memory grew from step 1,000 to the
// last one, and what is alive after a collection.
import { memory, ones, type Tensor } from 'myelin';

const elements = Number(process.argv[2]);
const steps = Number(process.argv[3]);
const x = ones([elements]);
const resident: number[] = [];

function loop(): unknown {
  let y: Tensor = x;
  for (let step = 1; step <= steps; step++) {
    y = x.add(y).mul(0.5);
    if (step >= 1000 && step % 100 === 0) resident.push(process.memoryUsage.rss());
  }
  return y.slice(0).item();
}

const result = loop();

// Memory rises and falls with each collection: the highest of the first tenth of the samples against that of the last.
const tenth = Math.max(1, Math.floor(resident.length / 10));
const highest = (values: number[]): number => Math.max(...values);
console.log(
  JSON.stringify({
    result,
    first: highest(resident.slice(0, tenth)),
    last: highest(resident.slice(-tenth)),
    storages: memory({ collect: true }).storages,
  }),
);
