import { fail } from '../tensor/errors.js';
import { provideAssign } from '../tensor/parameter.js';
import { Tensor } from '../tensor/tensor.js';
import { assign, assignAt } from './assign.js';

// How functions become methods; lib/ops/methods-*.ts say which.

type Method = (self: Tensor, ...rest: never[]) => unknown;

// Loading is measured in milliseconds here: a function made under a computed key has its name at once, and a prototype that is
// asked whether it has a name takes longer to extend from then on.
const taken = new Set(Object.getOwnPropertyNames(Tensor.prototype));

/** Property of a method that is called as the function and has its name. */
function property(name: string, method: Method): PropertyDescriptor {
  if (taken.has(name)) fail('STATE', 'load', `a tensor has a method ${name} already`);
  taken.add(name);
  const named = {
    [name](this: Tensor, ...rest: never[]): unknown {
      return method(this, ...rest);
    },
  };
  return { value: named[name], writable: true, configurable: true };
}

/** Makes methods of functions: each is the function of the same name with the tensor as its first argument. */
export function install(methods: Readonly<Record<string, unknown>>): void {
  const properties = Object.entries(methods).map(([name, method]) => [name, property(name, method as Method)] as const);
  Object.defineProperties(Tensor.prototype, Object.fromEntries(properties));
}

provideAssign(assign, assignAt);
