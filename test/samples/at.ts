import { at as atOf, newAxis, ones, take as takeOf, takeAlongAxis, tensor, type IndexSpec, type Tensor } from 'myelin';

import { accumulate, at as element, build, indicesOf, type Nd } from '../support/reference';
import { along, internal } from './moved';
import {
  everyDType,
  flags,
  integers,
  numbers,
  uniform,
  values,
  type InputSpec,
  type Sample,
  type SampleTable,
} from './sample';

const int = (list: readonly number[]): Tensor<'int32'> => tensor([...list], { dtype: 'int32' });

/**
 * How specs stand in a sample: items separated by blanks, `@0` the first index tensor, `+` a new axis, anything else a number
 * or a text.
 */
function decode(text: string, indices: readonly Tensor[]): IndexSpec[] {
  return text.split(' ').flatMap((item): IndexSpec[] => {
    if (item === '') return [];
    if (item === '+') return [newAxis];
    if (item.startsWith('@')) return [indices[Number(item.slice(1))] as Tensor<'int32'>];
    return [/^-?\d+$/.test(item) ? Number(item) : (item as IndexSpec)];
  });
}

type Origin = (index: readonly number[], indices: readonly Nd[]) => readonly number[];

function indexed(
  shape: readonly number[],
  specs: string,
  indices: readonly InputSpec[],
  out: readonly number[] | ((indices: readonly Nd[]) => readonly number[]),
  origin: Origin,
): Sample {
  return {
    inputs: { x: uniform(shape), indices },
    attrs: { specs },
    dtypes: everyDType,
    reference: (x, ...given) =>
      build(x.dtype, typeof out === 'function' ? out(given) : out, (index) => element(x, origin(index, given))),
  };
}

const where = (mask: Nd): number[][] => [...indicesOf(mask.shape)].filter((index) => element(mask, index) !== 0);

/** Two axes of [4, 3, 5] named together, as the op sees them: the index tensors have one shape. */
const together = (axes: readonly number[], picked: readonly number[]): Sample => {
  const shape = [4, 3, 5];
  const rest = shape.filter((_, axis) => !axes.includes(axis));
  return {
    inputs: { x: uniform(shape), indices: axes.map((axis) => integers(picked, 0, shape[axis]!, 'int64')) },
    attrs: { axes },
    dtypes: everyDType,
    reference: (x, ...indices) =>
      build(x.dtype, [...picked, ...rest], (index) => element(x, sourceOf(axes, shape, index, indices))),
  };
};

function sourceOf(
  axes: readonly number[],
  shape: readonly number[],
  index: readonly number[],
  indices: readonly Nd[],
): number[] {
  const rank = indices[0]!.shape.length;
  const rest = index.slice(rank);
  return shape.map((_, axis) => {
    const which = axes.indexOf(axis);
    return which < 0 ? rest.shift()! : element(indices[which]!, index.slice(0, rank));
  });
}

const back = (axes: readonly number[], picked: readonly number[], shape: readonly number[] = [4, 3, 5]): Sample => {
  const rest = shape.filter((_, axis) => !axes.includes(axis));
  return {
    inputs: {
      dout: uniform([...picked, ...rest]),
      indices: axes.map((axis) => integers(picked, 0, shape[axis]!, 'int64')),
    },
    attrs: { shape, axes },
    dtypes: numbers,
    tolerance: { relative: 8, absolute: 16 },
    reference: (dout, ...indices) =>
      accumulate(dout.dtype, shape, (add) => {
        for (const index of indicesOf(dout.shape)) add(sourceOf(axes, shape, index, indices), element(dout, index));
      }),
  };
};

/** Overwrites places of a target in order. */
const written = (axes: readonly number[], picked: readonly number[], source: readonly number[]): Sample => {
  const shape = [4, 3, 5];
  const rest = shape.filter((_, axis) => !axes.includes(axis));
  const part = [...picked, ...rest];
  return {
    inputs: {
      target: uniform(shape),
      source: uniform(source),
      indices: axes.map((axis) => integers(picked, 0, shape[axis]!, 'int64')),
    },
    attrs: { axes },
    dtypes: everyDType,
    order: 0,
    repeats: false,
    reference: (target, values_, ...indices) => {
      const data = [...target.data];
      const flat = build('int64', shape, (index) => (index[0]! * 3 + index[1]!) * 5 + index[2]!);
      for (const index of indicesOf(part)) {
        const own = index.slice(part.length - source.length).map((i, axis) => (source[axis] === 1 ? 0 : i));
        data[element(flat, sourceOf(axes, shape, index, indices))] = element(values_, own);
      }
      return [{ ...target, data }, values_, ...indices];
    },
  };
};

