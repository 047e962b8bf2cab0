import { cast } from '../ops/cast.js';
import { eq } from '../ops/compare.js';
import { zeros, zerosLike } from '../ops/creation.js';
import { stack } from '../ops/move.js';
import { transpose } from '../ops/permute.js';
import { arange } from '../ops/ranges.js';
import { reshape } from '../ops/reshape.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import type { Tensor } from '../tensor/tensor.js';
import { differentiate } from './grad.js';
import { checkFunction, type GradientsOf, type Tensors } from './leaves.js';
import { linearize, matching, pull, trace, type TensorFunction, type Trace } from './transforms.js';

/** Jacobians of one output of shape S: for every input, a tensor of that shape followed by the input's. */
export type JacobianByInput<S extends Shape, P extends Tensors> = P extends Tensor
  ? Tensor<P['dtype'], readonly [...S, ...P['shape']]>
  : { [K in keyof P]: P[K] extends Tensor ? JacobianByInput<S, P[K]> : never };

/** A Jacobian for every output and input: the structure of the inputs inside that of the outputs. */
export type JacobianOf<R extends Tensors, P extends Tensors> = R extends Tensor
  ? JacobianByInput<R['shape'], P>
  : { [K in keyof R]: R[K] extends Tensor ? JacobianByInput<R[K]['shape'], P> : never };

/** A tensor that is 1 at one place, counted row by row, and 0 elsewhere. */
function unit(like: Tensor, place: number): Tensor {
  return reshape(cast(eq(arange(like.size), place), like.dtype), like.shape);
}

// One pass for each element of `moved`, of whose gradient or tangent it is the one that is not zero. Gives, for each
// tensor that comes out, the passes' results as rows.
function passes(
  moved: readonly Tensor[],
  which: number,
  out: readonly Tensor[],
  pass: (units: readonly Tensor[]) => readonly Tensor[],
): Tensor[] {
  const rows = Array.from({ length: moved[which]!.size }, (_, place) =>
    scope(() => {
      const still = moved.map((x) => zerosLike(x));
      return pass(still.map((zero, i) => (i === which ? unit(zero, place) : zero))).map((x) => reshape(x, [x.size]));
    }),
  );
  return out.map((x, i) =>
    rows.length === 0 ? zeros([0, x.size], { dtype: x.dtype }) : stack(rows.map((r) => r[i]!)),
  );
}

function shaped(rows: Tensor, output: Tensor, input: Tensor): Tensor {
  return cast(reshape(rows, [...output.shape, ...input.shape]), input.dtype);
}

/** Jacobians of every output (outer list) by every input, from cotangents: one pass for each element of the outputs. */
function byRows(traced: Trace): Tensor[][] {
  const { leaves, outputs } = traced;
  return outputs.tensors.map((output, which) => {
    const rows = passes(outputs.tensors, which, leaves, (cotangents) => pull(traced, cotangents));
    return rows.map((row, i) => shaped(row, output, leaves[i]!));
  });
}

/** The same from tangents: one pass for each element of the inputs. */
function byColumns(traced: Trace): Tensor[][] {
  const { leaves, outputs } = traced;
  const push = linearize(traced);
  const columns = leaves.map((_, which) => passes(leaves, which, outputs.tensors, push));
  return outputs.tensors.map((output, i) => leaves.map((leaf, k) => shaped(transpose(columns[k]![i]!), output, leaf)));
}

const total = (tensors: readonly Tensor[]): number => tensors.reduce((sum, { size }) => sum + size, 0);

function jacobians(traced: Trace): unknown {
  const { inputs, outputs, leaves } = traced;
  const all = total(leaves) < total(outputs.tensors) ? byColumns(traced) : byRows(traced);
  return outputs.rebuild(all.map((row) => inputs.rebuild(row)));
}

