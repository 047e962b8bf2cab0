import { defaultGenerator } from '../tensor/rng.js';

/** A seed drawn from the library's own generator: after `seed(n)`, loaders without a seed repeat too. */
export function drawSeed(): number {
  const { key, counter } = defaultGenerator.take(1);
  return (key + counter * 0x9e3779b9) % Number.MAX_SAFE_INTEGER;
}

/**
 * A permutation of 0 … length − 1 that depends on nothing but its arguments: Fisher–Yates, drawing from SplitMix32.
 *
 * Source: R. Durstenfeld, Algorithm 235: Random permutation, CACM 7(7), 1964; the mixing constants are those of
 * G. L. Steele, D. Lea, C. H. Flood, Fast splittable pseudorandom number generators, OOPSLA 2014, and MurmurHash3.
 */
export function permutation(length: number, seed: number, stream: number): Uint32Array {
  const order = Uint32Array.from({ length }, (_, i) => i);
  let state = [seed / 2 ** 32, seed, stream].reduce((hash, word) => mix((mix(hash) + Math.floor(word)) >>> 0), 0);
  for (let i = length - 1; i > 0; i--) {
    state = (state + 0x9e3779b9) >>> 0;
    const j = Math.floor((mix(state) / 2 ** 32) * (i + 1));
    const held = order[i]!;
    order[i] = order[j]!;
    order[j] = held;
  }
  return order;
}

// The finalizer of MurmurHash3 (A. Appleby): every bit of the input changes every bit of the output.
function mix(value: number): number {
  let h = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
