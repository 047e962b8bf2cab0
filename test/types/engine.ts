// Compiled by `npm run types`, never run: what the types promise about functions of functions.
import { checkpoint, customGrad, grad, hessian, hvp, jacobian, jvp, stopGradient, vjp, zeros } from 'myelin';
import type { Parameter, Pullback, Tensor } from 'myelin';

const x = zeros([2, 3]);
const y = zeros([3], { dtype: 'float64' });
declare const weight: Parameter<'float32', readonly [4]>;

// Gradients have the structure of what they belong to.
export const one: Tensor<'float32', readonly [2, 3]> = grad(() => x.sum(), x);
export const list: readonly [Tensor<'float32', readonly [2, 3]>, Tensor<'float64'>] = grad(() => x.sum(), [x, y]);
export const named: { readonly w: Tensor<'float32', readonly [4]> } = grad(() => weight.sum(), { w: weight });

// Functions are called with the tensor, with those of a list, or with the object.
const [out, pullback] = vjp((a, b) => ({ total: a.sum(), same: b }), [x, y]);
export const same: Tensor<'float64', readonly [3]> = out.same;
export const [dx, dy]: readonly [Tensor<'float32'>, Tensor<'float64'>] = pullback({ total: zeros([]), same: y });
export const held: Pullback<typeof x, typeof x> = vjp((a: typeof x) => a.exp(), x)[1];
export const tangent: Tensor<'float32', readonly [3, 2]> = jvp((a) => a.transpose(), x, x)[1];
export const ofObject: Tensor<'float64'> = jvp(({ b }) => b.exp(), { b: y }, { b: y })[1];

// Shapes of Jacobians follow from both.
export const j: Tensor<'float32', readonly [3, 2, 2, 3]> = jacobian((a) => a.transpose(), x);
export const blocks: { readonly u: readonly [Tensor<'float32'>, Tensor<'float64', readonly [3, 3]>] } = jacobian(
  (_, b) => ({ u: b.exp() }),
  [x, y],
);
export const h: Tensor<'float64', readonly [3, 3]> = hessian((b) => b.square().sum(), y);
export const product: Tensor<'float64', readonly [3]> = hvp((b) => b.square().sum(), y, y)[1];

export const part: Tensor<'float32', readonly [2, 3]> = checkpoint((a) => a.exp(), x);
export const parts: { readonly p: Tensor<'float64'> } = checkpoint(() => ({ p: y.exp() }));
export const constant: Tensor<'float32', readonly [4]> = stopGradient(weight);
export const detached: Tensor<'float32', readonly [2, 3]> = x.detach();
export const computed: number = stopGradient(() => 5);

const scaled = customGrad({
  forward: (a: Tensor<'float32'>, b: Tensor<'float64'>) => a.mul(b),
  backward: (dout, { inputs: [a, b] }) => [dout.mul(b).to('float32'), dout.mul(a)],
});
export const promoted: Tensor<'float64'> = scaled(x, y);

// @ts-expect-error a tangent of another shape
jvp((a) => a.exp(), x, zeros([3, 2]));
// @ts-expect-error a cotangent for an output that is not there
pullback({ total: zeros([]), other: y });
// @ts-expect-error a hessian is of a function that gives one tensor
hessian(() => 'nothing', x);
// @ts-expect-error one gradient for two inputs
customGrad({ forward: (a: Tensor, b: Tensor) => a.add(b), backward: (dout) => [dout] });
// @ts-expect-error a number is no tensor
vjp((a) => a, 5);
