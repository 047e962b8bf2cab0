import { zerosLike } from '../ops/creation.js';
import { expand } from '../ops/reshape.js';
import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { collect, holdsTensors, scope, track, type Disposable } from '../tensor/scope.js';
import { sameShape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { backward, settle, type Arrival } from './backward.js';
import { checkFunction, checkLeaves, Flat, type ArgumentsOf, type GradientsOf, type Tensors } from './leaves.js';
import { recording, Tape } from './tape.js';

/** A function that can be transformed: of a tensor, of the tensors of a list one by one, or of an object of them. */
export type TensorFunction<P extends Tensors, R extends Tensors> = (...inputs: ArgumentsOf<P>) => R;

/** A function that was run and recorded. */
export interface Trace {
  readonly tape: Tape;
  readonly inputs: Flat;
  /** The inputs as the function saw them: each is a tensor of its own. */
  readonly leaves: readonly Tensor[];
  readonly outputs: Flat;
}

/** Runs and records a function of tensors; `op` is whom errors name. */
export function trace<P extends Tensors, R extends Tensors>(op: string, fn: TensorFunction<P, R>, given: P): Trace {
  checkFunction(op, 'the function', fn);
  const inputs = Flat.of(op, 'the input', given);
  checkLeaves(op, inputs.tensors);
  const leaves = distinct(inputs.tensors);
  const tape = new Tape(leaves);
  const outputs = Flat.of(
    op,
    'the result of the function',
    recording(tape, () => inputs.call(fn, leaves)),
  );
  for (const output of outputs.tensors) {
    output.check(op);
    if (!isFloat(output.dtype)) fail('DTYPE', op, `the function returned ${describe(output)} (need a float dtype)`);
  }
  return { tape, inputs, leaves, outputs };
}

// A tensor that is given twice would get one gradient for both of its places.
function distinct(tensors: readonly Tensor[]): Tensor[] {
  const seen = new Set<Tensor>();
  return tensors.map((x) => {
    if (seen.has(x)) return expand(x, x.shape);
    seen.add(x);
    return x;
  });
}

/** Tensors that fit others in structure, shape and dtype, as tangents fit inputs and cotangents fit outputs. */
export function matching(op: string, name: string, value: unknown, flat: Flat): readonly Tensor[] {
  const tensors = flat.match(op, `the ${name}`, value);
  tensors.forEach((tensor, i) => {
    const wanted = flat.tensors[i]!;
    tensor.check(op);
    if (sameShape(tensor.shape, wanted.shape) && tensor.dtype === wanted.dtype) return;
    const code = tensor.dtype === wanted.dtype ? 'SHAPE' : 'DTYPE';
    fail(code, op, `${name} ${i} is ${describe(tensor)} (need ${describe(wanted)}, as what it belongs to)`);
  });
  return tensors;
}

/** Gradients of the inputs of a trace, from those of its outputs. */
export function pull({ tape, leaves, outputs }: Trace, cotangents: readonly Tensor[]): Tensor[] {
  const seeds = outputs.tensors.map((output, i): Arrival => [output, cotangents[i]!]);
  return settle(backward(tape, seeds, new Set(leaves)), leaves, cotangents);
}

/**
 * A function as linear as its derivative: from tangents of the inputs to those of the outputs. What pulls cotangents back
 * is linear in them, so the transpose of its derivative is the derivative itself.
 */
export function linearize({ tape, leaves, outputs }: Trace): (tangents: readonly Tensor[]) => Tensor[] {
  const probes = outputs.tensors.map((output) => zerosLike(output));
  const transposed = new Tape(probes);
  const pulled = recording(transposed, () => {
    const seeds = outputs.tensors.map((output, i): Arrival => [output, probes[i]!]);
    return backward(tape, seeds, new Set(leaves));
  });
  return (tangents) => {
    const seeds = leaves.flatMap((leaf, i): Arrival[] => {
      const gradient = pulled.get(leaf);
      return gradient === undefined ? [] : [[gradient, tangents[i]!]];
    });
    return settle(backward(transposed, seeds, new Set(probes)), probes, tangents);
  };
}

/** Takes gradients of outputs back to inputs, as often as wanted, until it is disposed. */
export interface Pullback<P extends Tensors, R extends Tensors> extends Disposable {
  /** @throws MyelinError `TYPE`, `SHAPE`, `DTYPE` when cotangents do not fit the outputs; `DISPOSED` */
  (cotangents: GradientsOf<R>): GradientsOf<P>;
  /** Frees what the gradient needs. Safe to call twice. */
  dispose(): void;
  /** Frees the tape at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void;
}

/**
 * Runs a function and gives what takes gradients back through it (the vector–Jacobian product).
 *
 * pullback(v) = vᵀ · J with J = ∂ outputs / ∂ inputs
 *
 * Shapes: cotangents have the outputs' shapes, what the pullback gives has the inputs'. Dtypes: float dtypes.
 *
 * The pullback keeps everything that was computed in the function until it is disposed, by `dispose()`, `using`, or the
 * scope around; a scope that returns it keeps it. It can be called any number of times. Parameters and Buffers that were
 * used must not be assigned while it is needed.
 *
 * @param fn is called with the tensor, with the tensors of a list one by one, or with the object of tensors
 * @param inputs a tensor, or a list or object of them; `fn` may read other tensors too, as constants
 * @returns what the function returned, and the pullback
 * @throws MyelinError `TYPE` for anything that is no tensor; `DTYPE` for inputs or outputs that are not float; `STATE` from
 *   the pullback when what it needs was assigned meanwhile
 * @example
 * ```ts
 * import { tensor, vjp } from 'myelin';
 * const [y, pullback] = vjp((x) => x.square(), tensor([1, 2, 3]));
 * const dx = pullback(tensor([1, 0, 10]));
 * console.log(y.toArray(), dx.toArray()); // [ 1, 4, 9 ] [ 2, 0, 60 ]
 * pullback.dispose();
 * ```
 */
export function vjp<const P extends Tensors, const R extends Tensors>(
  fn: TensorFunction<P, R>,
  inputs: P,
): [outputs: GradientsOf<R>, pullback: Pullback<P, R>] {
  const { result: traced, made } = collect(() => trace('vjp', fn, inputs));
  // Views: whoever disposes an output does not take from the pullback what it needs.
  const outputs = traced.outputs.tensors.map((output) => expand(output, output.shape));
  return [traced.outputs.rebuild(outputs) as GradientsOf<R>, pullbackOf<P, R>(traced, made)];
}

function pullbackOf<P extends Tensors, R extends Tensors>(traced: Trace, made: readonly Disposable[]): Pullback<P, R> {
  let alive = true;
  const dispose = (): void => {
    if (!alive) return;
    alive = false;
    // A region around has recorded them too, so they live as long as it does.
    for (const tensor of made) {
      if (holdsTensors()) track(tensor);
      else tensor.dispose();
    }
  };
  const call = (cotangents: GradientsOf<R>): GradientsOf<P> => {
    if (!alive) fail('DISPOSED', 'pullback', 'it was disposed (keep it, or return it from its scope)');
    const seeds = matching('pullback', 'cotangent', cotangents, traced.outputs);
    return scope(() => traced.inputs.rebuild(pull(traced, seeds)) as GradientsOf<P>);
  };
  const pullback = Object.assign(call, { dispose, [Symbol.dispose]: dispose });
  track(pullback);
  return pullback;
}

/**
 * Runs a function and takes a change of its inputs forward through it (the Jacobian–vector product).
 *
 * tangentsOut = J · tangents with J = ∂ outputs / ∂ inputs
 *
 * Shapes: tangents have the inputs' shapes, what comes out has the outputs'. Dtypes: float dtypes. Works through every op
 * that has a gradient, and can itself be differentiated.
 *
 * Source: the derivative of a pullback, which is linear, transposed; J. Townsend, "A new trick for calculating Jacobian
 * vector products", 2017.
 *
 * @param fn is called with the tensor, with the tensors of a list one by one, or with the object of tensors
 * @param inputs a tensor, or a list or object of them; `fn` may read other tensors too, as constants
 * @param tangents one for each input, in the same structure
 * @returns what the function returned, and the tangents of that
 * @throws MyelinError `TYPE`, `SHAPE`, `DTYPE` when tangents do not fit the inputs, or what goes in or out is not float
 * @example
 * ```ts
 * import { jvp, tensor } from 'myelin';
 * const [y, dy] = jvp((a, b) => a.mul(b), [tensor(3), tensor(4)], [tensor(1), tensor(0)]);
 * console.log(y.item(), dy.item()); // 12 4
 * ```
 */
export function jvp<const P extends Tensors, const R extends Tensors>(
  fn: TensorFunction<P, R>,
  inputs: P,
  tangents: GradientsOf<P>,
): [outputs: R, tangents: GradientsOf<R>] {
  return scope(() => {
    const traced = trace('jvp', fn, inputs);
    const moved = linearize(traced)(matching('jvp', 'tangent', tangents, traced.inputs));
    return [traced.outputs.rebuild(traced.outputs.tensors) as R, traced.outputs.rebuild(moved) as GradientsOf<R>];
  });
}
