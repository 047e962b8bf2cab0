import { inNameOf } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';

/** The body of a function that is composed of others: a scope, whose errors name the function. */
export function onBehalf<T>(op: string, body: () => T): T {
  return inNameOf(op, () => scope(body));
}
