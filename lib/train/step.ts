import { compile, type Compiled } from '../compile/compile.js';
import { MyelinError } from '../tensor/errors.js';
import { Variable } from '../tensor/parameter.js';
import { harvest } from '../tensor/scope.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';

/** What a step gave; `free` gives back the tensors that were made for it, but not an input that a model returns as it is. */
export interface StepResult<R> {
  readonly result: R;
  readonly free: () => void;
}

/**
 * Something done with every batch: compiled, and so off the event loop, or as it stands when that is not wanted, when a batch
 * holds more than tensors, or when the function cannot be traced.
 */
export class Step<B extends object, R extends readonly Tensor[]> {
  private readonly compiled: Compiled<(batch: B) => R>;

  constructor(
    name: string,
    private readonly fn: (batch: B) => R,
    private wanted: boolean,
  ) {
    this.compiled = compile(fn, { name });
  }

  /** @param signal ends a compiled run that has not assigned anything yet */
  async run(batch: B, signal?: AbortSignal): Promise<StepResult<R>> {
    if (!this.wanted || !Object.values(batch).every(isTensor)) return this.runEager(batch);
    try {
      const result = await this.compiled.run([batch], signal === undefined ? {} : { signal });
      const given = new Set<unknown>(Object.values(batch));
      return { result, free: () => free(result.filter((x) => !given.has(x) && !(x instanceof Variable))) };
    } catch (error) {
      if (!cannotBeTraced(error)) throw error;
      this.wanted = false;
      return this.runEager(batch);
    }
  }

  dispose(): void {
    this.compiled.dispose();
  }

  private runEager(batch: B): StepResult<R> {
    const { result, made } = harvest(() => this.fn(batch));
    return { result, free: () => free(result.filter((tensor) => made.has(tensor))) };
  }
}

function free(tensors: readonly Tensor[]): void {
  for (const tensor of tensors) tensor.dispose();
}

function cannotBeTraced(error: unknown): boolean {
  return error instanceof MyelinError && (error.code === 'TRACE' || (error.code === 'TYPE' && error.op === 'compile'));
}
