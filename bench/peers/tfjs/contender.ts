// TensorFlow.js as a contender, on its WebAssembly or its plain JavaScript backend. Both use one thread under Node.
import { Refusal, serve, type Workload, type Workloads } from '../../contender/serve.js';
import { models, type Setup } from '../../models/index.js';
import { convolutionNames, numbersOf, productNames, type Arguments } from '../../suite/case.js';
import { digestOf, pattern, type Digest } from '../../suite/protocol.js';
import { loadTensorFlow, type TensorFlow, type TfTensor } from './tensorflow.js';

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Plain JavaScript does a billion operations in a second, WebAssembly a few billion: what needs many of them is left out. */
const mostOperations = { wasm: 1e10, cpu: 5e8 };

class Contender {
  private threads = 1;

  constructor(
    private readonly tf: TensorFlow,
    private readonly backend: 'wasm' | 'cpu',
  ) {}

  setThreads(count: number): void {
    this.threads = count;
  }

  readonly workloads: Workloads = {
    matmul: (args) => this.scoped(() => this.matmul(args)),
    conv2d: (args) => this.scoped(() => this.conv2d(args)),
    rows: (args) => this.scoped(() => this.unary(args, ['softmax', 'logSoftmax'])),
    pointwise: (args) => this.scoped(() => this.pointwise(args)),
    reduce: (args) => this.scoped(() => this.reduce(args)),
    eager: (args) => this.scoped(() => this.eager(args)),
    infer: (args) => this.scoped(() => this.infer(args)),
  };

  /** What a case makes is freed when it is dropped. */
  private scoped(make: () => Workload): Workload[] {
    const engine = this.tf.engine();
    engine.startScope();
    try {
      return [{ ...make(), drop: () => engine.endScope() }];
    } catch (error) {
      engine.endScope();
      throw error;
    }
  }

  private tensor(seed: number, ...shape: readonly number[]): TfTensor {
    return this.tf.tensor(pattern(sizeOf(shape), seed), shape);
  }

  private check(operations: number): void {
    if (this.threads > 1) throw new Refusal('one thread only under Node');
    if (operations > mostOperations[this.backend]) throw new Refusal('would take too long');
  }

  /** Results are read as if row-major: `axes` brings images from channels-last order. */
  private calling(
    call: () => TfTensor,
    { axes, setting = '' }: { axes?: readonly number[]; setting?: string } = {},
  ): Workload {
    const { tf } = this;
    const digest = (): Digest =>
      tf.tidy(() => digestOf((axes === undefined ? call() : tf.transpose(call(), axes)).dataSync()));
    return { setting, outputs: () => [digest()], run: () => tf.tidy(call).dispose(), drop: () => undefined };
  }

  private matmul(args: Arguments): Workload {
    if (args['dtype'] !== 'float32') throw new Refusal('float32 only');
    const { m, n, k, batch, aTransposed, bTransposed } = numbersOf(args, ...productNames);
    this.check(2 * m * n * k * batch);
    const lead = batch > 1 ? [batch] : [];
    const a = this.tensor(1, ...lead, ...(aTransposed === 1 ? [k, m] : [m, k]));
    const b = this.tensor(2, ...lead, ...(bTransposed === 1 ? [n, k] : [k, n]));
    return this.calling(() => this.tf.matMul(a, b, aTransposed === 1, bTransposed === 1));
  }

  /** A tensor of channels-first numbers, stored channels-last. */
  private image(seed: number, ...shape: readonly number[]): TfTensor {
    return this.tf.tidy(() => this.tf.transpose(this.tensor(seed, ...shape), [0, 2, 3, 1]));
  }

  private conv2d(args: Arguments): Workload {
    const { batch, channels, size, filters, kernel, stride, padding, dilation, groups } = numbersOf(
      args,
      ...convolutionNames,
    );
    this.check((2 * batch * filters * (size / stride) ** 2 * channels * kernel ** 2) / groups);
    const x = this.image(1, batch, channels, size, size);
    const weight = this.tensor(2, filters, channels / groups, kernel, kernel);
    const isDepthwise = groups > 1;
    // Kernels are [height, width, channels in, out]; depthwise ones have the channels in the place of those that come in.
    const w = this.tf.transpose(weight, isDepthwise ? [2, 3, 0, 1] : [2, 3, 1, 0]);
    const { tf } = this;
    const call = (): TfTensor =>
      isDepthwise
        ? tf.depthwiseConv2d(x, w, stride, padding, 'NHWC', dilation)
        : tf.conv2d(x, w, stride, padding, 'NHWC', dilation);
    return this.calling(call, { axes: [0, 3, 1, 2], setting: 'channels-last' });
  }

  private unary(args: Arguments, known: readonly ('softmax' | 'logSoftmax')[]): Workload {
    const name = known.find((each) => each === args['what']);
    if (name === undefined) throw new Refusal(`no ${args['what']} of one op`);
    const { rows, columns } = numbersOf(args, 'rows', 'columns');
    this.check(20 * rows * columns);
    const x = this.tensor(1, rows, columns);
    return this.calling(() => this.tf[name](x));
  }