const negative = (shape: readonly number[], extent: number): InputSpec => integers(shape, -extent, extent, 'int64');
const wrap = (i: number, extent: number): number => (i + extent) % extent;

export const at: SampleTable = {
  at: {
    notCompiled: 'the shape of its result depends on values',
    run: ({ x, indices }, { specs }) => atOf(x!, ...decode(specs as string, indices!)),
    samples: [
      indexed([3, 4], '', [], [3, 4], (i) => i),
      indexed([], '+ ...', [], [1], () => []),
      indexed([3, 4], '-1', [], [4], ([j]) => [2, j!]),
      indexed([3, 4], ': 1:3', [], [3, 2], ([i, j]) => [i!, j! + 1]),
      indexed([3, 4], '::-2 ...', [], [2, 4], ([i, j]) => [2 - 2 * i!, j!]),
      indexed([2, 3, 4], '... 0', [], [2, 3], ([i, j]) => [i!, j!, 0]),
      indexed([2, 3], '+ 1 + :', [], [1, 1, 3], ([, , j]) => [1, j!]),
      indexed([3, 4], ': @0', [negative([2], 4)], [3, 2], ([i, j], [k]) => [i!, wrap(k!.data[j!]!, 4)]),
      indexed([4, 3], '@0', [negative([2, 3], 4)], [2, 3, 3], ([a, b, j], [k]) => [wrap(element(k!, [a!, b!]), 4), j!]),
      // Two index tensors broadcast, and take the place of the first.
      indexed([2, 4, 3], ': @0 @1', [negative([5], 4), negative([2, 1], 3)], [2, 2, 5], ([i, a, b], [k, l]) => [
        i!,
        wrap(k!.data[b!]!, 4),
        wrap(l!.data[a!]!, 3),
      ]),
      // With something between them their axes come first.
      indexed([4, 2, 3], '@0 : @1', [negative([5], 4), negative([5], 3)], [5, 2], ([a, i], [k, l]) => [
        wrap(k!.data[a!]!, 4),
        i!,
        wrap(l!.data[a!]!, 3),
      ]),
      // An integer counts as an index tensor of no axes.
      indexed([4, 2, 3], '1 : @0', [negative([5], 3)], [5, 2], ([a, i], [k]) => [1, i!, wrap(k!.data[a!]!, 3)]),
      indexed([2, 4, 3], ': 1 @0', [negative([5], 3)], [2, 5], ([i, a], [k]) => [i!, 1, wrap(k!.data[a!]!, 3)]),
      indexed([4, 3], '1: + @0', [negative([2], 3)], [3, 1, 2], ([i, , a], [k]) => [i! + 1, wrap(k!.data[a!]!, 3)]),
      indexed(
        [3, 4],
        '@0',
        [flags([3, 4])],
        ([mask]) => [where(mask!).length],
        ([a], [mask]) => where(mask!)[a!]!,
      ),
      indexed(
        [2, 5, 2],
        ': @0',
        [flags([5])],
        ([m]) => [2, where(m!).length, 2],
        ([i, a, j], [m]) => [i!, where(m!)[a!]![0]!, j!],
      ),
      // A mask beside a tensor stands for the positions where it holds: three of them here.
      {
        ...indexed(
          [5, 4, 2],
          '@0 @1',
          [values([5], [1, 0, 1, 1, 0], 'bool'), negative([3], 4)],
          [3, 2],
          ([a, j], [mask, k]) => [where(mask!)[a!]![0]!, wrap(k!.data[a!]!, 4), j!],
        ),
        // Repeating its first element would change how often the mask holds.
        layouts: ['x'],
      },
      indexed([0, 3], '@0 1', [negative([0], 3)], [0], () => []),
    ],
    errors: [
      { call: () => atOf(ones([3]), int([0, 3])), code: 'INDEX', message: /index 3 at position 1 .*extent 3/ },
      { call: () => atOf(ones([3]), int([-4])), code: 'INDEX', message: /index -4 at position 0 .*extent 3/ },
      { call: () => atOf(ones([3]), 3), code: 'INDEX', message: /index 3 is outside axis 0/ },
      { call: () => atOf(ones([3]), 0, 0), code: 'SHAPE', message: /2 axes are indexed of float32\[3\]/ },
      { call: () => atOf(ones([3]), '...', '...'), code: 'SHAPE', message: /occurs 2 times/ },
      { call: () => atOf(ones([3]), '1:b'), code: 'VALUE', message: /"1:b" is no range/ },
      { call: () => atOf(ones([3]), '::0'), code: 'VALUE', message: /step is 0/ },
      { call: () => atOf(ones([9]), [1, 2, 3, 4] as never), code: 'TYPE', message: /tensor\(\[...\], \{ dtype/ },
      { call: () => atOf(ones([3]), {} as never), code: 'TYPE', message: /an index is a Object/ },
      { call: () => atOf(ones([3]), undefined as never), code: 'TYPE', message: /an index is undefined/ },
      { call: () => atOf(ones([3]), 0.5), code: 'INDEX', message: /0\.5/ },
      { call: () => atOf(ones([3]), ones([1]) as never), code: 'DTYPE', message: /float32\[1\]/ },
      { call: () => atOf(ones([3]), ones([2], { dtype: 'bool' })), code: 'SHAPE', message: /need shape \[3\]/ },
      { call: () => atOf(ones([3, 3]), int([0, 1]), int([0, 1, 2])), code: 'SHAPE', message: /do not broadcast/ },
    ],
  },
  takeAt: {
    samples: [together([0, 2], [5]), together([1, 2], [2, 3]), together([2, 0, 1], [6]), together([0, 1], [0])],
    large: together([0, 2], [30_001]),
    errors: [],
    neverFails: internal,
    without: { scalar: 'its function gives it at least one axis' },
  },
  takeAtBackward: {
    samples: [back([0, 2], [5]), back([1, 2], [2, 3]), back([2, 0, 1], [6]), back([0, 1], [0])],
    large: back([0, 2], [3001]),
    errors: [],
    neverFails: internal,
  },
  assignAt: {
    samples: [
      written([0, 2], [5], [5, 3]),
      written([1, 2], [2, 3], [4]),
      written([2, 0, 1], [6], []),
      written([0], [2], [1, 1, 5]),
      written([0], [0], []),
    ],
    large: written([0, 2], [3001], [3]),
    errors: [],
    neverFails: 'its function is tested by itself: test/tensor/assign-at.test.ts',
    without: { scalar: 'its function gives it at least one axis' },
  },
  take: {
    run: ({ x, index }) => takeOf(x!, index as never),
    samples: [
      {
        inputs: { x: uniform([3, 4]), index: negative([2, 5], 12) },
        dtypes: everyDType,
        reference: (x, index) => ({ ...index, dtype: x.dtype, data: index.data.map((i) => x.data[wrap(i, 12)]!) }),
      },
      { inputs: { x: uniform([]), index: negative([], 1) }, dtypes: everyDType, reference: (x) => x },
      { inputs: { x: uniform([3]), index: negative([0], 3) }, reference: (x) => ({ ...x, shape: [0], data: [] }) },
    ],
    errors: [{ call: () => takeOf(ones([2]), int([-3])), code: 'INDEX', message: /index -3 at position 0/ }],
    without: { broadcast: 'its index has a shape of its own' },
  },
  takeAlongAxis: {
    run: ({ x, index }, { axis }) => takeAlongAxis(x!, index as never, { axis: axis as number }),
    samples: [
      {
        inputs: { x: uniform([3, 4]), index: negative([1, 2], 4) },
        attrs: { axis: 1 },
        dtypes: everyDType,
        reference: (x, index) => build(x.dtype, [3, 2], ([i, j]) => element(x, [i!, wrap(element(index, [0, j!]), 4)])),
      },
      {
        inputs: { x: uniform([3, 4]), index: negative([1, 4], 4) },
        attrs: { axis: 1 },
        reference: (x, index) => build(x.dtype, [3, 4], ([i, j]) => element(x, [i!, wrap(element(index, [0, j!]), 4)])),
      },
      {
        inputs: { x: uniform([4, 1, 2]), index: negative([2, 3, 2], 4) },
        attrs: { axis: 0 },
        reference: (x, index) =>
          build(x.dtype, [2, 3, 2], (i) => element(x, along(along(i, 1, 0), 0, wrap(element(index, i), 4)))),
      },
      {
        inputs: { x: uniform([0, 3]), index: negative([0, 2], 3) },
        attrs: { axis: 1 },
        reference: (x) => ({ ...x, shape: [0, 2] }),
      },
    ],
    errors: [
      { call: () => takeAlongAxis(ones([3]), int([3])), code: 'INDEX', message: /index 3 at position 0/ },
      { call: () => takeAlongAxis(ones([3, 2]), int([1])), code: 'SHAPE', message: /which broadcast except axis 1/ },
    ],
    without: { scalar: 'it needs an axis' },
  },
};
