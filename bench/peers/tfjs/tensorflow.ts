// What the benchmarks use of TensorFlow.js, loaded from where the peers are installed.
import { createRequire } from 'node:module';
import path from 'node:path';

import { repositoryRoot } from '../../suite/root.js';

export interface TfTensor {
  readonly shape: number[];
  dataSync(): ArrayLike<number>;
  dispose(): void;
}

type Numbers = Float32Array;
type Unary = (x: TfTensor) => TfTensor;
type Axis = number | readonly number[];

/** The functions that are called here, with the arguments that they are given. */
export interface TensorFlow {
  readonly version: { readonly tfjs: string };
  enableProdMode(): void;
  setBackend(name: string): Promise<boolean>;
  ready(): Promise<void>;
  engine(): { startScope(): void; endScope(): void };
  tidy<R>(fn: () => R): R;
  tensor(values: Numbers, shape: readonly number[]): TfTensor;
  matMul(a: TfTensor, b: TfTensor, aTransposed?: boolean, bTransposed?: boolean): TfTensor;
  add(a: TfTensor, b: TfTensor): TfTensor;
  transpose(x: TfTensor, axes: readonly number[]): TfTensor;
  reshape(x: TfTensor, shape: readonly number[]): TfTensor;
  conv2d(x: TfTensor, w: TfTensor, stride: number, pad: number, format: 'NHWC', dilation: number): TfTensor;
  depthwiseConv2d(x: TfTensor, w: TfTensor, stride: number, pad: number, format: 'NHWC', dilation: number): TfTensor;
  maxPool(x: TfTensor, size: number, stride: number, pad: 'valid'): TfTensor;
  softmax: Unary;
  logSoftmax: Unary;
  exp: Unary;
  log: Unary;
  tanh: Unary;
  relu: Unary;
  sigmoid: Unary;
  sum(x: TfTensor, axis?: Axis): TfTensor;
  max(x: TfTensor, axis?: Axis): TfTensor;
  grads(fn: (...inputs: TfTensor[]) => TfTensor): (inputs: TfTensor[], dy?: TfTensor) => TfTensor[];
}

interface WasmBackend {
  setWasmPaths(folder: string): void;
}

/** Loads TensorFlow.js with one of its backends. */
export async function loadTensorFlow(backend: 'wasm' | 'cpu'): Promise<TensorFlow> {
  const peerRequire = createRequire(path.join(repositoryRoot(__dirname), 'bench', 'peers', 'package.json'));
  const tf = peerRequire('@tensorflow/tfjs') as TensorFlow;
  if (backend === 'wasm') {
    const wasm = peerRequire('@tensorflow/tfjs-backend-wasm') as WasmBackend;
    wasm.setWasmPaths(`${path.dirname(peerRequire.resolve('@tensorflow/tfjs-backend-wasm'))}/`);
  }
  tf.enableProdMode();
  await tf.setBackend(backend);
  await tf.ready();
  return tf;
}
