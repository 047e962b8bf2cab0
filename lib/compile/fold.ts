import { execute } from '../engine/dispatch.js';
import type { Storage } from '../tensor/storage.js';
import { Tensor } from '../tensor/tensor.js';
import type { Graph, Node, Value, View } from './graph.js';
import { Substitution } from './substitute.js';

/** A larger constant is computed in every run: in the arena it shares its memory with others. */
const maxBytes = 64 * 1024;

const sizeOf = (values: readonly View[]): number => values.reduce((bytes, { value }) => bytes + value.bytes, 0);

/** Computes now what is the same in every run. What it makes is bound; `keep` is told of its storages. */
export function foldConstants(graph: Graph, keep: (storage: Storage) => void): Graph {
  const substitution = new Substitution();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = substitution.inputsOf(original);
    if (!isConstant(node)) {
      nodes.push(node);
      continue;
    }
    const outputs = compute(node, ({ storage }) => storage!);
    node.outputs.forEach(({ value }, i) => substitution.replace(value, bind(outputs[i]!, keep)));
  }
  return substitution.graph(graph, nodes);
}

function isConstant(node: Node): boolean {
  if (!isPure(node) || sizeOf(node.outputs) > maxBytes) return false;
  return node.inputs.every(({ value: { storage } }) => storage !== undefined && isImmutable(storage));
}

/** Whether a command does nothing but compute its results, always the same from the same inputs. */
export function isPure({ writes, draw }: Node): boolean {
  return writes.length === 0 && draw === undefined;
}

// A Parameter or Buffer has been assigned when it was made, and a borrowed array is written by whoever holds it.
export function isImmutable({ overwrittenAt, borrowed }: Storage): boolean {
  return overwrittenAt === 0 && borrowed === undefined;
}

/** Runs a command now: `storageOf` gives the memory of the values that it reads. */
export function compute({ op, inputs, attrs, outputs }: Node, storageOf: (value: Value) => Storage): Tensor[] {
  const tensors = inputs.map(
    ({ value, dtype, shape, strides, offset }) => new Tensor(storageOf(value), dtype, shape, strides, offset),
  );
  const results = execute(op, tensors, attrs, outputs);
  for (const tensor of tensors) tensor.dispose();
  return results;
}

function bind(tensor: Tensor, keep: (storage: Storage) => void): Value {
  const { storage } = tensor;
  storage.retain();
  keep(storage);
  tensor.dispose();
  return { kind: 'bound', bytes: storage.bytes, storage };
}
