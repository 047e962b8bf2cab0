import type { Graph, Node, Value, View } from './graph.js';

/** Values that others stand in for. */
export class Substitution {
  private readonly stand = new Map<Value, Value>();

  replace(value: Value, by: Value): void {
    this.stand.set(value, by);
  }

  of(value: Value): Value {
    return this.stand.get(value) ?? value;
  }

  view(view: View): View {
    const value = this.of(view.value);
    return value === view.value ? view : { ...view, value };
  }

  /** A command that reads the stand-ins. */
  inputsOf(node: Node): Node {
    const inputs = node.inputs.map((input) => this.view(input));
    return inputs.every((input, i) => input === node.inputs[i]) ? node : { ...node, inputs };
  }

  /** A graph of these commands whose results are the stand-ins. */
  graph(graph: Graph, nodes: readonly Node[]): Graph {
    return { ...graph, nodes, outputs: graph.outputs.map((output) => this.view(output)) };
  }
}