  private pointwise(args: Arguments): Workload {
    const { size } = numbersOf(args, 'size');
    this.check(20 * size);
    const { tf } = this;
    const x = this.tensor(1, size);
    const y = tf.tensor(
      pattern(size, 2).map((value) => value + Math.fround(0.6)),
      [size],
    );
    const calls: Readonly<Record<string, () => TfTensor>> = {
      add: () => tf.add(x, y),
      exp: () => tf.exp(x),
      tanh: () => tf.tanh(x),
      relu: () => tf.relu(x),
      sigmoid: () => tf.sigmoid(x),
      log: () => tf.log(y),
    };
    const call = calls[String(args['what'])];
    if (call === undefined) throw new Refusal(`no ${args['what']} of one op`);
    return this.calling(call);
  }

  private reduce(args: Arguments): Workload {
    const { rows, columns } = numbersOf(args, 'rows', 'columns');
    this.check(20 * rows * columns);
    const { tf } = this;
    const x = tf.tensor(
      pattern(rows * columns, 1).map((value) => value + 0.5),
      [rows, columns],
    );
    const calls: Readonly<Record<string, () => TfTensor>> = {
      sum: () => tf.sum(x),
      sumRows: () => tf.sum(x, 1),
      sumColumns: () => tf.sum(x, 0),
      max: () => tf.max(x),
    };
    const call = calls[String(args['what'])];
    if (call === undefined) throw new Refusal(`no ${args['what']}`);
    return this.calling(call);
  }

  private eager(args: Arguments): Workload {
    this.check(0);
    const { tf } = this;
    const { size } = numbersOf(args, 'size');
    const [a, b] = [this.tensor(1, size), this.tensor(2, size)];
    const add = this.calling(() => tf.add(a, b));
    if (args['what'] === 'add') return { ...add, run: () => tf.add(a, b).dispose() };
    if (args['what'] !== 'backward') throw new Refusal('records only inside of its gradients');
    const gradients = tf.grads((x, y) => tf.sum(tf.add(x, y)));
    return { ...add, run: () => gradients([a, b]).forEach((x) => x.dispose()) };
  }

  private infer(args: Arguments): Workload {
    const name = String(args['model']);
    const { batch } = numbersOf(args, 'batch');
    const build = { mlp: () => this.mlp(setup()), lenet: () => this.lenet(setup()) }[name];
    const setup = (): Setup => models[name]!(batch, false);
    if (build === undefined) throw new Refusal(`${name} is not written for it`);
    this.check(batch * (name === 'mlp' ? 1e6 : 3e7));
    return this.calling(build(), { setting: name === 'mlp' ? '' : 'channels-last' });
  }

  private weight({ state }: Setup, name: string): TfTensor {
    const tensor = state[name]!;
    return this.tf.tensor(tensor.data() as Float32Array, tensor.shape);
  }

  private linear(setup: Setup, name: string): (x: TfTensor) => TfTensor {
    const [weight, bias] = [this.weight(setup, `${name}.weight`), this.weight(setup, `${name}.bias`)];
    return (x) => this.tf.add(this.tf.matMul(x, weight, false, true), bias);
  }

  private conv(setup: Setup, name: string): (x: TfTensor) => TfTensor {
    const weight = this.tf.transpose(this.weight(setup, `${name}.weight`), [2, 3, 1, 0]);
    const bias = this.weight(setup, `${name}.bias`);
    return (x) => this.tf.add(this.tf.conv2d(x, weight, 1, 0, 'NHWC', 1), bias);
  }

  private mlp(setup: Setup): () => TfTensor {
    const { relu } = this.tf;
    const [a, b, c] = ['0', '2', '4'].map((name) => this.linear(setup, name)) as [Layer, Layer, Layer];
    const x = this.tf.tensor(setup.input.data() as Float32Array, setup.input.shape);
    return () => c(relu(b(relu(a(x)))));
  }

  private lenet(setup: Setup): () => TfTensor {
    const { tf } = this;
    const [a, b] = ['0', '2'].map((name) => this.conv(setup, name)) as [Layer, Layer];
    const [c, d] = ['6', '8'].map((name) => this.linear(setup, name)) as [Layer, Layer];
    const { shape } = setup.input;
    const x = tf.transpose(tf.tensor(setup.input.data() as Float32Array, shape), [0, 2, 3, 1]);
    return () => {
      const pooled = tf.maxPool(tf.relu(b(tf.relu(a(x)))), 2, 2, 'valid');
      // The linear layer's weights count channels first.
      return d(tf.relu(c(tf.reshape(tf.transpose(pooled, [0, 3, 1, 2]), [shape[0]!, -1]))));
    };
  }
}

type Layer = (x: TfTensor) => TfTensor;

async function main(): Promise<void> {
  const backend = process.argv[2] === 'cpu' ? 'cpu' : 'wasm';
  const tf = await loadTensorFlow(backend);
  const contender = new Contender(tf, backend);
  await serve(
    { name: `tfjs-${backend}`, version: tf.version.tfjs, configuration: `${backend} backend, one thread` },
    contender.workloads,
    (count) => contender.setThreads(count),
  );
}

void main();
