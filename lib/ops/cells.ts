/** Kinds of cells: both kinds of the plain one by their function. */
export const cells = ['lstm', 'gru', 'tanh', 'relu'] as const;
export type Cell = (typeof cells)[number];

/** How many gates a cell has: its weights have so many rows for each unit. */
export const gatesOf: Readonly<Record<Cell, number>> = { lstm: 4, gru: 3, tanh: 1, relu: 1 };
