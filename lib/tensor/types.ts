import type { Shape } from './shape.js';

/** A shape error as a sentence that the editor shows where a tensor was expected. */
export interface ShapeError<Message extends string> {
  readonly shapeError: Message;
}

/** Shape of an element-wise result: known when both sides agree or one is a single number, otherwise open. */
export type BroadcastShape<A extends Shape, B extends Shape> = A extends B
  ? B extends A
    ? A
    : Shape
  : A extends readonly []
    ? B
    : B extends readonly []
      ? A
      : Shape;

/** Last two axes exchanged, where they are known. */
export type TransposedShape<S extends Shape> = S extends readonly [infer M extends number, infer N extends number]
  ? readonly [N, M]
  : Shape;

/** [M, K] times [K, N]; open for batches and unknown extents; a sentence when the inner extents differ. */
export type MatMulShape<A extends Shape, B extends Shape> = A extends readonly [
  infer M extends number,
  infer K extends number,
]
  ? B extends readonly [infer L extends number, infer N extends number]
    ? number extends K | L
      ? readonly [M, N]
      : K extends L
        ? readonly [M, N]
        : ShapeError<`matmul: inner dimensions ${K} and ${L} differ`>
    : Shape
  : Shape;
