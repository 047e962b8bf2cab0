import path from 'node:path';

import {
  compile,
  memory,
  mul,
  MyelinError,
  scope,
  sum,
  valueAndGrad,
  writeSafetensors,
  type AnyModule,
  type ErrorCode,
  type FloatDType,
  type Parameter,
  type Tensor,
} from 'myelin';

import { isFloat } from '../../lib/tensor/dtype';
import { caught } from './caught';
import type { Tolerance } from './compare';
import { expectAllGolden, expectGolden, expectNoLeak, Golden, scoped } from './golden';

// Sums of up to 153 products of numbers around 1, taken in another order than PyTorch's.
const usual: Tolerance = { relative: 16, absolute: 64 };

/** How the layers of a table are built, by the names of their cases in scripts/golden_layers. */
export type Layers = Readonly<Record<string, (dtype: FloatDType) => AnyModule>>;

const inputNames = ['x', 'x1', 'x2'];

type Forward = (...inputs: readonly Tensor[]) => Tensor;

/** A case of a file, and how near it has to come. */
interface LayerCase {
  readonly golden: Golden;
  readonly name: string;
  readonly tolerance: Tolerance;
}

/** A layer, its inputs, and what of them has gradients. */
interface Trial {
  readonly module: AnyModule;
  readonly forward: Forward;
  readonly inputs: readonly Tensor[];
  readonly weights: Tensor;
  readonly tolerance: Tolerance;
}

/** Output and all gradients of the weighted sum of the output, as PyTorch's `backward` gives them. */
function differentiate({ module, forward }: Trial, inputs: readonly Tensor[], weights: Tensor) {
  const floats = inputs.flatMap((x, i) => (isFloat(x.dtype) ? [[inputNames[i]!, x] as const] : []));
  const leaves: Record<string, Tensor | Parameter> = { ...module.parameters(), ...Object.fromEntries(floats) };
  const [[, out], grads] = valueAndGrad(() => {
    const result = forward(...inputs);
    return [sum(mul(result, weights)), result] as const;
  }, leaves);
  return { out, grads };
}

function expectPyTorch(golden: Golden, name: string, trial: Trial, run: typeof differentiate): void {
  const { module, inputs, weights, tolerance } = trial;
  const { out, grads } = run(trial, inputs, weights);
  expectGolden(`${name}/out`, out, golden.get(`${name}/out`), tolerance);
  expectAllGolden(`${name}/grad`, grads, golden.under(`${name}/grad`), tolerance);
  expectAllGolden(`${name}/after`, module.buffers(), golden.under(`${name}/after`), tolerance);
}

function prepare({ golden, name, tolerance }: LayerCase, module: AnyModule, dtype: FloatDType): Trial {
  const state = golden.under(`${name}/before`);
  expect(Object.keys(module.stateDict()).sort()).toEqual(Object.keys(state).sort());
  module.loadStateDict(state);
  const given = inputNames.filter((input) => golden.has(`${name}/${input}`));
  return {
    module,
    forward: (...inputs) => (module as unknown as { forward: Forward }).forward(...inputs),
    inputs: given.map((input) => golden.as(`${name}/${input}`, dtype)),
    weights: golden.as(`${name}/weights`, dtype),
    tolerance,
  };
}

function tryEager(layer: LayerCase, module: AnyModule, dtype: FloatDType): void {
  const { golden, name, tolerance } = layer;
  const trial = prepare(layer, module, dtype);
  expectPyTorch(golden, name, trial, differentiate);
  module.eval();
  // What does the same in inference has no output of its own.
  const wanted = golden.get(golden.has(`${name}/eval`) ? `${name}/eval` : `${name}/out`);
  expectGolden(`${name}/eval`, trial.forward(...trial.inputs), wanted, tolerance);
}

/** Whether a layer is one that reads values, which compiled functions cannot. */
function tryCompiled(layer: LayerCase, module: AnyModule, dtype: FloatDType): boolean {
  const trial = prepare(layer, module, dtype);
  using compiled = compile((inputs: readonly Tensor[], weights: Tensor) => differentiate(trial, inputs, weights));
  try {
    expectPyTorch(layer.golden, layer.name, trial, (_, inputs, weights) => compiled.sync(inputs, weights));
  } catch (error) {
    if (error instanceof MyelinError && error.code === 'TRACE') return true;
    throw error;
  }
  return false;
}

/** Writes a layer of its own weights for PyTorch: its state, inputs, and the output in inference (scripts/exchange.py). */
async function exchange(folder: string, file: string, { golden, name }: LayerCase, module: AnyModule): Promise<void> {
  const given = inputNames.filter((input) => golden.has(`${name}/${input}`));
  const inputs = given.map((input) => golden.as(`${name}/${input}`, 'float64'));
  const run = (): Tensor => (module as unknown as { forward: Forward }).forward(...inputs);
  scope(() => void run()); // moves running statistics
  module.eval();
  const state = Object.entries(module.stateDict()).map(([key, value]) => [`state/${key}`, value] as const);
  const named = given.map((input, i) => [input, inputs[i]!] as const);
  await writeSafetensors(
    path.join(folder, `${file}.${name}.safetensors`),
    Object.fromEntries([...state, ...named, ['out', run()]]),
  );
}

/**
 * Declares the tests of a table of layers: output, gradients and state are those that scripts/golden.py got from PyTorch.
 *
 * @param readsValues cases that cannot be compiled because they look at values
 * @param tolerance for layers whose sums cancel more than usual
 */
export function testLayers(file: string, layers: Layers, readsValues: readonly string[] = [], tolerance = usual): void {
  let golden: Golden;
  beforeAll(async () => {
    golden = await Golden.read(file);
  });
  afterAll(() => golden.dispose());

  test('every case of PyTorch is tested', () => {
    expect(Object.keys(layers).sort()).toEqual(golden.cases());
  });

  describe.each(['float32', 'float64'] as const)('in %s, output, gradients and state are those of PyTorch', (dtype) => {
    test.each(Object.entries(layers))('%s', (name, build) => {
      const before = memory().storages;
      scoped(() => {
        using module = build(dtype);
        tryEager({ golden, name, tolerance }, module, dtype);
      })();
      expectNoLeak(before);
    });
  });

  describe('compiled, too', () => {
    test.each(Object.entries(layers))('%s', (name, build) => {
      scoped(() => {
        using module = build('float32');
        expect(tryCompiled({ golden, name, tolerance }, module, 'float32')).toBe(readsValues.includes(name));
      })();
    });
  });

  const folder = process.env['MYELIN_EXCHANGE'];
  if (folder === undefined) return;
  test.each(Object.entries(layers))('%s is written for PyTorch', async (name, build) => {
    using module = build('float64');
    await exchange(folder, file, { golden, name, tolerance }, module);
  });
}

/** Declares tests of what layers refuse, by a description: the call, the code of the error and what it says. */
export function testRefusals(refusals: Readonly<Record<string, readonly [() => unknown, ErrorCode, RegExp]>>): void {
  test.each(Object.entries(refusals))('refuses %s', (_, [call, code, message]) => {
    const error = scope(() => caught(call));
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)]);
  });
}
