import { MyelinError, compile, scope, seed, vjp, type DType, type Tensor } from 'myelin';

import { floats, type OpSamples, type Sample } from '../samples/sample';
import { bytesOf } from './compare';
import type { Layout } from './layouts';
import { seedOf } from './reference';
import { draw, movable, placeAll, type Subject } from './run';

const tried: readonly Layout[] = ['contiguous', 'reversed'];

type Run = (...inputs: Tensor[]) => readonly Tensor[];

/** Gradients of a sample's outputs by those inputs that have any, with the outputs themselves as cotangents. */
function pullBack(run: Run, by: readonly number[], differentiable: number | undefined): Run {
  return (...inputs) => {
    const forward = (...moved: readonly Tensor[]): readonly Tensor[] => {
      const all = inputs.map((x, i) => (by.includes(i) ? moved[by.indexOf(i)]! : x));
      return run(...all)
        .slice(0, differentiable)
        .filter(({ dtype }) => floats.includes(dtype));
    };
    const [outputs, pull] = vjp(
      forward,
      by.map((i) => inputs[i]!),
    );
    const gradients = pull(outputs);
    pull.dispose();
    return gradients;
  };
}

/** Calls a function as it stands and twice compiled: each time the same bits, from the same place in the random stream. */
function compare(name: string, run: Run, place: () => readonly Tensor[]): void {
  const compiled = compile(run, { name });
  const bytes = (call: Run): Buffer[] =>
    scope(() => {
      seed(7);
      return call(...place()).map(bytesOf);
    });
  try {
    const eager = bytes(run);
    expect(bytes(compiled.sync)).toEqual(eager);
    expect(bytes(compiled.sync)).toEqual(eager);
  } finally {
    compiled.dispose();
  }
}

function checkSample(subject: Subject, sample: Sample, dtype: DType, layout: Layout, index: number): void {
  const drawn = draw(sample, dtype, seedOf(`${subject.name} ${index}`), layout);
  const run: Run = (...inputs) => subject.run(drawn.groups, inputs, sample.attrs);
  const place = (): Tensor[] => placeAll(sample, drawn, layout);
  compare(subject.name, run, place);
  const by = movable(sample, drawn);
  if ((sample.order ?? 2) === 0 || dtype !== 'float64' || by.length === 0) return;
  compare(`${subject.name}, gradient`, pullBack(run, by, sample.differentiable), place);
}

/** Every sample gives the same bits compiled, and so do its gradients. */
export function checkCompiled(subject: Subject, { samples, notCompiled }: OpSamples): void {
  // What an op without outputs overwrites are Parameters and Buffers, not arguments: test/compile trains with them.
  if (subject.op?.outputs.length === 0) return;
  try {
    samples.forEach((sample, index) => {
      for (const dtype of sample.dtypes ?? floats) {
        const varied = sample.layouts !== false && dtype === (sample.dtypes ?? floats)[0];
        for (const layout of varied ? tried : tried.slice(0, 1)) {
          checkSample(subject, sample, dtype, layout, index);
        }
      }
    });
  } catch (error) {
    if (!(error instanceof MyelinError && error.code === 'TRACE') || notCompiled === undefined) throw error;
    return;
  }
  expect(notCompiled).toBeUndefined();
}
