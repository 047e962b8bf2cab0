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

/** [M, K] times [K, N]; open for batches and unknown extents. */
export type MatMulShape<A extends Shape, B extends Shape> = A extends readonly [infer M extends number, number]
  ? B extends readonly [number, infer N extends number]
    ? readonly [M, N]
    : Shape
  : Shape;

/** What the right side of a matrix product must be besides a tensor: a sentence when inner extents are known to differ. */
export type MatMulFits<A extends Shape, B extends Shape> = A extends readonly [number, infer K extends number]
  ? B extends readonly [infer L extends number, number]
    ? number extends K | L
      ? unknown
      : K extends L
        ? unknown
        : ShapeError<`matmul: inner dimensions ${K} and ${L} differ`>
    : unknown
  : unknown;
