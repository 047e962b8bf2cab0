import { attrPlace, encodeCommand, type HandledView } from '../engine/command.js';
import type { Generator } from '../tensor/rng.js';
import { lastingValues, writtenValues, type Graph, type Node, type Value, type View } from './graph.js';
import { planMemory } from './memory-plan.js';

/** Kinds of slots, numbered as in native/core/plan.h. */
const kinds = { arena: 0, bound: 1, given: 2 } as const;

/** An attribute that every run sets anew. */
export interface Patch {
  readonly generator: Generator;
  /** Counter, from where the run begins; undefined for the key of the generator. */
  readonly offset: number | undefined;
}

/** A graph as the native side takes it, see native/core/plan.h. */
export interface Program {
  readonly numbers: Float64Array;
  readonly slots: number;
  readonly arenaBytes: number;
  /** Place of every value in the arena, in bytes. */
  readonly offsets: ReadonlyMap<Value, number>;
  /** What a run gives memory to: the graph's inputs, then the results that it makes. */
  readonly given: readonly Value[];
  readonly patches: readonly Patch[];
  readonly patchPlaces: Float64Array;
  /** First command that writes what is bound; the number of commands when none does. */
  readonly commit: number;
  /** How many commands, the first ones, make what lasts. */
  readonly lasting: number;
  /** What is bound and what lasts is made of. */
  readonly sources: readonly Value[];
}

/** Values that the graph makes and returns: each run makes them anew. */
export function returnedValues({ outputs }: Graph): Value[] {
  return [...new Set(outputs.map(({ value }) => value))].filter(({ kind }) => kind === 'made');
}

/** Lays out memory and writes the commands. */
export function lower(graph: Graph): Program {
  const returned = returnedValues(graph);
  const { offsets, bytes } = layOut(graph, new Set(returned));
  const slots = new Map<Value, number>();
  const rows: number[] = [];
  const addSlot = (value: Value, kind: keyof typeof kinds, place: number): void => {
    slots.set(value, slots.size);
    rows.push(kinds[kind], value.bytes, place);
  };
  const given = [...graph.inputs, ...returned];
  for (const value of given) addSlot(value, 'given', 0);
  for (const value of valuesOf(graph)) {
    if (slots.has(value)) continue;
    if (value.storage === undefined) addSlot(value, 'arena', offsets.get(value)!);
    else addSlot(value, 'bound', value.storage.handle);
  }
  const patches: Patch[] = [];
  const places: number[] = [];
  const chunks: Float64Array[] = [Float64Array.from(rows)];
  let at = rows.length;
  for (const node of graph.nodes) {
    const { numbers, attrsAt } = encodeNode(node, slots);
    for (const [patch, place] of patchesOf(node)) {
      patches.push(patch);
      places.push(at + 1 + attrsAt + place);
    }
    chunks.push(Float64Array.of(numbers.length), numbers);
    at += 1 + numbers.length;
  }
  const first = graph.nodes.findIndex(({ writes }) => writes.length > 0);
  const lasting = graph.nodes.filter((node) => node.lasting === true);
  return {
    numbers: concat(chunks, at),
    slots: slots.size,
    arenaBytes: bytes,
    offsets,
    given,
    patches,
    patchPlaces: Float64Array.from(places),
    commit: first < 0 ? graph.nodes.length : first,
    lasting: lasting.length,
    sources: boundInputsOf(lasting),
  };
}

function valuesOf({ nodes }: Graph): Set<Value> {
  return new Set(nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs].map(({ value }) => value)));
}

function boundInputsOf(nodes: readonly Node[]): Value[] {
  const read = new Set(nodes.flatMap(({ inputs }) => inputs.map(({ value }) => value)));
  return [...read].filter(({ kind }) => kind === 'bound');
}

function encodeNode(node: Node, slots: ReadonlyMap<Value, number>): ReturnType<typeof encodeCommand> {
  const handled = ({ value, ...view }: View): HandledView => ({ ...view, handle: slots.get(value)! });
  return encodeCommand(node.op, node.inputs.map(handled), node.outputs.map(handled), node.attrs);
}

function patchesOf({ op, attrs, draw }: Node): [Patch, place: number][] {
  if (draw === undefined) return [];
  const { generator, offset } = draw;
  return [
    [{ generator, offset: undefined }, attrPlace(op, attrs, 'key')],
    [{ generator, offset }, attrPlace(op, attrs, 'counter')],
  ];
}

function concat(chunks: readonly Float64Array[], length: number): Float64Array {
  const all = new Float64Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}

function layOut(graph: Graph, elsewhere: ReadonlySet<Value>): { offsets: Map<Value, number>; bytes: number } {
  // What is written in place lives on in the memory of what it is written onto.
  const homes = new Map<Value, Value>();
  const lasting = lastingValues(graph);
  const lives = new Map<Value, { bytes: number; first: number; last: number }>();
  graph.nodes.forEach(({ inputs, outputs, inPlace }, i) => {
    for (const { value } of outputs) {
      if (elsewhere.has(value)) continue;
      const below = inPlace?.get(value);
      homes.set(value, below === undefined ? value : homes.get(below)!);
      if (below === undefined) lives.set(value, { bytes: value.bytes, first: i, last: i });
    }
    for (const { value } of [...inputs, ...outputs]) {
      const life = lives.get(homes.get(value)!);
      if (life !== undefined) life.last = i;
    }
  });
  // What runs read of what lasts has memory of its own.
  for (const { inputs, lasting: lasts } of graph.nodes) {
    for (const { value } of lasts === true ? [] : inputs) {
      if (lasting.has(value)) Object.assign(lives.get(value)!, { first: 0, last: graph.nodes.length });
    }
  }
  const { offsets, bytes } = planMemory([...lives.values()]);
  const places = new Map([...lives.keys()].map((value, i) => [value, offsets[i]!]));
  return { offsets: new Map([...homes].map(([value, home]) => [value, places.get(home)!])), bytes };
}

/** Values of a graph by what a run does with them. */
export function usesOf(graph: Graph): { readonly reads: readonly Value[]; readonly writes: readonly Value[] } {
  const writes = writtenValues(graph);
  const bound = [...valuesOf(graph)].filter(({ kind }) => kind === 'bound');
  return { reads: bound.filter((value) => !writes.has(value)), writes: [...writes] };
}
