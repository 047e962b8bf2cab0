import { showBytes } from '../tensor/bytes.js';
import { describe } from '../tensor/errors.js';
import { flopsOf, showFlops } from './flops.js';
import { isImmutable } from './fold.js';
import {
  boundValues,
  lastingValues,
  titleOf,
  withoutMemory,
  writtenValues,
  type Graph,
  type Node,
  type Value,
  type View,
} from './graph.js';
import type { Program } from './lower.js';

/** Short names of values: inputs `in0`, what is bound `b0`, what is made `t0`. */
function namesOf(graph: Graph): (value: Value) => string {
  const names = new Map<Value, string>();
  const name = (values: readonly Value[], letter: string): void => {
    values.forEach((value, i) => names.set(value, `${letter}${i}`));
  };
  name(graph.inputs, 'in');
  name(boundValues(graph), 'b');
  name([...new Set(graph.nodes.flatMap(({ outputs }) => outputs.map(({ value }) => value)))], 't');
  return (value) => names.get(value) ?? '?';
}

const sum = (values: Iterable<Value>): number => [...values].reduce((bytes, value) => bytes + value.bytes, 0);

/** Commands with their shapes, places and floating-point operations, what the plan saves, and what it is bound to. */
export function explainPlan(name: string, graph: Graph, program: Program): string {
  const nameOf = namesOf(graph);
  const show = (view: View): string => `${nameOf(view.value)} ${describe(view)}`;
  const placeOf = ({ value }: View): string => {
    const offset = program.offsets.get(value);
    return offset === undefined ? 'result' : `@${offset}`;
  };
  const line = (node: Node, i: number): string => {
    const { inputs, outputs, writes, draw, inPlace } = node;
    const onto = ({ value }: View): string => {
      const below = inPlace?.get(value);
      return below === undefined ? '' : ` onto ${nameOf(below)}`;
    };
    const makes = outputs.map((output) => `${show(output)} ${placeOf(output)}${onto(output)}`);
    const assigns = writes.map((value) => `assigns ${nameOf(value)}`);
    const random = draw === undefined ? [] : ['random'];
    const saved = sum(withoutMemory(node));
    const fused = saved > 0 ? [`saves ${showBytes(saved)}`] : [];
    const lasts = node.lasting === true ? ['lasts'] : [];
    const does = [...makes, ...assigns, ...random, ...fused, showFlops(flopsOf(node)), ...lasts].join(', ');
    return `${String(i).padStart(4)}  ${titleOf(node)}(${inputs.map(show).join(', ')}) → ${does}`;
  };
  const written = writtenValues(graph);
  const kept = boundValues(graph).filter((value) => !written.has(value));
  const constants = kept.filter(({ storage }) => isImmutable(storage!));
  const fused = graph.nodes.filter(({ parts }) => parts !== undefined);
  const unplanned = sum(program.offsets.keys());
  return [
    `${name}: ${graph.nodes.length} commands`,
    ...graph.nodes.map(line),
    `fused: ${fused.length} commands do the work of ${fused.flatMap(({ parts }) => parts!).length}; ${showBytes(sum(graph.nodes.flatMap(withoutMemory)))} of results reach no memory`,
    `work: ${showFlops(graph.nodes.reduce((flops, node) => flops + (node.lasting === true ? 0 : flopsOf(node)), 0))} a run`,
    `arena: ${showBytes(program.arenaBytes)} for ${showBytes(unplanned)} of intermediate results`,
    `lasting: ${showBytes(sum(lastingValues(graph)))} that runs compute anew only when what they are made of has been assigned`,
    `bound: ${showBytes(sum(written))} that runs assign, ${showBytes(sum(kept))} that they only read`,
    `constants: ${constants.length} of ${showBytes(sum(constants))} among the latter, which nobody can assign`,
  ].join('\n');
}

/** The graph as a Mermaid flowchart. */
export function drawGraph(graph: Graph): string {
  const nameOf = namesOf(graph);
  const makers = new Map<Value, string>();
  for (const value of [...graph.inputs, ...boundValues(graph)]) makers.set(value, nameOf(value));
  const lines = [...makers.values()].map((name) => `  ${name}([${name}])`);
  graph.nodes.forEach((command, i) => {
    const { inputs, outputs, writes } = command;
    const node = `n${i}`;
    lines.push(`  ${node}["${titleOf(command)}<br>${outputs.map(describe).join('<br>')}"]`);
    for (const view of inputs) lines.push(`  ${makers.get(view.value) ?? '?'} --> ${node}`);
    for (const value of writes) lines.push(`  ${node} -.-> ${nameOf(value)}`);
    for (const { value } of outputs) makers.set(value, node);
  });
  graph.outputs.forEach(({ value }, i) => lines.push(`  ${makers.get(value) ?? '?'} --> out${i}([out${i}])`));
  return ['flowchart TD', ...lines].join('\n');
}
