import { isElementwise } from '../engine/define.js';
import { sizeOf } from '../tensor/shape.js';
import type { Graph, Node, Value, View } from './graph.js';
import { commonCuts, cutsOf } from './walk.js';
import { fits, fuse, limits, readsStraight } from './tile-program.js';

/** Element-wise commands that one will do the work of, where the last of them stands. */
class Group {
  readonly members: [at: number, node: Node][] = [];
  cuts: readonly number[] = [];
  open = true;

  add(at: number, node: Node): void {
    this.members.push([at, node]);
    this.cuts = commonCuts(this.cuts, cutsOf(node.outputs[0]!))!;
  }

  take(other: Group): void {
    this.members.push(...other.members);
    this.members.sort(([a], [b]) => a - b);
    this.cuts = commonCuts(this.cuts, other.cuts)!;
    other.open = false;
  }

  get nodes(): Node[] {
    return this.members.map(([, node]) => node);
  }

  /** Operands, were all members fused: no more than this. */
  get operands(): number {
    return this.nodes.reduce((count, { inputs }) => count + inputs.length + 1, 0);
  }

  reads(value: Value): boolean {
    return this.members.some(([, { inputs }]) => inputs.some((view) => view.value === value));
  }
}

function isMember({ op, outputs, writes, lasting }: Node): boolean {
  return isElementwise(op) && writes.length === 0 && lasting !== true && sizeOf(outputs[0]!.shape) > 0;
}

/** Groups members with those whose results they read, unless something between them stands in the way. */
class Grouping {
  private readonly makers = new Map<Value, { readonly group: Group; readonly made: View }>();
  readonly groups: (Group | undefined)[] = [];

  constructor(nodes: readonly Node[]) {
    nodes.forEach((node, at) => this.groups.push(isMember(node) ? this.join(node, at) : this.pass(node)));
    for (const { group } of this.makers.values()) for (const [at] of group.members) this.groups[at] = group;
  }

  // What a group makes must be there for others, and what it reads must not be overwritten before.
  private pass({ inputs, writes }: Node): undefined {
    for (const { value } of inputs) this.close(value);
    for (const { group } of this.makers.values()) if (writes.some((value) => group.reads(value))) group.open = false;
  }

  private close(value: Value): void {
    const maker = this.makers.get(value);
    if (maker !== undefined) maker.group.open = false;
  }

  private join(node: Node, at: number): Group {
    const [made] = node.outputs as [View];
    const group = new Group();
    group.add(at, node);
    for (const other of this.candidates(node)) {
      const cuts = commonCuts(group.cuts, other.cuts);
      const small =
        group.members.length + other.members.length <= limits.steps &&
        group.operands + other.operands <= limits.registers;
      if (cuts !== undefined && cuts.length <= limits.rank && small) this.merge(group, other);
      else other.open = false;
    }
    this.makers.set(made.value, { group, made });
    return group;
  }

  private merge(group: Group, other: Group): void {
    group.take(other);
    for (const [, { outputs }] of other.members) {
      const [made] = outputs as [View];
      this.makers.set(made.value, { group, made });
    }
  }

  /** Open groups whose results a command reads as they were made; those that it reads otherwise are closed. */
  private candidates(node: Node): Set<Group> {
    const candidates = new Set<Group>();
    for (const view of node.inputs) {
      const maker = this.makers.get(view.value);
      if (maker === undefined || !maker.group.open) continue;
      if (readsStraight(view, node, maker.made) && fits(node, maker.group.cuts)) candidates.add(maker.group);
      else maker.group.open = false;
    }
    return new Set([...candidates].filter(({ open }) => open));
  }
}

/** Values that commands outside of a group read, or the graph returns. */
function neededOutside(graph: Graph, group: Group): Set<Value> {
  const nodes = new Set(group.nodes);
  const others = graph.nodes.filter((node) => !nodes.has(node));
  return new Set([...others.flatMap(({ inputs }) => inputs), ...graph.outputs].map(({ value }) => value));
}

/**
 * Makes one command of element-wise ones that hand results to each other: it runs them on a tile at a time, and what nobody
 * else reads never reaches memory. The same kernels compute the same numbers.
 */
export function fuseElementwise(graph: Graph): Graph {
  const { groups } = new Grouping(graph.nodes);
  const nodes = graph.nodes.flatMap((node, at) => {
    const group = groups[at];
    if (group === undefined || group.members.length === 1) return [node];
    if (group.members.at(-1)![0] !== at) return [];
    const needed = neededOutside(graph, group);
    return [fuse(group.nodes, (value) => needed.has(value))];
  });
  return { ...graph, nodes };
}
