import { checkIntegers } from '../ops/checks.js';
import type { FloatDType } from '../tensor/dtype.js';
import { fail } from '../tensor/errors.js';
import type { Parameter } from '../tensor/parameter.js';
import { boundedParameters, fansOf, type AffineOptions } from './init.js';
import { Module } from './module.js';

/** What is said of the kernels of a layer when it is made. */
interface KernelOptions<D extends FloatDType> extends AffineOptions<D> {
  readonly groups?: number;
}

/** What convolutions and transposed ones have: a kernel for every input and output channel of a group, and a bias. */
export abstract class KernelLayer<D extends FloatDType> extends Module {
  readonly weight: Parameter<D>;
  readonly bias: Parameter<D> | undefined;

  /** `kernel` has its extents; `outputAxis` is that of the output channels in the weight, beside which is that of the others. */
  protected constructor(
    op: string,
    readonly inChannels: number,
    readonly outChannels: number,
    // Not asked of the weight, which may be computed anew each time that it is read.
    protected readonly kernel: readonly number[],
    outputAxis: 0 | 1,
    options: KernelOptions<D>,
  ) {
    super();
    const { groups = 1 } = options;
    checkIntegers(op, { inChannels, outChannels, groups }, 1);
    if (inChannels % groups !== 0 || outChannels % groups !== 0) {
      const given = `${inChannels} input and ${outChannels} output channels`;
      fail('VALUE', op, `${given} (need multiples of ${groups}, the groups)`);
    }
    const [rows, columns] = outputAxis === 0 ? [outChannels, inChannels] : [inChannels, outChannels];
    const shape = [rows, columns / groups, ...kernel];
    ({ weight: this.weight, bias: this.bias } = boundedParameters(shape, outChannels, fansOf(shape).fanIn, options));
  }
}
