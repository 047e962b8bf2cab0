// onnxruntime-node as a contender: what it can do forward, as models of one node or of a whole network.
import { createRequire } from 'node:module';
import path from 'node:path';

import { Refusal, serve, type Workload, type Workloads } from '../../contender/serve.js';
import { models } from '../../models/index.js';
import { convolutionNames, numbersOf, productNames, type Arguments } from '../../suite/case.js';
import { digestOf, pattern } from '../../suite/protocol.js';
import { repositoryRoot } from '../../suite/root.js';
import { Graph, int32Type } from './graph.js';
import { addModel, waysToWrite } from './models.js';
import { isRecurrent, recurrentNode, type RecurrentParameters } from './recurrent.js';

/** What is used of the API of onnxruntime-node. */
interface OnnxRuntime {
  readonly env: { readonly versions: { readonly common: string } };
  readonly Tensor: new (type: string, data: ArrayLike<unknown>, dims: readonly number[]) => OrtTensor;
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<Session> };
}

interface OrtTensor {
  readonly data: ArrayLike<number | bigint>;
}

interface Session {
  run(feeds: Readonly<Record<string, OrtTensor>>): Promise<Readonly<Record<string, OrtTensor>>>;
  release(): Promise<void>;
}

const peerRequire = createRequire(path.join(repositoryRoot(__dirname), 'bench', 'peers', 'package.json'));
const ort = peerRequire('onnxruntime-node') as OnnxRuntime;

let threads = 1;

const typeName = (values: object): string =>
  values instanceof Float32Array ? 'float32' : values instanceof Uint8Array ? 'uint8' : 'int64';

/** A session of a graph whose inputs are fed again and again. */
async function running(graph: Graph, output: string, type?: number): Promise<Workload> {
  const session = await ort.InferenceSession.create(graph.model(output, type), {
    executionProviders: ['cpu'],
    executionMode: 'sequential',
    graphOptimizationLevel: 'all',
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
  });
  const feeds = Object.fromEntries(
    [...graph.inputs].map(([name, { values, shape }]) => [name, new ort.Tensor(typeName(values), values, shape)]),
  );
  return {
    setting: '',
    outputs: async () => [digestOf((await session.run(feeds))[output]!.data)],
    run: async () => void (await session.run(feeds)),
    drop: () => void session.release(),
  };
}

const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Whole numbers from 0 to 126; rounded like float32, so that every contender has the same. */
function bytesOf(values: Float32Array): Uint8Array {
  const { fround, floor } = Math;
  return Uint8Array.from(values, (value) => floor(fround(fround(value + 0.5) * 127)));
}

function node(
  operator: string,
  x: string,
  graph: Graph,
  more: readonly string[] = [],
  attributes = {},
): Promise<Workload> {
  return running(graph, graph.node(operator, [x, ...more], attributes));
}

async function matmul(args: Arguments): Promise<Workload[]> {
  const { m, n, k, batch, aTransposed, bTransposed } = numbersOf(args, ...productNames);
  const lead = batch > 1 ? [batch] : [];
  const graph = new Graph();
  const shapes = [
    [...lead, ...(aTransposed === 1 ? [k, m] : [m, k])],
    [...lead, ...(bTransposed === 1 ? [n, k] : [k, n])],
  ] as const;
  const [a, b] = [pattern(sizeOf(shapes[0]), 1), pattern(sizeOf(shapes[1]), 2)];
  if (args['dtype'] === 'int8') {
    const factors = [graph.input(bytesOf(a), shapes[0]), graph.constant(bytesOf(b), shapes[1])];
    return [await running(graph, graph.node('MatMulInteger', factors), int32Type)];
  }
  if (args['dtype'] !== 'float32') throw new Refusal('float32 and bytes only');
  // The second factor is a constant, as weights are, so that onnxruntime may pack it beforehand.
  const factors = [graph.input(a, shapes[0]), graph.constant(b, shapes[1])];
  const isPlain = aTransposed + bTransposed === 0;
  const attributes = isPlain ? {} : { transA: aTransposed, transB: bTransposed };
  const work = await running(graph, graph.node(isPlain ? 'MatMul' : 'Gemm', factors, attributes));
  return [{ ...work, setting: 'second factor packed beforehand' }];
}

async function conv2d(args: Arguments): Promise<Workload[]> {
  const { batch, channels, size, filters, kernel, stride, padding, dilation, groups } = numbersOf(
    args,
    ...convolutionNames,
  );
  const graph = new Graph();
  const [input, weight] = [
    [batch, channels, size, size],
    [filters, channels / groups, kernel, kernel],
  ] as const;
  const x = graph.input(pattern(sizeOf(input), 1), input);
  const w = graph.constant(pattern(sizeOf(weight), 2), weight);
  const attributes = {
    strides: [stride, stride],
    dilations: [dilation, dilation],
    pads: [padding, padding, padding, padding],
    group: groups,
  };
  return [await node('Conv', x, graph, [w], attributes)];
}

