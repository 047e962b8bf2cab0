// The models of bench/models as ONNX graphs for inference, with the same parameters.
import type { Setup } from '../../models/index.js';
import { microsoft, type Graph } from './graph.js';
import { recurrentNode } from './recurrent.js';

type State = Setup['state'];

/** A part of a model: nodes that continue from a value, with parameters whose names begin so. */
class Builder {
  constructor(
    readonly graph: Graph,
    private readonly state: State,
  ) {}

  tensor(name: string): Float32Array {
    return this.state[name]!.data() as Float32Array;
  }

  weight(name: string): string {
    return this.graph.constant(this.tensor(name), this.state[name]!.shape);
  }

  /** The same weight with rows and columns changed over. */
  transposed(name: string): string {
    const [rows = 0, columns = 0] = this.state[name]!.shape;
    const values = this.tensor(name);
    const turned = values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]!);
    return this.graph.constant(turned, [columns, rows]);
  }

  integers(...values: readonly number[]): string {
    return this.graph.constant(BigInt64Array.from(values, BigInt), [values.length]);
  }

  /** A linear layer over the last of three axes. */
  project(x: string, name: string): string {
    return this.graph.node('Add', [
      this.graph.node('MatMul', [x, this.transposed(`${name}.weight`)]),
      this.weight(`${name}.bias`),
    ]);
  }

  layerNorm(x: string, name: string): string {
    const parts = [this.weight(`${name}.weight`), this.weight(`${name}.bias`)];
    return this.graph.node('LayerNormalization', [x, ...parts], { axis: -1, epsilon: { float: 1e-5 } });
  }

  linear(x: string, name: string): string {
    const [weight, bias] = [this.weight(`${name}.weight`), this.weight(`${name}.bias`)];
    return this.graph.node('Gemm', [x, weight, bias], { transB: 1 });
  }

  conv(x: string, name: string, { stride = 1, padding = 0 } = {}): string {
    const bias = `${name}.bias` in this.state ? [this.weight(`${name}.bias`)] : [];
    return this.graph.node('Conv', [x, this.weight(`${name}.weight`), ...bias], {
      strides: [stride, stride],
      pads: [padding, padding, padding, padding],
    });
  }

  batchNorm(x: string, name: string): string {
    const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) => this.weight(`${name}.${part}`));
    return this.graph.node('BatchNormalization', [x, ...parts], { epsilon: { float: 1e-5 } });
  }

  relu(x: string): string {
    return this.graph.node('Relu', [x]);
  }
}

function mlp(b: Builder, x: string): string {
  const hidden = ['0', '2'].reduce((value, name) => b.relu(b.linear(value, name)), x);
  return b.linear(hidden, '4');
}

function lenet(b: Builder, x: string): string {
  const features = b.relu(b.conv(b.relu(b.conv(x, '0')), '2'));
  const pooled = b.graph.node('MaxPool', [features], { kernel_shape: [2, 2], strides: [2, 2] });
  return b.linear(b.relu(b.linear(b.graph.node('Flatten', [pooled]), '6')), '8');
}

function residual(b: Builder, x: string, name: string, stride: number, same: boolean): string {
  const first = b.relu(b.batchNorm(b.conv(x, `${name}.conv1`, { stride, padding: 1 }), `${name}.bn1`));
  const through = b.batchNorm(b.conv(first, `${name}.conv2`, { padding: 1 }), `${name}.bn2`);
  const around = same ? x : b.batchNorm(b.conv(x, `${name}.shortcut`, { stride }), `${name}.shortcutNorm`);
  return b.relu(b.graph.node('Add', [through, around]));
}

function resnet18(b: Builder, x: string): string {
  const first = b.relu(b.batchNorm(b.conv(x, 'conv', { padding: 1 }), 'bn'));
  const strides = [1, 1, 2, 1, 2, 1, 2, 1];
  const last = strides.reduce((value, stride, i) => residual(b, value, `blocks.${i}`, stride, stride === 1), first);
  return b.linear(b.graph.node('Flatten', [b.graph.node('GlobalAveragePool', [last])]), 'fc');
}

