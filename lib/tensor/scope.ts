import { AsyncLocalStorage } from 'node:async_hooks';

import { fail, show } from './errors.js';

/** What a scope frees: a tensor, or what holds tensors, such as a pullback. */
export interface Disposable {
  dispose(): void;
}

// Tensors made since the innermost open scope began; undefined outside of scopes.
let current: Disposable[] | undefined;
// Scopes that span `await` follow their own chain of calls, not whatever else the event loop runs meanwhile.
const asynchronous = new AsyncLocalStorage<Disposable[]>();
let openAsync = 0;

/** Registers a fresh tensor with the innermost scope. */
export function track(tensor: Disposable): void {
  if (current !== undefined) current.push(tensor);
  else if (openAsync > 0) asynchronous.getStore()?.push(tensor);
}

/** Collects every tensor inside a result: itself, or members of arrays, Maps, Sets and plain objects. */
export function tensorsIn(value: unknown, isTensor: (value: object) => boolean): Set<object> {
  const found = new Set<object>();
  const entered = new Set<object>();
  const visit = (item: unknown): void => {
    if ((typeof item !== 'object' && typeof item !== 'function') || item === null) return;
    if (isTensor(item)) found.add(item);
    else if (!entered.has(item)) {
      entered.add(item);
      for (const member of membersOf(item)) visit(member);
    }
  };
  visit(value);
  return found;
}

function membersOf(value: object): Iterable<unknown> {
  if (Array.isArray(value)) return value as readonly unknown[];
  if (value instanceof Set) return value as ReadonlySet<unknown>;
  if (value instanceof Map) return value.values();
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? (Object.values(value) as unknown[]) : [];
}

const hasDispose = (value: object): boolean => typeof (value as Partial<Disposable>).dispose === 'function';

let holders = 0;

/** Until the returned function is called, scopes free nothing and pass their tensors on: a tape may need them. */
export function holdTensors(): () => void {
  holders++;
  return () => void holders--;
}

/** Whether a tape may need what is freed now. */
export function holdsTensors(): boolean {
  return holders > 0;
}

/** Runs what no tape listens to: scopes inside free as if none were open. */
export function unheld<T>(body: () => T): T {
  const before = holders;
  holders = 0;
  try {
    return body();
  } finally {
    holders = before;
  }
}

function close(tensors: Disposable[], outer: Disposable[] | undefined, result: unknown): void {
  if (holders > 0) {
    outer?.push(...tensors);
    return;
  }
  const kept = tensorsIn(result, hasDispose);
  for (const tensor of tensors) {
    if (!kept.has(tensor)) tensor.dispose();
    else outer?.push(tensor);
  }
}

function enclosing(): Disposable[] | undefined {
  return current ?? (openAsync > 0 ? asynchronous.getStore() : undefined);
}

/** Runs `body` in a scope of its own; `settle` decides what becomes of the tensors made in it. */
function within<T>(body: () => T, settle: (tensors: Disposable[], result: T | undefined) => void): T {
  const outer = current;
  const tensors: Disposable[] = [];
  current = tensors;
  let result: T | undefined;
  try {
    result = body();
    return result;
  } finally {
    current = outer;
    settle(tensors, result);
  }
}

/** {@link scope} that also tells which tensors were made in it, for callers that free the results themselves. */
export function harvest<T>(body: () => T): { readonly result: T; readonly made: ReadonlySet<unknown> } {
  let made: ReadonlySet<unknown> = new Set();
  const result = within(body, (tensors, value) => {
    made = new Set(tensors);
    close(tensors, enclosing(), value);
  });
  return { result, made };
}

/** Runs a function whose tensors, those it returns included, no scope frees: they belong to the caller. */
export function collect<T extends object>(body: () => T): { readonly result: T; readonly made: readonly Disposable[] } {
  let made: readonly Disposable[] = [];
  const result = within(body, (tensors, value) => {
    if (value === undefined) close(tensors, enclosing(), value);
    else made = tensors;
  });
  return { result, made };
}

/**
 * Runs a function and frees every tensor made in it, except those it returns (also inside arrays, Maps, Sets and plain
 * objects).
 *
 * Parameters and Buffers are never freed by a scope. Scopes nest; what an inner one returns belongs to the outer one.
 * When the function throws, everything is freed.
 *
 * @throws MyelinError `STATE` when the function returns a promise: use {@link scopeAsync}; `TYPE` when it is no function
 * @example
 * ```ts
 * import { ones, scope } from 'myelin';
 * const y = scope(() => ones([2, 2]).add(1).mul(3)); // the two tensors in between are gone
 * console.log(y.sum().item()); // 24
 * ```
 */
export function scope<T>(body: () => T): T {
  checkBody('scope', body);
  return within(body, (tensors, result) => {
    close(tensors, enclosing(), result);
    if (result instanceof Promise) {
      // Its tensors are gone, so it may well reject; the error below says why.
      result.catch(() => undefined);
      fail('STATE', 'scope', 'the function returned a promise (need scopeAsync for asynchronous work)');
    }
  });
}

function checkBody(op: string, body: unknown): void {
  if (typeof body !== 'function') fail('TYPE', op, `got ${show(body)} (need a function)`);
}

// What runs before the first `await` belongs to the asynchronous scope too, not to a synchronous one that is open around
// it and ends first.
function outsideOfScopes<T>(body: () => T): T {
  const outer = current;
  current = undefined;
  try {
    return body();
  } finally {
    current = outer;
  }
}

/**
 * {@link scope} for an asynchronous function: frees what its chain of calls made, once it has settled.
 *
 * @example
 * ```ts
 * import { ones, scopeAsync } from 'myelin';
 * const total = await scopeAsync(async () => {
 *   const x = ones([3]);
 *   await Promise.resolve();
 *   return x.sum().item();
 * });
 * console.log(total); // 3
 * ```
 */
export async function scopeAsync<T>(body: () => Promise<T>): Promise<T> {
  checkBody('scopeAsync', body);
  const outer = enclosing();
  const tensors: Disposable[] = [];
  openAsync++;
  let result: T | undefined;
  try {
    result = await asynchronous.run(tensors, () => outsideOfScopes(body));
    return result;
  } finally {
    openAsync--;
    close(tensors, outer, result);
  }
}
