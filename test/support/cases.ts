import { memory, MyelinError, scope, setMemoryLimit } from 'myelin';

import { floats, type InputSpec, type OpSamples, type Sample } from '../samples/sample';
import { seedOf, sizeOf, type Nd } from './reference';
import { draw, movable, placeAll, type Subject } from './run';

// The cases that every entry has to have. What no sample of an entry is, is derived from one, or has a written reason.

/** Elements from which on threads share the work of every op. */
const shared = 70_000;

/** Bytes that a sample made longer may need. */
const most = '512MiB';

/** Attributes that say how much a function without inputs makes. */
const extents = ['shape', 'size', 'n', 'count', 'rows'];

const specsOf = ({ inputs }: Sample): readonly InputSpec[] => Object.values(inputs).flat();

export const isEmpty = (sample: Sample): boolean => specsOf(sample).some(({ shape }) => shape.includes(0));

/** The results of a sample's call, or the error it is refused with. */
function answer(subject: Subject, sample: Sample): readonly Pick<Nd, 'shape' | 'dtype'>[] | MyelinError {
  try {
    return scope(() => {
      const drawn = draw(sample, sample.dtypes?.[0] ?? 'float32', seedOf(subject.name));
      const tensors = placeAll(sample, drawn, 'contiguous');
      const results = subject.results(subject.run(drawn.groups, tensors, sample.attrs), tensors);
      return results.map(({ shape, dtype }) => ({ shape, dtype }));
    });
  } catch (error) {
    if (error instanceof MyelinError) return error;
    throw error;
  }
}

/** Whether a subject is an op that computes nothing. */
export const isView = ({ op }: Subject): boolean => op !== undefined && op.number < 0;

const works = (subject: Subject, sample: Sample): boolean => !(answer(subject, sample) instanceof MyelinError);

const isList = (given: InputSpec | readonly InputSpec[]): given is readonly InputSpec[] => Array.isArray(given);

/** The same sample with other shapes of its inputs; a list of given numbers is cut or repeated. */
function reshaped(sample: Sample, shapeOf: (shape: readonly number[]) => readonly number[]): Sample {
  const change = (spec: InputSpec): InputSpec => ({
    ...spec,
    shape: shapeOf(spec.shape),
    fill: (random, size) => {
      const numbers = spec.fill(random, size);
      return Array.from({ length: size }, (_, i) => numbers[i % numbers.length]!);
    },
  });
  const inputs = Object.entries(sample.inputs).map(([name, given]): [string, InputSpec | readonly InputSpec[]] =>
    isList(given) ? [name, given.map(change)] : [name, change(given)],
  );
  return { ...sample, inputs: Object.fromEntries(inputs) };
}

/** Whether a sample is one of rank 0: its first input is, or a result when it has no inputs. */
function isScalar(subject: Subject, sample: Sample): boolean {
  const [first] = specsOf(sample);
  if (first !== undefined) return first.shape.length === 0;
  const results = answer(subject, sample);
  return !(results instanceof MyelinError) && results.some(({ shape }) => shape.length === 0);
}

export const hasScalar = (subject: Subject, { samples }: OpSamples): boolean =>
  samples.some((sample) => isScalar(subject, sample));

/** The samples that work with one element of each input. */
export function scalarSamples(subject: Subject, { samples }: OpSamples): readonly Sample[] {
  // The attributes of a view are right by the function that gives them.
  if (isView(subject)) return [];
  return samples
    .filter((sample) => !isEmpty(sample) && specsOf(sample).length > 0)
    .map((sample) => reshaped(sample, () => []))
    .filter((sample) => works(subject, sample));
}

