import type { FloatDType } from '../tensor/dtype.js';
import type { Buffer } from '../tensor/parameter.js';
import type { Tensor } from '../tensor/tensor.js';
import { buffer } from './init.js';
import { Module } from './module.js';

/** What compares a prediction with its target. */
export abstract class Loss extends Module<readonly [input: Tensor<FloatDType>, target: Tensor]> {}

/** A copy that lives as long as the module. */
export function keep(weight: Tensor | undefined): Buffer | undefined {
  return weight === undefined ? undefined : buffer(() => weight);
}
