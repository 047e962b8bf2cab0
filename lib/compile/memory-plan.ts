/** Memory that is needed from one command to another, both included. */
export interface Lifetime {
  readonly bytes: number;
  readonly first: number;
  readonly last: number;
}

/** Where each lies in one block of memory, and how large that is; all in bytes. */
export interface MemoryPlan {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

const align = 64;
const roundUp = (bytes: number): number => Math.ceil(bytes / align) * align;

/**
 * Gives memory to what lives at different times, so that what lives at the same time never overlaps.
 *
 * Largest first, each into the lowest gap that is free during its whole life. Source: Pisarchyk, Lee, "Efficient Memory
 * Management for Deep Neural Net Inference", 2020, greedy by size.
 */
export function planMemory(lifetimes: readonly Lifetime[]): MemoryPlan {
  const offsets = new Array<number>(lifetimes.length).fill(0);
  const order = lifetimes.map((_, i) => i).filter((i) => lifetimes[i]!.bytes > 0);
  order.sort((a, b) => lifetimes[b]!.bytes - lifetimes[a]!.bytes || a - b);
  // Those that have a place, by offset.
  const placed: number[] = [];
  let total = 0;
  for (const item of order) {
    const { bytes, first, last } = lifetimes[item]!;
    let offset = 0;
    let at = 0;
    for (let i = 0; i < placed.length; i++) {
      const other = lifetimes[placed[i]!]!;
      const start = offsets[placed[i]!]!;
      if (other.last < first || last < other.first) continue;
      if (start >= offset + bytes) break;
      offset = Math.max(offset, start + roundUp(other.bytes));
    }
    while (at < placed.length && offsets[placed[at]!]! <= offset) at++;
    placed.splice(at, 0, item);
    offsets[item] = offset;
    total = Math.max(total, offset + roundUp(bytes));
  }
  return { offsets, bytes: total };
}
