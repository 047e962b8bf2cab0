// The models of bench/models as ONNX graphs for inference, with the same parameters.
import type { Setup } from '../../models/index.js';
import type { Graph } from './graph.js';
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

const graphs: Readonly<Record<string, (b: Builder, x: string) => string>> = { mlp, lenet, resnet18, charLstm };

/** Adds a model to a graph; gives the name of its output, or undefined for a model that is not here. */
export function addModel(graph: Graph, name: string, { input, state }: Setup): string | undefined {
  const build = graphs[name];
  if (build === undefined) return undefined;
  const x = graph.input(input.data() as Float32Array | BigInt64Array, input.shape);
  return build(new Builder(graph, state), x);
}