/** A sample whose inputs, those as long as the largest of them along axis 0, are so long that threads share them. */
function grown(sample: Sample): Sample {
  const specs = specsOf(sample);
  if (specs.length === 0) return { ...sample, attrs: { ...sample.attrs, ...enlarged(sample.attrs) } };
  const { shape: widest } = specs.reduce((a, b) => (sizeOf(b.shape) > sizeOf(a.shape) ? b : a));
  const extent = Math.ceil(shared / sizeOf(widest.slice(1)));
  return reshaped(sample, (shape) =>
    shape.length > 0 && shape[0] === widest[0] ? [extent, ...shape.slice(1)] : shape,
  );
}

function enlarged(attrs: Sample['attrs'] = {}): Sample['attrs'] {
  const name = extents.find((key) => Object.hasOwn(attrs, key));
  if (name === undefined) return {};
  return { [name]: Array.isArray(attrs[name]) ? [shared] : shared };
}

const rankOf = (sample: Sample): number => Math.max(0, ...specsOf(sample).map(({ shape }) => shape.length));

const resultSize = (subject: Subject, sample: Sample): number => {
  const results = answer(subject, sample);
  return results instanceof MyelinError ? 0 : Math.max(...results.map(({ shape }) => sizeOf(shape)));
};

/** A sample that threads share: its own large one, or one of its others made longer, those of most axes first. */
export function largeSample(subject: Subject, { large, samples }: OpSamples): Sample | undefined {
  if (large !== undefined) return large;
  const { limit } = memory();
  setMemoryLimit(most);
  try {
    return longSample(subject, samples);
  } finally {
    setMemoryLimit(limit);
  }
}

function longSample(subject: Subject, samples: readonly Sample[]): Sample | undefined {
  return samples
    .filter((sample) => !isEmpty(sample))
    .sort((a, b) => rankOf(b) - rankOf(a))
    .map(grown)
    .find((sample) => (rankOf(sample) > 0 ? works(subject, sample) : resultSize(subject, sample) >= shared / 2));
}

/** Whether two shapes differ and broadcast. */
function broadcast(a: readonly number[], b: readonly number[]): boolean {
  if (String(a) === String(b)) return false;
  return Array.from({ length: Math.min(a.length, b.length) }, (_, i) => [a.at(-1 - i), b.at(-1 - i)]).every(
    ([m, n]) => m === n || m === 1 || n === 1,
  );
}

/** Whether a sample has two inputs whose shapes, or the shapes of their batches of matrices, differ and broadcast. */
function broadcasts(sample: Sample): boolean {
  const shapes = specsOf(sample).map(({ shape }) => shape);
  const batches = shapes.filter((shape) => shape.length > 1).map((shape) => shape.slice(0, -2));
  return [shapes, batches].some((all) => all.some((a, i) => all.slice(i + 1).some((b) => broadcast(a, b))));
}

export const hasBroadcast = ({ samples }: OpSamples): boolean =>
  samples.every((sample) => specsOf(sample).length < 2) || samples.some(broadcasts);

/** Whether a float result could depend smoothly on a float input. */
function couldBeMoved(subject: Subject, sample: Sample): boolean {
  if (!(sample.dtypes ?? floats).includes('float64')) return false;
  if (movable(sample, draw(sample, 'float64', 1)).length === 0) return false;
  const results = answer(subject, sample);
  return !(results instanceof MyelinError) && results.some(({ dtype }) => floats.includes(dtype));
}

/** Whether second derivatives are checked, or the declaration of the op or the dtypes of its results say that it has none. */
export function hasSecondOrder(subject: Subject, { samples }: OpSamples): boolean {
  if (subject.op?.grad === 'none') return true;
  const smooth = samples.filter((sample) => couldBeMoved(subject, sample));
  return smooth.length === 0 || smooth.some(({ order = 2 }) => order === 2);
}

/** The inputs that are never tried but contiguous. */
export function alwaysContiguous({ samples }: OpSamples): readonly string[] {
  const names = new Set(samples.flatMap(({ inputs }) => Object.keys(inputs)));
  const varied = samples.flatMap(({ inputs, layouts = Object.keys(inputs) }) => layouts || []);
  return [...names].filter((name) => !varied.includes(name));
}
