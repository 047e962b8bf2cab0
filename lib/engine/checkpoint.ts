import { describe, fail } from '../tensor/errors.js';
import { Variable } from '../tensor/parameter.js';
import { replayDraws, witnessDraws } from '../tensor/rng.js';
import { scope } from '../tensor/scope.js';
import type { Storage } from '../tensor/storage.js';
import type { Tensor } from '../tensor/tensor.js';
import { again } from './backward.js';
import { keeping } from './dispatch.js';
import { checkFunction, Flat, type GradientsOf, type Tensors } from './leaves.js';
import { recordOpaque } from './opaque.js';
import { rerunning } from './rerun.js';
import { checkUnchanged, inputsOf, listeners, listening, Tape, unheard, type Entry, type Listener } from './tape.js';
import type { TensorFunction } from './transforms.js';

/** Finds out what a function reads from outside. */
class Probe implements Listener {
  /** Tensors that the tapes around take gradients of. */
  readonly read = new Set<Tensor>();
  /** Parameters and Buffers, and when they were first read. */
  private readonly variables = new Map<Tensor, number>();

  constructor(private readonly around: readonly Listener[]) {}

  tracks(tensor: Tensor): boolean {
    return this.around.some((listener) => listener.tracks(tensor));
  }

  record(entry: Entry): void {
    for (const tensor of inputsOf(entry)) {
      // What is made inside no tape around has heard of.
      if (this.tracks(tensor)) this.read.add(tensor);
      if (tensor instanceof Variable && !this.variables.has(tensor)) this.variables.set(tensor, entry.time);
    }
  }

  checkUnchanged(): void {
    for (const [variable, time] of this.variables) checkUnchanged('checkpoint', 'what it reads', variable, time);
  }
}

function checkSame(first: Flat, second: Flat): readonly Tensor[] {
  const [before, now] = [first, second].map(({ tensors }) => tensors.map(describe).join(', '));
  if (before === now) return second.tensors;
  fail('STATE', 'checkpoint', `the function gave ${now} when it ran again (need ${before}, as the first time)`);
}

function run(body: () => unknown): unknown {
  const around = listeners();
  const probe = new Probe(around);
  const written = new WeakSet<Storage>();
  const note = (storage: Storage): boolean => {
    written.add(storage);
    return false;
  };
  const { result, states } = witnessDraws(() =>
    keeping(note, () => unheard(() => scope(() => listening(probe, body)))),
  );
  const flat = Flat.of('checkpoint', 'the result of the function', result);
  const inputs = [...new Set([...probe.read, ...flat.tensors.filter((out) => probe.tracks(out))])];
  const outputs = recordOpaque('checkpoint', inputs, flat.tensors, (douts) => {
    probe.checkUnchanged();
    // What it assigned, such as running statistics, it has assigned already.
    const rerun = (): readonly Tensor[] =>
      keeping(
        (storage) => written.has(storage),
        () => checkSame(flat, Flat.of('checkpoint', 'the result of the function', body())),
      );
    const gradients = again(inputs, douts, () => rerunning(() => replayDraws(states, rerun)));
    return inputs.map((input) => gradients.get(input));
  });
  return flat.rebuild(outputs);
}

/**
 * Runs a part of a differentiated function without keeping what its gradient needs: the part runs again when the gradient
 * is taken. Costs that second run and saves the memory.
 *
 * Gradients arrive at the inputs and at whatever else the function reads, such as parameters. The second run draws the same
 * random numbers and assigns nothing, so results and gradients are bit for bit those without `checkpoint`. Checkpoints may
 * be inside checkpoints. Outside of regions that record it only calls the function.
 *
 * Shapes, dtypes: whatever the function takes and gives. Its intermediate tensors are freed when it returns, so nothing but
 * what it returns may be used afterwards.
 *
 * Source: Chen, Xu, Zhang, Guestrin, "Training deep nets with sublinear memory cost", 2016.
 *
 * @param fn must do the same each time: it returns a tensor, or a list or object of them
 * @param inputs a tensor, or a list or object of them, with which `fn` is called; other tensors it may read by itself
 * @throws MyelinError `TYPE` for what are no tensors; from the gradient, `STATE` when a Parameter or Buffer that it read was
 *   assigned meanwhile or when the second run gives another shape
 * @example
 * ```ts
 * import { checkpoint, dropout, grad, ones } from 'myelin';
 * const x = ones([1000]);
 * const [dx] = grad(() => checkpoint((h) => dropout(h.exp()).square(), x).sum(), [x]);
 * console.log(dx.shape); // [ 1000 ]
 * ```
 */
export function checkpoint<const R extends Tensors>(fn: () => R, inputs?: undefined): GradientsOf<R>;
export function checkpoint<const P extends Tensors, const R extends Tensors>(
  fn: TensorFunction<P, R>,
  inputs: P,
): GradientsOf<R>;
export function checkpoint(fn: (...inputs: never) => unknown, inputs?: Tensors): unknown {
  checkFunction('checkpoint', 'the function', fn);
  const body = inputs === undefined ? fn : bind(fn, inputs);
  return listeners().some((listener) => listener instanceof Tape) ? run(body) : scope(body);
}

function bind(fn: (...inputs: never) => unknown, inputs: Tensors): () => unknown {
  const given = Flat.of('checkpoint', 'the input', inputs);
  return () => given.call(fn, given.tensors);
}
