import { extentsOf } from '../ops/checks.js';
import { checkOutputSize } from '../ops/pool-adaptive.js';
import type { Tensor } from '../tensor/tensor.js';
import { Module } from './module.js';

/** What pools have whose windows are of a given size; `E` is a number, or one for each spatial axis. */
export abstract class WindowPool<
  E,
  Options extends object,
  Inputs extends readonly unknown[] = readonly [x: Tensor],
> extends Module<Inputs> {
  protected constructor(
    axes: number,
    readonly kernelSize: E,
    protected readonly options: Options,
  ) {
    super();
    extentsOf(new.target.name, 'kernelSize', kernelSize, axes, 1);
  }
}

/** What pools have whose windows are of a given number. */
export abstract class AdaptivePool<E> extends Module {
  protected constructor(
    axes: number,
    readonly outputSize: E,
  ) {
    super();
    checkOutputSize(new.target.name, outputSize, axes);
  }
}
