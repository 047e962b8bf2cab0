/** Stands in {@link at} for a new axis of extent 1. */
export const newAxis = Symbol('newAxis');
