// A consumer's program, compiled against the packed declarations by every TypeScript that is supported.
import {
  SGD,
  Sequential,
  Linear,
  crossEntropy,
  fit,
  valueAndGrad,
  zeros,
  type FloatDType,
  type Tensor,
  type TensorSpec,
} from 'myelin';
import { DataLoader, TensorDataset } from 'myelin/data';
import { readSafetensors } from 'myelin/io';
import { Module } from 'myelin/nn';
import { matmul } from 'myelin/ops';

class Classifier extends Module {
  readonly layers = new Sequential(new Linear(4, 8), new Linear(8, 3));

  override forward(x: Tensor): Tensor<FloatDType> {
    return this.layers.forward(x);
  }
}

export const data: Float32Array = zeros([2, 3]).data();
export const product: Tensor<'float32', readonly [2, 5]> = matmul(zeros([2, 3]), zeros([3, 5]));
export const wide: Tensor<'float64'> = zeros([2], { dtype: 'float64' }).add(1);
export const spec: TensorSpec = product;

export async function train(): Promise<number> {
  const model = new Classifier();
  const optimizer = new SGD(model.parameters(), { lr: 0.1 });
  const [loss, grads] = valueAndGrad(
    () => crossEntropy(model.forward(zeros([5, 4])), zeros([5], { dtype: 'int64' })),
    model.parameters(),
  );
  optimizer.step(grads);
  const loader = new DataLoader(new TensorDataset({ x: zeros([5, 4]), y: zeros([5], { dtype: 'int64' }) }), {
    batchSize: 2,
  });
  await fit(model, { data: loader, loss: crossEntropy, optimizer, epochs: 1 });
  await readSafetensors('weights.safetensors');
  return loss.item();
}

// @ts-expect-error inner dimensions differ
export const mismatch = matmul(zeros([2, 3]), zeros([4, 5]));