/** Parameters by name, as every contender draws them, in the order of their names. */
function drawn(shapes: Readonly<Record<string, number>>): Record<string, Float32Array> {
  const names = Object.keys(shapes).sort();
  const { fround } = Math;
  return Object.fromEntries(
    names.map((name, i) => [name, pattern(shapes[name]!, 100 + i).map((value) => value * fround(0.2))]),
  );
}

async function recurrent(args: Arguments): Promise<Workload[]> {
  const what = args['what'];
  if (!isRecurrent(what)) throw new Refusal(`no ${what}`);
  if (args['backward'] === 1) throw new Refusal('inference only');
  const { batch, steps, inputs, hidden, bidirectional } = numbersOf(
    args,
    'batch',
    'steps',
    'inputs',
    'hidden',
    'bidirectional',
  );
  const rows = { lstm: 4, gru: 3, rnn: 1 }[what] * hidden;
  const suffixes = bidirectional === 1 ? ['l0', 'l0_reverse'] : ['l0'];
  const sizes = { weight_ih: rows * inputs, weight_hh: rows * hidden, bias_ih: rows, bias_hh: rows };
  const named = suffixes.flatMap((suffix) =>
    Object.entries(sizes).map(([name, n]) => [`${name}_${suffix}`, n] as const),
  );
  const parameters = drawn(Object.fromEntries(named));
  const directions = suffixes.map((suffix): RecurrentParameters => {
    const part = (name: keyof typeof sizes): Float32Array => parameters[`${name}_${suffix}`]!;
    return {
      weightIh: part('weight_ih'),
      weightHh: part('weight_hh'),
      biasIh: part('bias_ih'),
      biasHh: part('bias_hh'),
    };
  });
  const graph = new Graph();
  const shape = [batch, steps, inputs];
  const x = graph.input(pattern(sizeOf(shape), 1), shape);
  return [await running(graph, recurrentNode(graph, what, x, directions))];
}

async function rows(args: Arguments): Promise<Workload[]> {
  const operators: Readonly<Record<string, string>> = {
    softmax: 'Softmax',
    logSoftmax: 'LogSoftmax',
    layerNorm: 'LayerNormalization',
  };
  const operator = operators[String(args['what'])];
  if (operator === undefined) throw new Refusal(`no ${args['what']} that trains`);
  const { rows: count, columns } = numbersOf(args, 'rows', 'columns');
  const graph = new Graph();
  const x = graph.input(pattern(count * columns, 1), [count, columns]);
  const more =
    operator === 'LayerNormalization' ? [2, 3].map((seed) => graph.constant(pattern(columns, seed), [columns])) : [];
  return [await node(operator, x, graph, more, { axis: -1 })];
}

async function pointwise(args: Arguments): Promise<Workload[]> {
  const { size } = numbersOf(args, 'size');
  const what = String(args['what']);
  const graph = new Graph();
  const second = pattern(size, 2).map((value) => value + Math.fround(0.6));
  const x = graph.input(what === 'log' ? second : pattern(size, 1), [size]);
  const more = what === 'add' ? [graph.input(second, [size])] : [];
  return [await node(what.charAt(0).toUpperCase() + what.slice(1), x, graph, more)];
}

async function reduce(args: Arguments): Promise<Workload[]> {
  const { rows: count, columns } = numbersOf(args, 'rows', 'columns');
  const reductions: Readonly<Record<string, readonly [operator: string, axes: readonly bigint[]]>> = {
    sum: ['ReduceSum', [0n, 1n]],
    sumRows: ['ReduceSum', [1n]],
    sumColumns: ['ReduceSum', [0n]],
    max: ['ReduceMax', [0n, 1n]],
  };
  const [operator, axes] = reductions[String(args['what'])] ?? [];
  if (operator === undefined || axes === undefined) throw new Refusal(`no ${args['what']}`);
  const graph = new Graph();
  const x = graph.input(
    pattern(count * columns, 1).map((value) => value + 0.5),
    [count, columns],
  );
  return [await node(operator, x, graph, [graph.constant(BigInt64Array.from(axes), [axes.length])], { keepdims: 0 })];
}

async function infer(args: Arguments): Promise<Workload[]> {
  const name = String(args['model']);
  const setup = models[name]?.(numbersOf(args, 'batch').batch, false);
  const ways = setup === undefined ? [] : waysToWrite(name);
  if (setup === undefined || ways.length === 0) throw new Refusal(`${name} is not written as a graph`);
  return Promise.all(
    ways.map(async ([setting, build]) => {
      const graph = new Graph();
      return { ...(await running(graph, addModel(graph, build, setup))), setting };
    }),
  );
}

const workloads: Workloads = { matmul, conv2d, recurrent, rows, pointwise, reduce, infer, latency: infer };

void serve(
  {
    name: 'onnxruntime',
    version: ort.env.versions.common,
    configuration: 'onnxruntime-node, all optimizations, sequential, constants packed beforehand',
  },
  workloads,
  (count) => (threads = count),
);
