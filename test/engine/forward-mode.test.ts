import { grad, jvp, mul, scope, sum, vjp, type Tensor } from 'myelin';

import { ops } from '../../lib/engine/define';
import { samples } from '../samples';
import { floats, type Sample } from '../samples/sample';
import { read } from '../support/compare';
import { place } from '../support/layouts';
import { Random, seedOf, type Nd } from '../support/reference';
import { draw, movable, subjectOf, type Subject } from '../support/run';

// Every op and function of the sample table, forward: its jvp against central differences, against its vjp, and the
// derivative of its jvp.

const step = 1e-5;

function noise(like: Pick<Nd, 'shape'> & { readonly size: number }, random: Random): Nd {
  const data = Array.from({ length: like.size }, () => random.between(-1, 1));
  return { dtype: 'float64', shape: like.shape, data };
}

const tensorOf = (x: Nd): Tensor => place(x, 'contiguous');
const dot = (a: readonly Tensor[], b: readonly Tensor[]): Tensor =>
  a.map((x, i) => sum(mul(x, b[i]!))).reduce((total, term) => total.add(term));

/** One sample, moved along a random direction. */
class Course {
  private readonly arrays: readonly Nd[];
  private readonly direction: readonly Nd[];
  readonly by: readonly number[];

  constructor(
    private readonly subject: Subject,
    private readonly sample: Sample,
    private readonly random: Random,
  ) {
    this.drawn = draw(sample, 'float64', seedOf(subject.name));
    this.arrays = this.drawn.arrays;
    this.by = movable(sample, this.drawn);
    this.direction = this.by.map((i) => noise({ ...this.arrays[i]!, size: this.arrays[i]!.data.length }, random));
  }

  private readonly drawn: ReturnType<typeof draw>;

  /** What moves, at a distance along the direction. */
  inputs(distance = 0): Tensor[] {
    return this.by.map((at, i) => {
      const { dtype, shape, data } = this.arrays[at]!;
      return tensorOf({ dtype, shape, data: data.map((x, k) => x + distance * this.direction[i]!.data[k]!) });
    });
  }

  tangents(): Tensor[] {
    return this.direction.map(tensorOf);
  }

  weights(like: readonly Tensor[]): Tensor[] {
    return like.map((x) => tensorOf(noise(x, this.random)));
  }

  readonly f = (...moved: readonly Tensor[]): Tensor[] => {
    const all = this.arrays.map((x, i) => (this.by.includes(i) ? moved[this.by.indexOf(i)]! : tensorOf(x)));
    return this.subject
      .run(this.drawn.groups, all, this.sample.attrs)
      .slice(0, this.sample.differentiable)
      .filter((out) => floats.includes(out.dtype));
  };
}

function expectClose(label: string, got: number, expected: number, scale = 1): void {
  if (Math.abs(got - expected) <= 2e-6 * (scale + Math.abs(expected))) return;
  throw new Error(`${label}: got ${got}, expected ${expected}`);
}

function checkFirst(course: Course): void {
  const inputs = course.inputs();
  const tangents = course.tangents();
  const [, moved] = jvp(course.f, inputs, tangents);
  const [high, low] = [step, -step].map((distance) => course.f(...course.inputs(distance)).map(read));
  moved.map(read).forEach((out, i) =>
    out.data.forEach((got, k) => {
      const expected = (high![i]!.data[k]! - low![i]!.data[k]!) / (2 * step);
      expectClose(`output ${i} element ${k}`, got, expected);
    }),
  );
  const [outputs, pullback] = vjp(course.f, inputs);
  const weights = course.weights(outputs);
  const pulled = pullback(weights);
  expectClose(
    'dot product',
    dot(moved, weights).item() as number,
    dot(tangents, pulled).item() as number,
    outputs.length,
  );
}

function checkSecond(course: Course): void {
  const tangents = course.tangents();
  const weights = course.weights(course.f(...course.inputs()));
  const slope = (inputs: readonly Tensor[]): Tensor => dot(jvp(course.f, inputs, tangents)[1], weights);
  const inputs = course.inputs();
  const along = dot(
    grad(() => slope(inputs), inputs),
    tangents,
  ).item() as number;
  const [high, low] = [step, -step].map((distance) => slope(course.inputs(distance)).item() as number);
  expectClose('derivative of the jvp', along, (high! - low!) / (2 * step), 10);
}

const differentiable = Object.entries(samples).filter(([name, own]) => {
  const op = ops.get(name);
  return op === undefined || op.grad !== 'none' ? own.samples.some(({ order = 2 }) => order > 0) : false;
});

test.each(differentiable)('%s', (name, own) => {
  const subject = subjectOf(name, own.run);
  own.samples.forEach((sample, index) => {
    const { order = 2, dtypes = floats } = sample;
    if (order === 0 || !dtypes.includes('float64')) return;
    try {
      const course = (): Course => new Course(subject, sample, new Random(seedOf(`${name} ${index}`)));
      scope(() => checkFirst(course()));
      if (order === 2) scope(() => checkSecond(course()));
    } catch (error) {
      throw new Error(`${name}, sample ${index}: ${String(error)}`, { cause: error });
    }
  });
});
