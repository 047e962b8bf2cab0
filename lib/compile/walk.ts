import type { Shape } from '../tensor/shape.js';
import type { View } from './graph.js';

/** Steps from element to element, of one axis. */
interface Axis {
  readonly extent: number;
  readonly stride: number;
}

/** How a view moves while memory of another one, without gaps, is passed over from its beginning: innermost axis first. */
export type Walk = readonly Axis[];

/** The walk of a view that is broadcast to the shape of `along`, whose memory has no gaps. */
export function walkOf({ shape, strides }: View, along: View): Walk {
  const lead = along.shape.length - shape.length;
  const axes = along.shape.map((_, axis) => axis).filter((axis) => along.shape[axis] !== 1);
  axes.sort((a, b) => along.strides[a]! - along.strides[b]!);
  return axes.map((axis) => {
    const repeats = axis < lead || shape[axis - lead] === 1;
    return { extent: along.shape[axis]!, stride: repeats ? 0 : strides[axis - lead]! };
  });
}

/** Whether a walk passes over memory without gaps. */
export function isStraight(walk: Walk): boolean {
  let expected = 1;
  return walk.every(({ extent, stride }) => {
    const straight = stride === expected;
    expected *= extent;
    return straight;
  });
}

/** Whether a view passes over the whole of its value, in the order of the memory of `along`. */
export function passesOver(view: View, along: View): boolean {
  return view.offset === 0 && isStraight(walkOf(view, along));
}

/** Numbers of elements after which some axis of a view begins anew, from small to large. */
export function cutsOf(view: View): readonly number[] {
  let elements = 1;
  return walkOf(view, view).map(({ extent }) => (elements *= extent));
}

/** The cuts of several walks, if axes can be cut so that all have the same: each must divide the next. */
export function commonCuts(...lists: readonly (readonly number[])[]): readonly number[] | undefined {
  const cuts = [...new Set(lists.flat())].sort((a, b) => a - b);
  return cuts.every((cut, i) => i === 0 || cut % cuts[i - 1]! === 0) ? cuts : undefined;
}

/** The same walk with more and shorter axes. */
export function cutWalk(walk: Walk, cuts: readonly number[]): Walk {
  const axes: Axis[] = [];
  let elements = 1;
  let next = 0;
  for (const { extent, stride } of walk) {
    const end = elements * extent;
    for (let step = stride; elements < end; next++) {
      const part = cuts[next]! / elements;
      axes.push({ extent: part, stride: step });
      step *= part;
      elements = cuts[next]!;
    }
  }
  return axes;
}

/** Walks of equal cuts with as few axes as they can have: those over which all go straight on are one. */
export function joinWalks(walks: readonly Walk[]): readonly Walk[] {
  const joined: Axis[][] = walks.map(() => []);
  walks[0]!.forEach((_, axis) => {
    const goesOn = walks.every((walk, i) => {
      const last = joined[i]!.at(-1);
      return last !== undefined && walk[axis]!.stride === last.stride * last.extent;
    });
    walks.forEach((walk, i) => {
      const axes = joined[i]!;
      const { extent, stride } = walk[axis]!;
      if (!goesOn) axes.push({ extent, stride });
      else axes.push({ extent: extent * axes.at(-1)!.extent, stride: axes.pop()!.stride });
    });
  });
  return joined;
}

/** A walk as shape and strides. */
export function asShape(walk: Walk): { readonly shape: Shape; readonly strides: readonly number[] } {
  const outermostFirst = [...walk].reverse();
  return {
    shape: outermostFirst.map(({ extent }) => extent),
    strides: outermostFirst.map(({ stride }) => stride),
  };
}
