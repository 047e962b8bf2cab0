import { at, build, sumOf, indicesOf, type Nd } from './reference';

/** Einstein's summation by plain loops over every index; labels are single characters, extents of 1 repeat. */
export function einsum(equation: string, operands: readonly Nd[]): Nd {
  const [left, right] = equation.split('->') as [string, string];
  const terms = left.split(',');
  const extents = new Map<string, number>();
  terms.forEach((term, i) =>
    Array.from(term).forEach((label, axis) => {
      const extent = operands[i]!.shape[axis]!;
      if ((extents.get(label) ?? 1) === 1) extents.set(label, extent);
    }),
  );
  const summed = [...extents.keys()].filter((label) => !right.includes(label));
  const placeOf = (term: string, x: Nd, values: ReadonlyMap<string, number>): number[] =>
    Array.from(term).map((label, axis) => (x.shape[axis] === 1 ? 0 : values.get(label)!));
  return build(
    operands[0]!.dtype,
    Array.from(right).map((label) => extents.get(label)!),
    (index) => {
      const terms_ = [...indicesOf(summed.map((label) => extents.get(label)!))].map((inner) => {
        const values = new Map([
          ...Array.from(right).map((label, axis) => [label, index[axis]!] as const),
          ...summed.map((label, axis) => [label, inner[axis]!] as const),
        ]);
        return terms.reduce((product, term, i) => product * at(operands[i]!, placeOf(term, operands[i]!, values)), 1);
      });
      return sumOf(terms_);
    },
  );
}
