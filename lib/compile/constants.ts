import type { Storage } from '../tensor/storage.js';
import type { Tensor } from '../tensor/tensor.js';
import { compute, isImmutable, isPure } from './fold.js';
import type { Node, Value } from './graph.js';

/** Values that a function may read while it is traced, since they are the same in every run: computed when it asks. */
export class Constants {
  private readonly makers = new Map<Value, Node>();
  private readonly known = new Map<Value, Tensor>();

  note(node: Node): void {
    for (const { value } of node.outputs) this.makers.set(value, node);
  }

  /** The memory of a value; undefined when it depends on inputs, on what is assigned, or on chance. */
  storageOf(value: Value): Storage | undefined {
    if (value.kind === 'bound') return isImmutable(value.storage!) ? value.storage : undefined;
    const maker = this.makers.get(value);
    if (maker === undefined || !isPure(maker)) return undefined;
    if (!this.known.has(value)) {
      const inputs = new Map(maker.inputs.map((view) => [view.value, this.storageOf(view.value)] as const));
      if ([...inputs.values()].includes(undefined)) return undefined;
      const outputs = compute(maker, (input) => inputs.get(input)!);
      maker.outputs.forEach((view, i) => this.known.set(view.value, outputs[i]!));
    }
    return this.known.get(value)!.storage;
  }

  dispose(): void {
    for (const tensor of this.known.values()) tensor.dispose();
  }
}