function charLstm(b: Builder, x: string): string {
  const embedded = b.graph.node('Gather', [b.weight('embedding.weight'), x]);
  const part = (name: string): Float32Array => b.tensor(`lstm.${name}_l0`);
  const [weightIh, weightHh, biasIh, biasHh] = [part('weight_ih'), part('weight_hh'), part('bias_ih'), part('bias_hh')];
  const states = recurrentNode(b.graph, 'lstm', embedded, [{ weightIh, weightHh, biasIh, biasHh }]);
  const rows = b.graph.node('Reshape', [states, b.graph.constant(BigInt64Array.of(-1n, 256n), [2])]);
  return b.linear(rows, 'fc');
}

const [heads, width, steps] = [4, 128, 128];

type Attend = (b: Builder, x: string, name: string) => string;

/** Attention as the one operator that onnxruntime has for it. */
const fusedAttention: Attend = (b, x, name) =>
  b.graph.node(
    'Attention',
    [x, b.transposed(`${name}.qkv.weight`), b.weight(`${name}.qkv.bias`)],
    { num_heads: heads, unidirectional: 1 },
    microsoft,
  );

/** Attention in the operators of ONNX. */
const plainAttention: Attend = (b, x, name) => {
  const { graph } = b;
  const parts = graph.nodes('Split', [b.project(x, `${name}.qkv`)], 3, { axis: -1, num_outputs: 3 });
  const split = (part: string, perm: readonly number[]): string =>
    graph.node('Transpose', [graph.node('Reshape', [part, b.integers(0, 0, heads, width / heads)])], { perm });
  const [q, k, v] = [split(parts[0]!, [0, 2, 1, 3]), split(parts[1]!, [0, 2, 3, 1]), split(parts[2]!, [0, 2, 1, 3])];
  const mask = new Float32Array(steps * steps).map((_, i) => (i % steps > Math.floor(i / steps) ? -Infinity : 0));
  const scale = graph.constant(Float32Array.of(1 / Math.sqrt(width / heads)), []);
  const scores = graph.node('Mul', [graph.node('MatMul', [q, k]), scale]);
  const weights = graph.node('Softmax', [graph.node('Add', [scores, graph.constant(mask, [steps, steps])])], {
    axis: -1,
  });
  const mixed = graph.node('Transpose', [graph.node('MatMul', [weights, v])], { perm: [0, 2, 1, 3] });
  return graph.node('Reshape', [mixed, b.integers(0, 0, width)]);
};

const gpt =
  (attend: Attend): Build =>
  (b, x) => {
    const { graph } = b;
    const block = (value: string, name: string): string => {
      const mixed = attend(b, b.layerNorm(value, `${name}.ln1`), `${name}.attention`);
      const attended = graph.node('Add', [value, b.project(mixed, `${name}.attention.out`)]);
      const up = graph.node('Gelu', [b.project(b.layerNorm(attended, `${name}.ln2`), `${name}.up`)]);
      return graph.node('Add', [attended, b.project(up, `${name}.down`)]);
    };
    const start = graph.node('Add', [graph.node('Gather', [b.weight('token.weight'), x]), b.weight('position.weight')]);
    const last = [0, 1, 2, 3].reduce((value, i) => block(value, `blocks.${i}`), start);
    const rows = graph.node('Reshape', [b.layerNorm(last, 'norm'), b.integers(-1, width)]);
    return b.linear(rows, 'fc');
  };

/** Writes a model into a graph; gives the name of its output. */
export type Build = (b: Builder, x: string) => string;

const graphs: Readonly<Record<string, readonly (readonly [setting: string, build: Build])[]>> = {
  mlp: [['', mlp]],
  lenet: [['', lenet]],
  resnet18: [['', resnet18]],
  charLstm: [['', charLstm]],
  gpt: [
    ['its own operator for attention', gpt(fusedAttention)],
    ['operators of ONNX', gpt(plainAttention)],
  ],
};

/** The ways in which a model is written here; none for one that is not. */
export const waysToWrite = (name: string): (typeof graphs)[string] => graphs[name] ?? [];

/** Adds a model to a graph; gives the name of its output. */
export function addModel(graph: Graph, build: Build, { input, state }: Setup): string {
  const x = graph.input(input.data() as Float32Array | BigInt64Array, input.shape);
  return build(new Builder(graph, state), x);
}
