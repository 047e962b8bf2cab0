/** What a contender has to compute, by name; every contender has a table of those it can. */
export type Kind =
  | 'matmul'
  | 'conv2d'
  | 'conv2dBackward'
  | 'recurrent'
  | 'cell'
  | 'attention'
  | 'block'
  | 'rows'
  | 'pointwise'
  | 'reduce'
  | 'update'
  | 'lbfgs'
  | 'eager'
  | 'train'
  | 'infer'
  | 'latency'
  | 'encoder'
  | 'decode';

/** Shapes and choices of a case; flat, so that a contender in any language reads them easily. */
export type Arguments = Readonly<Record<string, number | string>>;

/** The numbers among some arguments, by name. */
export function numbersOf<K extends string>(args: Arguments, ...names: readonly K[]): Record<K, number> {
  return Object.fromEntries(names.map((name) => [name, Number(args[name])])) as Record<K, number>;
}

/** Names of the extents of a matrix product, and of a convolution. */
export const productNames = ['m', 'n', 'k', 'batch', 'aTransposed', 'bTransposed'] as const;
export const convolutionNames = [
  'batch',
  'channels',
  'size',
  'filters',
  'kernel',
  'stride',
  'padding',
  'dilation',
  'groups',
] as const;

/** What the machine runs out of first: one of the limits that are measured, or none of them. */
export type Bound = 'fma' | 'bfloat16' | 'int8' | 'read' | 'copy' | 'none';

/** What speed is counted in, best first said: more is better, but for microseconds. */
export type Unit = 'GFLOP/s' | 'GB/s' | 'steps/s' | 'samples/s' | 'tokens/s' | 'µs';

/** What has to be reached. */
export interface Target {
  /** Speed as a multiple of the best of some peers; two numbers are those on one thread and on more. */
  readonly ratio?: { readonly atLeast: number | readonly [one: number, more: number]; readonly of: readonly string[] };
  /** Speed as a multiple of that of the same without `compile`. */
  readonly eager?: number;
  /** Peak memory as a share of that of the same without `compile`, at most. */
  readonly memory?: number;
  /** How long 99 of 100 calls take at most, as a multiple of the usual call. */
  readonly tail?: number;
  /** Speed as a share of the machine's limit. */
  readonly share?: number;
  /** Largest error, relative to the range of the result. */
  readonly error?: number;
  /** Speed on two threads as a multiple of that on one. */
  readonly scaling?: number;
}

/** One measurement: a function of fixed shapes, and the work that it needs at least. */
export interface Case {
  readonly name: string;
  readonly family: string;
  readonly kind: Kind;
  readonly args: Arguments;
  readonly unit: Unit;
  /** What one call does, in billions of operations or bytes, or in steps, samples or calls. */
  readonly work: number;
  /** Bytes that the call touches: which cache they fit into decides what bandwidth is the limit. */
  readonly footprint: number;
  readonly bound: Bound;
  /** Largest error, relative to the range of the result, at which a result still counts as right. */
  readonly tolerance: number;
  readonly target?: Target;
  /** Whether `--quick` measures it. */
  readonly quick?: boolean;
}

/** How a speed in the unit of a case follows from the seconds of one call. */
export function speedOf({ unit, work }: Pick<Case, 'unit' | 'work'>, seconds: number): number {
  return unit === 'µs' ? (seconds * 1e6) / work : work / seconds;
}

/** Bytes of so many float32 numbers. */
export const float32Bytes = (count: number): number => 4 * count;
