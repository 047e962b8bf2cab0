// A loop that never disposes and never yields to the event loop. Prints how resident memory grew from step 1,000 to the
// last one, and what is alive after a collection.
import { memory, ones, type Tensor } from 'myelin';

const elements = Number(process.argv[2]);
const steps = Number(process.argv[3]);
const x = ones([elements]);
let y: Tensor = x;
const resident: number[] = [];

for (let step = 1; step <= steps; step++) {
  y = x.add(y).mul(0.5);
  if (step >= 1000 && step % 100 === 0) resident.push(process.memoryUsage.rss());
}

// What a collection has just freed is not growth: the lowest of the first tenth against the lowest of the last one.
const tenth = Math.max(1, Math.floor(resident.length / 10));
const lowest = (values: number[]): number => Math.min(...values);
const highest = (values: number[]): number => Math.max(...values);
const result = y.slice(0).item();
y = x;
console.log(
  JSON.stringify({
    result,
    first: highest(resident.slice(0, tenth)),
    last: lowest(resident.slice(-tenth)),
    highest: highest(resident),
    storages: memory({ collect: true }).storages,
  }),
);
