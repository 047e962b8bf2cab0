import { stopGradient } from '../engine/tape.js';
import { zeros } from '../ops/creation.js';
import { dtypeInfo } from '../tensor/dtype.js';
import { Parameter, type Variable } from '../tensor/parameter.js';
import { scope } from '../tensor/scope.js';
import type { Shape } from '../tensor/shape.js';
import { Tensor } from '../tensor/tensor.js';
import type { AnyModule } from './module.js';

/** Text of {@link Module.summary}. Each Parameter is counted where it first appears. */
export function summarize(model: AnyModule, inputs?: Shape | readonly Tensor[]): string {
  const modules = model.namedModules();
  const shapes = inputs === undefined ? undefined : observeShapes(model, [...modules.values()], inputs);
  const counted = new Set<Variable>();
  const rows = [...modules].map(([name, module]) => [
    label(name, module),
    ...(shapes === undefined ? [] : [shapes.get(module) ?? '']),
    countOwn(module, counted),
  ]);
  const head = ['Layer', ...(shapes === undefined ? [] : ['Output shape']), 'Parameters'];
  return [...table(head, rows), ...totals(model)].join('\n');
}

function label(name: string, module: AnyModule): string {
  const type = module.constructor.name;
  const path = name === '' ? [] : name.split('.');
  return path.length === 0 ? type : `${'  '.repeat(path.length)}${name} ${type}`;
}

function countOwn(module: AnyModule, counted: Set<Variable>): string {
  const fresh = [...module.ownVariables().values()].filter(
    (variable) => variable instanceof Parameter && !counted.has(variable),
  );
  for (const variable of fresh) counted.add(variable);
  const count = sizes(fresh);
  return count === 0 ? '' : grouped(count);
}

/** Runs the model once, in inference mode, and notes what comes out of every module. */
function observeShapes(
  model: AnyModule,
  modules: readonly AnyModule[],
  inputs: Shape | readonly Tensor[],
): Map<AnyModule, string> {
  const shapes = new Map<AnyModule, string>();
  const restore = modules.map((module) => watch(module, (output) => shapes.set(module, shapeText(output))));
  try {
    scope(() => {
      const tensors = isShape(inputs) ? [zeros(inputs)] : inputs;
      stopGradient(() => void (model as { forward(...inputs: readonly Tensor[]): unknown }).forward(...tensors));
    });
  } finally {
    for (const undo of restore) undo();
  }
  return shapes;
}

/** Puts a function in front of the module's `forward` and switches it to inference; returns what undoes both. */
function watch(module: AnyModule, seen: (output: unknown) => void): () => void {
  const { training } = module;
  const own = Object.getOwnPropertyDescriptor(module, 'forward');
  const forward = module.forward.bind(module);
  const target: { training: boolean; forward?: (...inputs: never) => unknown } = module;
  target.training = false;
  target.forward = (...inputs: never) => {
    const output = forward(...inputs);
    seen(output);
    return output;
  };
  return () => {
    target.training = training;
    delete target.forward;
    if (own !== undefined) Object.defineProperty(target, 'forward', own);
  };
}

function isShape(inputs: Shape | readonly Tensor[]): inputs is Shape {
  return inputs.every((item) => typeof item === 'number');
}

function shapeText(output: unknown): string {
  if (output instanceof Tensor) return `[${(output as Tensor).shape.join(', ')}]`;
  if (Array.isArray(output)) return (output as unknown[]).map(shapeText).join(', ');
  return '';
}

function totals(model: AnyModule): string[] {
  const all = Object.values(model.parameters({ frozen: true }));
  const bytes = all.reduce((sum, { size, dtype }) => sum + size * dtypeInfo(dtype).size, 0);
  const total = sizes(all);
  const trainable = sizes(Object.values(model.parameters()));
  const lines = [`Parameters: ${grouped(total)} (${(bytes / 2 ** 20).toFixed(2)} MiB)`];
  if (trainable < total) lines.push(`Trainable: ${grouped(trainable)}, frozen: ${grouped(total - trainable)}`);
  return lines;
}

const sizes = (tensors: readonly Tensor[]): number => tensors.reduce((sum, { size }) => sum + size, 0);
const grouped = (count: number): string => count.toLocaleString('en-US');

/** Columns as wide as their widest cell; the last one, of numbers, is set to the right. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]!.length)));
  const last = head.length - 1;
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) => (i === last ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
      .join('  ')
      .trimEnd();
  const rule = '─'.repeat(widths.reduce((sum, width) => sum + width + 2, -2));
  return [line(head), rule, ...rows.map(line), rule];
}
