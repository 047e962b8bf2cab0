import type { Arguments, Kind } from './case.js';

// Every contender, Myelin included, is a process of its own that reads requests and writes replies, a line of JSON each.
// Its first line introduces it. So all are measured alike, in turns, and none disturbs another's memory or threads.

/** The first line of a contender. */
export interface Introduction {
  /** What it is: `PyTorch`, `oneDNN`. Targets name peers so. */
  readonly name: string;
  readonly version: string;
  /** How it was set up: libraries, settings. */
  readonly configuration: string;
}

export type Request =
  | ({ readonly do: 'prepare'; readonly kind: Kind; readonly threads: number } & Arguments)
  /** Runs the prepared case over and over for about so long; `each` wants every call timed by itself. */
  | { readonly do: 'time'; readonly seconds: number; readonly each?: boolean }
  /** Frees what was prepared. */
  | { readonly do: 'drop' };

/** Numbers of one result at places that every contender picks alike: see {@link samplePlaces}. */
export interface Digest {
  readonly size: number;
  readonly samples: readonly number[];
}

export interface Prepared {
  /** One digest for each tensor of the result, as if stored in row-major order. */
  readonly outputs: readonly Digest[];
  /** What was fastest in a trial of each choice, such as a memory layout; empty when there is no choice. */
  readonly setting: string;
  /** Most bytes that the case had in use at once during a call, weights and inputs included; where the contender knows. */
  readonly peak?: number;
}

/** Why a contender does not take part in a case. */
export interface Unsupported {
  readonly unsupported: string;
}

export interface Timed {
  /** Seconds of one call, the average over the turn; the median where each call was timed. */
  readonly seconds: number;
  /** What 99 of 100 calls keep within, where each was timed. */
  readonly tail?: number;
}

/** Places of an output whose numbers are compared: spread, and the same for everyone. */
export function samplePlaces(size: number): number[] {
  return Array.from({ length: Math.min(size, 64) }, (_, i) => (i * 7919 + 13) % size);
}

/** The digest of a result that is in memory. */
export function digestOf(values: ArrayLike<number | bigint>): Digest {
  return { size: values.length, samples: samplePlaces(values.length).map((place) => Number(values[place])) };
}

/**
 * Element of {@link pattern}: every language makes the same numbers from the same index and seed, because it is whole
 * numbers of 32 bits only. The mixing is the finalizer of MurmurHash3 (Appleby 2011).
 */
export function patternAt(index: number, seed: number): number {
  let bits = (index + Math.imul(seed, 0x9e3779b9)) | 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return Math.fround(((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32 - 0.5);
}

/** Numbers that look random, in [-0.5, 0.5]. */
export function pattern(size: number, seed: number): Float32Array {
  const values = new Float32Array(size);
  for (let i = 0; i < size; i++) values[i] = patternAt(i, seed);
  return values;
}
