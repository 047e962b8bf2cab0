import { fail } from '../tensor/errors.js';
import { lastingValues, writtenValues, type Graph, type Value, type View } from './graph.js';
import { lastReaders, mayOverwrite } from './in-place.js';
import { isSteady } from './lasting.js';

/**
 * Refuses a graph that breaks the rules which the passes and the planner rely on: what is made is made once, before it is
 * read; only bound values are overwritten, or made ones that nobody reads afterwards; what lasts is made first, of what no run
 * changes. A pass that breaks them is a defect of the library.
 */
export function checkGraph(graph: Graph): void {
  const known = new Set<Value>(graph.inputs);
  const need = (condition: boolean, what: string): void => {
    if (!condition) fail('TRACE', 'compile', `the graph is broken: ${what}`);
  };
  const read = ({ value }: View, by: string): void => {
    need(value.kind === 'bound' ? value.storage !== undefined : known.has(value), `${by} reads what has not been made`);
  };
  const last = lastReaders(graph);
  const lasting = lastingValues(graph);
  const written = writtenValues(graph);
  graph.nodes.forEach((node, at) => {
    const { op, inputs, outputs, writes, inPlace = new Map<Value, Value>() } = node;
    if (node.lasting === true) {
      need(at === 0 || graph.nodes[at - 1]!.lasting === true, `${op.name} is to last but does not come first`);
      const steady = inputs.every(({ value }) => lasting.has(value) || isSteady(value, written));
      need(steady, `${op.name} is to last but may change from run to run`);
    }
    for (const input of inputs) read(input, op.name);
    for (const { value } of outputs) {
      need(value.kind === 'made' && !known.has(value), `${op.name} makes what is there already`);
      known.add(value);
    }
    const over = [...inPlace.values()];
    need(new Set(over).size === over.length, `${op.name} writes twice onto the same`);
    for (const [value, below] of inPlace) {
      const made = outputs.find((view) => view.value === value);
      need(made !== undefined && mayOverwrite(node, made, below), `${op.name} cannot write onto an input`);
      need(last.get(below) === at && !lasting.has(below), `${op.name} writes onto what is read later`);
    }
    for (const value of writes) {
      need(value.kind === 'bound', `${op.name} overwrites what is not bound`);
      need(
        inputs.some((input) => input.value === value),
        `${op.name} overwrites what it does not name`,
      );
    }
  });
  for (const output of graph.outputs) {
    read(output, 'the result');
    need(!lasting.has(output.value), 'the result is to last');
  }
}
