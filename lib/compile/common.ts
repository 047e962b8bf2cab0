import { isPure } from './fold.js';
import type { Graph, Node, Value, View } from './graph.js';
import { showExactly } from './structure.js';
import { Substitution } from './substitute.js';

function describeAttrs({ op, attrs }: Node): string {
  return op.attrs.map(([name]) => [attrs[name]].flat().map(showExactly).join()).join(' ');
}

/** Computes once what is computed twice: same op, attributes and inputs, with nothing assigned in between. */
export function mergeEqual(graph: Graph): Graph {
  const substitution = new Substitution();
  const numbers = new Map<Value, number>();
  const versions = new Map<Value, number>();
  const seen = new Map<string, number>();
  const nodes: Node[] = [];

  const numberOf = (value: Value): number => {
    const number = numbers.get(value) ?? numbers.size;
    numbers.set(value, number);
    return number;
  };
  const describeView = ({ value, dtype, shape, strides, offset }: View): string =>
    `${numberOf(value)}.${versions.get(value) ?? 0} ${dtype} ${shape.join()} ${strides.join()} ${offset}`;

  for (const original of graph.nodes) {
    const node = substitution.inputsOf(original);
    for (const value of node.writes) versions.set(value, (versions.get(value) ?? 0) + 1);
    if (!isPure(node)) {
      nodes.push(node);
      continue;
    }
    const layouts = node.outputs.map(({ dtype, shape, strides }) => `${dtype} ${shape.join()} ${strides.join()}`);
    const key = [node.rerun ?? 0, node.op.name, describeAttrs(node), ...node.inputs.map(describeView), ...layouts].join(
      '|',
    );
    const place = seen.get(key);
    if (place === undefined) {
      seen.set(key, nodes.push(node) - 1);
    } else {
      const twin = nodes[place]!;
      if (node.recorded === true) nodes[place] = { ...twin, recorded: true };
      node.outputs.forEach(({ value }, i) => substitution.replace(value, twin.outputs[i]!.value));
    }
  }
  return substitution.graph(graph, nodes);
}
