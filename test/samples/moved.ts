import { at, build, type Nd } from '../support/reference';
import { everyDType, uniform, type Sample } from './sample';

/** Where an element of the result comes from; undefined where it is 0. */
export type Origin = (index: number[]) => readonly number[] | undefined;

type Attrs = NonNullable<Sample['attrs']>;

/** A sample of what only moves elements of x: the shape of the result, and where each of its elements comes from. */
export function moved(shape: readonly number[], out: readonly number[], origin: Origin, attrs: Attrs = {}): Sample {
  return {
    inputs: { x: uniform(shape) },
    attrs,
    dtypes: everyDType,
    reference: (x) => elements(x, out, origin),
  };
}

/** An array of elements of x. */
export const elements = (x: Nd, shape: readonly number[], origin: Origin): Nd =>
  build(x.dtype, shape, (index) => {
    const from = origin(index);
    return from === undefined ? 0 : at(x, from);
  });

/** An index with one place replaced. */
export const along = (index: readonly number[], axis: number, value: number): number[] =>
  index.map((i, other) => (other === axis ? value : i));

export const noTensor = { code: 'TYPE', message: /need a tensor/ } as const;
export const noAxis = { code: 'INDEX', message: /axis 5 / } as const;
export const internal = 'called by other functions only, with what they have checked';
