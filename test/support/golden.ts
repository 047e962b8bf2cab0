import path from 'node:path';

import { cast, memory, readSafetensors, scope, type FloatDType, type Tensor } from 'myelin';

import { isFloat } from '../../lib/tensor/dtype';
import { difference, read, type Tolerance } from './compare';

/** Tensors that scripts/golden.py wrote, under names `<case>/<what>`. */
export class Golden {
  private constructor(private readonly tensors: Readonly<Record<string, Tensor>>) {}

  static async read(name: string): Promise<Golden> {
    const { tensors } = await readSafetensors(path.join(__dirname, '..', 'golden', `${name}.safetensors`));
    return new Golden(tensors);
  }

  /** Names of all cases, sorted. */
  cases(): string[] {
    return [...new Set(Object.keys(this.tensors).map((name) => name.split('/')[0]!))].sort();
  }

  has(name: string): boolean {
    return Object.hasOwn(this.tensors, name);
  }

  get(name: string): Tensor {
    const tensor = this.tensors[name];
    if (tensor === undefined) throw new Error(`scripts/golden.py wrote no ${name}`);
    return tensor;
  }

  /** A tensor in the precision under test; indices stay as they are. */
  as<D extends FloatDType>(name: string, dtype: D): Tensor<D> {
    const tensor = this.get(name);
    return (isFloat(tensor.dtype) ? cast(tensor, dtype) : tensor) as Tensor<D>;
  }

  /** Everything under a prefix, without the prefix. */
  under(prefix: string): Record<string, Tensor> {
    const entries = Object.entries(this.tensors).filter(([name]) => name.startsWith(`${prefix}/`));
    return Object.fromEntries(entries.map(([name, tensor]) => [name.slice(prefix.length + 1), tensor]));
  }

  dispose(): void {
    for (const tensor of Object.values(this.tensors)) tensor.dispose();
  }
}

/** Compares with what PyTorch computed in float64, rounded to the precision under test. */
export function expectGolden(label: string, got: Tensor, wanted: Tensor, tolerance: Tolerance): void {
  const values = read(got);
  const different = difference(values, { ...read(wanted), dtype: values.dtype }, tolerance);
  if (different !== undefined) throw new Error(`${label}: ${different}`);
}

/** {@link expectGolden} for tensors by name, which must be the same names. */
export function expectAllGolden(
  label: string,
  got: Readonly<Record<string, Tensor>>,
  wanted: Readonly<Record<string, Tensor>>,
  tolerance: Tolerance,
): void {
  expect([label, ...Object.keys(got).sort()]).toEqual([label, ...Object.keys(wanted).sort()]);
  for (const [name, tensor] of Object.entries(got)) expectGolden(`${label}/${name}`, tensor, wanted[name]!, tolerance);
}

/** A test whose tensors are freed at its end. */
export function scoped(body: () => void): () => void {
  return () => scope(body);
}

/**
 * Expects that nothing made since `before = memory().storages` is alive. Fewer may be: the collector can find what an
 * earlier test file of this process left behind, at any time.
 */
export function expectNoLeak(before: number): void {
  expect(memory().storages).toBeLessThanOrEqual(before);
}