/**
 * All partial derivatives of a function.
 *
 * J[i…, k…] = ∂ out[i…] / ∂ x[k…]
 *
 * Shapes: out.shape followed by x.shape; at most 8 axes. Dtypes: float dtypes; that of the input. Several inputs or outputs
 * give a structure of Jacobians: that of the inputs inside that of the outputs. Takes one backward pass for each element
 * of the outputs, or, when the inputs have fewer, one forward pass for each element of those. Can be differentiated.
 *
 * @param fn is called with the tensor, with the tensors of a list one by one, or with the object of tensors
 * @param inputs a tensor, or a list or object of them; `fn` may read other tensors too, as constants
 * @throws MyelinError `TYPE` for anything that is no tensor; `DTYPE` for what is not float; `SHAPE` for more than 8 axes
 * @example
 * ```ts
 * import { jacobian, tensor } from 'myelin';
 * console.log(jacobian((x) => x.square(), tensor([1, 2])).toArray()); // [ [ 2, 0 ], [ 0, 4 ] ]
 * ```
 */
export function jacobian<const P extends Tensors, const R extends Tensors>(
  fn: TensorFunction<P, R>,
  inputs: P,
): JacobianOf<R, P> {
  return scope(() => jacobians(trace('jacobian', fn, inputs)) as JacobianOf<R, P>);
}

/** The gradient of a function of one number, as a function of the same inputs. */
function gradientOf<P extends Tensors>(
  op: string,
  fn: TensorFunction<P, Tensor>,
  inputs: P,
): TensorFunction<P, Tensors> {
  checkFunction(op, 'the function', fn);
  return (...args) => {
    const leaves: Tensors = Array.isArray(inputs) ? (args as readonly Tensor[]) : args[0];
    return differentiate(op, () => fn(...args), leaves)[1];
  };
}

/**
 * All second partial derivatives of a function that gives one number.
 *
 * H[i…, k…] = ∂² fn / ∂ x[i…] ∂ x[k…]
 *
 * Shapes: x.shape twice; at most 8 axes. Dtypes: float dtypes; that of the input. Several inputs give a structure of
 * blocks: for each input (rows) one for each input (columns). Takes a gradient and then one pass for each element of the
 * inputs. Can be differentiated.
 *
 * @param fn returns one number; it is called with the tensor, with the tensors of a list one by one, or with the object
 * @param inputs a tensor, or a list or object of them
 * @throws MyelinError as {@link jacobian}; `SHAPE` when the function gives more than one number
 * @example
 * ```ts
 * import { hessian, tensor } from 'myelin';
 * console.log(hessian((x) => x.pow(3).sum(), tensor([1, 2])).toArray()); // [ [ 6, 0 ], [ 0, 12 ] ]
 * ```
 */
export function hessian<const P extends Tensors>(
  fn: TensorFunction<P, Tensor>,
  inputs: P,
): JacobianOf<GradientsOf<P>, P> {
  return scope(
    () => jacobians(trace('hessian', gradientOf('hessian', fn, inputs), inputs)) as JacobianOf<GradientsOf<P>, P>,
  );
}

/**
 * The Hessian of a function that gives one number, times a vector, without ever making the Hessian.
 *
 * product = H · v with H as {@link hessian} gives it: the derivative of the gradient in the direction of v.
 *
 * Shapes: the inputs'. Dtypes: float dtypes. Can be differentiated.
 *
 * Source: B. Pearlmutter, "Fast exact multiplication by the Hessian", 1994.
 *
 * @param fn returns one number
 * @param inputs a tensor, or a list or object of them
 * @param v one for each input, in the same structure
 * @returns the gradient, which is computed on the way, and the product
 * @throws MyelinError as {@link jvp}; `SHAPE` when the function gives more than one number
 * @example
 * ```ts
 * import { hvp, tensor } from 'myelin';
 * const [gradient, product] = hvp((x) => x.pow(3).sum(), tensor([1, 2]), tensor([1, 1]));
 * console.log(gradient.toArray(), product.toArray()); // [ 3, 12 ] [ 6, 12 ]
 * ```
 */
export function hvp<const P extends Tensors>(
  fn: TensorFunction<P, Tensor>,
  inputs: P,
  v: GradientsOf<P>,
): [gradient: GradientsOf<P>, product: GradientsOf<P>] {
  return scope(() => {
    // The Hessian is symmetric: vᵀ · H will do, and costs half of a forward pass.
    const traced = trace('hvp', gradientOf('hvp', fn, inputs), inputs);
    const product = pull(traced, matching('hvp', 'vector', v, traced.inputs));
    const { inputs: flat, outputs: gradient } = traced;
    return [flat.rebuild(gradient.tensors), flat.rebuild(product)] as [GradientsOf<P>, GradientsOf<P>];
  });
}
