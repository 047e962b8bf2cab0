import { buffer } from '../nn/init.js';
import { assignState, type StateDict } from '../nn/state-dict.js';
import { abs, add, mul } from '../ops/arithmetic.js';
import { checkAtLeast, checkInteger, checkObject, checkOneFloat, checkOption, checkTensor } from '../ops/checks.js';
import { full, zeros } from '../ops/creation.js';
import { lbfgsDirection, lbfgsPair } from '../ops/lbfgs.js';
import { matmul } from '../ops/linalg.js';
import { concat } from '../ops/move.js';
import { ascent, sgdStep } from '../ops/optim.js';
import { max, min, sum } from '../ops/reduce.js';
import { reshape } from '../ops/reshape.js';
import { narrow } from '../ops/views.js';
import { fail } from '../tensor/errors.js';
import type { Buffer, Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import { strongWolfe, type LinePoint } from './line-search.js';
import { checkGradients, checkParameters, type NamedParameters } from './optimizer.js';

/** Options of {@link LBFGS}. */
export interface LBFGSOptions {
  /** Length of a step, in directions; with a line search that of its first trial. Default 1. */
  readonly lr: number;
  /** Directions that a call of `step` follows at most; default 20. */
  readonly maxIter: number;
  /** Calls of the closure that a call of `step` makes at most; default 1.25 · maxIter. */
  readonly maxEval: number;
  /** Ends when no element of the gradient is larger; default 1e-7. */
  readonly toleranceGrad: number;
  /** Ends when neither parameters nor loss change by more; default 1e-9. */
  readonly toleranceChange: number;
  /** How many of the last steps are remembered; default 100. */
  readonly historySize: number;
  /** How the length of a step is found; default `'none'`: it is lr. */
  readonly lineSearch: 'none' | 'strongWolfe';
}

/** Loss and gradients by parameter name, as {@link valueAndGrad} returns them. */
export type LossClosure = () => readonly [loss: Tensor, gradients: Readonly<Record<string, Tensor>>];

/** Below that much curvature a step is not remembered. */
const leastCurvature = 1e-10;

interface Memory {
  readonly step: Buffer;
  readonly change: Buffer;
  /** Their product, once it is known. */
  bend?: number;
}

interface Evaluation {
  readonly loss: number;
  readonly gradient: Tensor;
}

const scalarOf = (value: number): Tensor => full([], value, { dtype: 'float64' });
const scalar = (value: number): Buffer => buffer(() => scalarOf(value));
const numberOf = (x: Tensor): number => Number(x.item());
const dot = (a: Tensor, b: Tensor): number => numberOf(matmul(a, b));
const largest = (x: Tensor): number => scope(() => Math.max(numberOf(max(x)), -numberOf(min(x))));

function checkOptions({ lr, maxIter, maxEval, toleranceGrad, toleranceChange, historySize, lineSearch }: LBFGSOptions) {
  for (const [name, value] of Object.entries({ lr, toleranceGrad, toleranceChange })) {
    checkAtLeast('LBFGS', name, value, 0);
  }
  for (const [name, value] of Object.entries({ maxIter, maxEval, historySize })) {
    checkInteger('LBFGS', name, value, 1);
  }
  checkOption('LBFGS', 'lineSearch', lineSearch, ['none', 'strongWolfe']);
}

/**
 * Limited-memory BFGS: directions from gradients and an estimate of the curvature that the last steps have met. For
 * problems that are small enough for the loss of all data to be computed at every step.
 *
 * It asks for loss and gradients several times in a step, hence the closure. It reads their values, so its step is not
 * part of a compiled function; the closure may call one.
 *
 * @param parameters what to train, by name, all of one dtype: `model.parameters()`
 * @param options.lr length of a step, in directions; with a line search that of its first trial; default 1
 * @param options.maxIter directions that a call of `step` follows at most; default 20
 * @param options.maxEval calls of the closure that a call of `step` makes at most; default 1.25 · maxIter
 * @param options.toleranceGrad ends when no element of the gradient is larger; default 1e-7
 * @param options.toleranceChange ends when neither parameters nor loss change by more; default 1e-9
 * @param options.historySize how many of the last steps are remembered; default 100
 * @param options.lineSearch `'none'` or `'strongWolfe'`; default `'none'`
 * @throws MyelinError `VALUE` for options out of range; `DTYPE` for parameters of several dtypes
 *
 * Source: Nocedal & Wright 2006, «Numerical Optimization», algorithms 7.4 and 7.5.
 * @example
 * ```ts
 * import { LBFGS, Linear, mse, ones, valueAndGrad } from 'myelin';
 * const model = new Linear(2, 1);
 * const optimizer = new LBFGS(model.parameters(), { lineSearch: 'strongWolfe' });
 * const closure = () => valueAndGrad(() => mse(model.forward(ones([4, 2])), ones([4, 1])), model.parameters());
 * optimizer.step(closure);
 * console.log(closure()[0].item() < 1e-8); // true
 * ```
 */
export class LBFGS {
  private readonly options: LBFGSOptions;
  private readonly names: readonly string[];
  private readonly rate: Buffer;
  /** Directions followed so far, over all steps. */
  private readonly directions = scalar(0);
  private readonly direction: Buffer;
  private readonly slope: Buffer;
  private readonly length = scalar(0);
  private readonly gradient: Buffer;
  private readonly scale = scalar(1);
  private readonly history: Memory[] = [];

  constructor(
    private readonly parameters: NamedParameters,
    options: Partial<LBFGSOptions> = {},
  ) {
    checkParameters('LBFGS', parameters);
    checkObject('LBFGS', 'options', options);
    checkOneFloat('LBFGS', parameters);
    const { maxIter = 20 } = options;
    this.options = {
      lr: 1,
      maxIter,
      maxEval: Math.max(1, Math.floor(maxIter * 1.25)),
      toleranceGrad: 1e-7,
      toleranceChange: 1e-9,
      historySize: 100,
      lineSearch: 'none',
      ...options,
    };
    checkOptions(this.options);
    this.names = Object.keys(parameters);
    this.rate = scalar(this.options.lr);
    this.direction = this.vector();
    this.gradient = this.vector();
    this.slope = buffer(() => zeros([], { dtype: this.direction.dtype }));
  }

  /** Learning rate: length of a step, in directions. */
  get lr(): number {
    return numberOf(this.rate);
  }

  set lr(value: number) {
    checkAtLeast('LBFGS', 'lr', value, 0);
    this.rate.assign(value);
  }

  /** How many directions have been followed. */
  get stepCount(): number {
    return numberOf(this.directions);
  }

  /**
   * Changes the parameters by up to `maxIter` steps.
   *
   * @param closure loss and gradients at the parameters as they are
   * @returns the loss before the first of them
   * @throws MyelinError `VALUE` for gradients of what is no parameter, or that lack one
   */
  step(closure: LossClosure): number {
    if (typeof closure !== 'function') fail('TYPE', 'LBFGS', 'step needs a function that returns loss and gradients');
    return scope(() => this.descend(closure));
  }

  /** Everything that must be saved to go on later: the live tensors. */
  stateDict(): Record<string, Variable> {
    const remembered = this.history.flatMap(({ step, change }, i) => [
      [`old_stps.${i}`, step] as const,
      [`old_dirs.${i}`, change] as const,
    ]);
    return {
      lr: this.rate,
      n_iter: this.directions,
      d: this.direction,
      t: this.length,
      prev_flat_grad: this.gradient,
      H_diag: this.scale,
      ...Object.fromEntries(remembered),
    };
  }

  /**
   * Goes on where another LBFGS over the same parameters was.
   *
   * @throws MyelinError `VALUE` naming missing and unexpected tensors; `SHAPE` naming those of another shape
   */
  loadStateDict(state: StateDict): void {
    checkObject('loadStateDict', 'state', state);
    const count = Object.keys(state).filter((name) => name.startsWith('old_stps.')).length;
    for (const each of this.history) delete each.bend;
    while (this.history.length > count) this.forgetOldest();
    while (this.history.length < count) this.history.push({ step: this.vector(), change: this.vector() });
    assignState(this.stateDict(), state, true);
  }

  /** Frees what is remembered; the parameters stay. */
  dispose(): void {
    for (const variable of [...Object.values(this.stateDict()), this.slope]) variable.dispose();
  }

  /** Frees the state at the end of the block of a `using` declaration. */
  [Symbol.dispose](): void {
    this.dispose();
  }

  private descend(closure: LossClosure): number {
    const { maxIter, maxEval, toleranceGrad, toleranceChange } = this.options;
    let evaluations = 0;
    const evaluate = (): Evaluation => {
      evaluations++;
      return scope(() => this.evaluate(closure));
    };
    let { loss, gradient } = evaluate();
    const first = loss;
    for (let i = 1; i <= maxIter; i++) {
      if (evaluations >= maxEval && i > 1) break;
      if (largest(gradient) <= toleranceGrad) break;
      this.turn(gradient);
      const slope = numberOf(this.slope);
      const start: LinePoint<Tensor> = { t: 0, value: loss, slope, at: gradient };
      if (slope > -toleranceChange) break;
      const next = this.advance(start, evaluate, i === maxIter);
      this.length.assign(next.t);
      [loss, gradient] = [next.value, next.at];
      if (gradient !== start.at) start.at.dispose();
      if (largest(this.direction) * next.t <= toleranceChange) break;
      if (Math.abs(loss - start.value) < toleranceChange) break;
    }
    return first;
  }

  /** Takes note of how the gradient has changed, and turns to the next direction. */
  private turn(gradient: Tensor): void {
    scope(() => {
      if (this.stepCount > 0) this.remember(gradient);
      const [steps, changes] = [this.history.map(({ step }) => step), this.history.map(({ change }) => change)];
      const curvatures = this.history.map((each) => (each.bend ??= dot(each.step, each.change)));
      const { direction, slope } = this;
      lbfgsDirection({ direction, slope, gradient, steps, changes }, { scale: numberOf(this.scale), curvatures });
      this.gradient.assign(gradient);
      this.directions.assign(this.stepCount + 1);
    });
  }

  private remember(gradient: Tensor): void {
    const { gradient: previous, direction } = this;
    const { step, change, products } = lbfgsPair({ gradient, previous, direction }, { length: numberOf(this.length) });
    const [bend, square] = (products.toArray() as number[]).map(Number);
    if (bend! <= leastCurvature) return;
    if (this.history.length === this.options.historySize) this.forgetOldest();
    this.history.push({ step: buffer(() => step), change: buffer(() => change), bend: bend! });
    this.scale.assign(bend! / square!);
  }

  /** Follows the direction; after the last time nobody needs to know loss and gradient. */
  private advance(
    start: LinePoint<Tensor>,
    evaluate: () => Evaluation,
    last: boolean,
  ): Omit<LinePoint<Tensor>, 'slope'> {
    const { lineSearch, toleranceChange } = this.options;
    const size = this.stepCount === 1 ? Math.min(1, 1 / scope(() => numberOf(sum(abs(start.at))))) : 1;
    const t = size * this.lr;
    if (lineSearch === 'none') {
      this.move(t);
      if (last) return { ...start, t };
      const { loss, gradient } = evaluate();
      return { t, value: loss, at: gradient };
    }
    const from = this.flat(this.parameters);
    const moveTo = (length: number): void => scope(() => this.place(add(from, mul(this.direction, length))));
    const at = (length: number): LinePoint<Tensor> => {
      moveTo(length);
      const { loss, gradient } = evaluate();
      return { t: length, value: loss, slope: dot(gradient, this.direction), at: gradient };
    };
    const reach = largest(this.direction);
    const found = strongWolfe(at, start, t, { tolerance: toleranceChange, reach });
    moveTo(found.t);
    return found;
  }

  private evaluate(closure: LossClosure): Evaluation {
    const [loss, gradients] = closure();
    checkTensor('LBFGS', 'the loss', loss);
    checkGradients('LBFGS', gradients, new Map(Object.entries(this.parameters)));
    const lacking = this.names.filter((name) => !Object.hasOwn(gradients, name));
    if (lacking.length > 0) fail('VALUE', 'LBFGS', `there is no gradient of ${lacking.join(', ')}`);
    return { loss: numberOf(loss), gradient: this.flat(gradients) };
  }

  private vector(): Buffer {
    const size = this.names.reduce((total, name) => total + this.parameters[name]!.size, 0);
    return buffer(() => zeros([size], { dtype: this.parameters[this.names[0]!]!.dtype }));
  }

  /** All tensors as one vector, in the order of the parameters. */
  private flat(tensors: Readonly<Record<string, Tensor>>): Tensor {
    return concat(this.names.map((name) => reshape(tensors[name]!, [-1])));
  }

  /** A vector as tensors like the parameters: the opposite of flat. */
  private parts(vector: Tensor): Tensor[] {
    let end = 0;
    return this.names.map((name) => {
      const { size, shape } = this.parameters[name]!;
      end += size;
      return reshape(narrow(vector, 0, end - size, size), shape);
    });
  }

  private place(vector: Tensor): void {
    this.parts(vector).forEach((part, i) => this.parameters[this.names[i]!]!.assign(part));
  }

  /** Moves the parameters along the direction. */
  private move(length: number): void {
    scope(() => {
      const params = this.names.map((name) => this.parameters[name]!);
      const [lr, momentum] = [scalarOf(length), scalarOf(0)];
      sgdStep({ params, grads: this.parts(this.direction), velocities: [], steps: [], momentum, lr }, ascent);
    });
  }

  private forgetOldest(): void {
    const { step, change } = this.history.shift()!;
    step.dispose();
    change.dispose();
  }
}
