// Prints the lines of this file that leaks and anomalies are said to come from.
import { Linear, MyelinError, ReLU, Sequential, detectAnomaly, grad, ones, tensor, trackLeaks, zeros } from 'myelin';

const kept: unknown[] = [];

function leaky(): void {
  kept.push(ones([2]));
}

function messageOf(body: () => unknown): string {
  try {
    body();
  } catch (error) {
    if (error instanceof MyelinError) return error.message;
  }
  return 'nothing was thrown';
}

const model = new Sequential(new Linear(2, 2), new ReLU());
const sites = (body: () => unknown): string[] => trackLeaks(body).sites.map(({ op, where }) => `${op} at ${where}`);
const x = tensor([0, 1]);
console.log(
  JSON.stringify({
    here: __filename,
    leaks: [sites(leaky), sites(() => [1].map(() => kept.push(zeros([3])))), sites(() => model.forward(x)).slice(0, 1)],
    anomalies: [
      messageOf(() => detectAnomaly(() => x.neg().sqrt())),
      messageOf(() => detectAnomaly(() => grad(() => x.sqrt().sum(), [x]))),
    ],
  }),
);
