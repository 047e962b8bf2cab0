import * as m from 'myelin';

/** What callers get wrong, and the error each of them gets: its code, the name it bears, and what it says. */
export type Wrong = readonly [what: string, code: m.ErrorCode, op: string, message: RegExp, call: () => unknown];

/** What the compiler would not let pass. */
export const never = (value: unknown): never => value as never;
export const f32 = (shape: readonly number[]) => m.ones(shape as number[]);
export const ints = (...values: number[]) => m.tensor(values, { dtype: 'int32' });
