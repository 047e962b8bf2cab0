import { isfinite, isnan } from '../ops/logic.js';
import { all, any } from '../ops/reduce.js';
import { callSite } from '../tensor/call-site.js';
import { isFloat } from '../tensor/dtype.js';
import { describe, fail } from '../tensor/errors.js';
import { scope } from '../tensor/scope.js';
import type { Tensor } from '../tensor/tensor.js';
import type { AttrValue } from './command.js';
import type { Op } from './define.js';
import { inspectingGradients, type Arrival } from './backward.js';
import type { Named, NamedInputs } from './dispatch.js';
import { checkFunction } from './leaves.js';
import { inputsOf, inspecting, unheard, type Entry, type Inspector } from './tape.js';

/** Options of {@link detectAnomaly}. */
export interface AnomalyOptions {
  /** Whether infinities are looked for too, not only NaN; default `true`. */
  readonly infinity?: boolean;
}

type Flaw = 'NaN' | 'an infinity';

/** Looks at what ops give and at what gradient rules give, and refuses the first number that is none. */
class AnomalyInspector implements Inspector {
  /** Not while it looks itself, nor inside a gradient rule: of that, the result is looked at. */
  private resting = false;

  constructor(private readonly infinity: boolean) {}

  site(): string {
    return callSite().where;
  }

  inspect(op: Op, inputs: NamedInputs, attrs: Named<AttrValue>, outputs: readonly Tensor[]): void {
    // What makes tensors from nothing makes what it was asked for; views make no numbers.
    if (this.resting || op.inputs.length === 0 || op.number < 0) return;
    for (const out of outputs) {
      const flaw = this.flawOf(out);
      if (flaw === undefined) continue;
      const found = inputsOf({ op, inputs }).map((input) => this.flawOf(input));
      if (flaw === 'an infinity' && (found.some((given) => given !== undefined) || asksForInfinity(attrs))) continue;
      const how = found.includes(flaw) ? `was given ${flaw} and gives it on in` : `made ${flaw} in`;
      const site = this.site();
      fail('ANOMALY', op.name, `${how} its result, ${describe(out)}, at ${site}`, { flaw, site });
    }
  }

  readonly inspectGradients = (
    entry: Entry,
    douts: readonly (Tensor | undefined)[],
    rule: () => Arrival[],
  ): Arrival[] => {
    const arrivals = this.atRest(rule);
    for (const [input, gradient] of arrivals) {
      const flaw = this.flawOf(gradient);
      if (flaw === undefined) continue;
      const given = douts.map((dout) => (dout === undefined ? undefined : this.flawOf(dout)));
      if (flaw === 'an infinity' && given.some((dout) => dout !== undefined)) continue;
      const { op, site = 'a line that detectAnomaly was not around' } = entry;
      const how = given.includes(flaw) ? `was given ${flaw} and gives it on in` : `made ${flaw} in`;
      fail(
        'ANOMALY',
        op.name,
        `its gradient ${how} d${nameOf(entry, input)}, ${describe(gradient)}; it was called at ${site}`,
        {
          flaw,
          site,
        },
      );
    }
    return arrivals;
  };

  private flawOf(x: Tensor): Flaw | undefined {
    if (!isFloat(x.dtype)) return undefined;
    return this.atRest(() =>
      unheard(() =>
        scope(() => {
          if (all(isfinite(x)).item()) return undefined;
          if (any(isnan(x)).item()) return 'NaN';
          return this.infinity ? 'an infinity' : undefined;
        }),
      ),
    );
  }

  private atRest<T>(body: () => T): T {
    const before = this.resting;
    this.resting = true;
    try {
      return body();
    } finally {
      this.resting = before;
    }
  }
}

/** Whether an infinity is what the caller wanted, as when a mask is filled with it. */
function asksForInfinity(attrs: Named<AttrValue>): boolean {
  return Object.values(attrs).some((value) => Math.abs(Number(value)) === Infinity);
}

function nameOf({ op, inputs }: Entry, tensor: Tensor): string {
  return op.inputs.find((name) => [inputs[name]!].flat().includes(tensor)) ?? 'x';
}

/**
 * Runs a function and refuses the first NaN or infinity that an op in it makes, or that arises in a gradient: the error
 * names the op and the line of your program that called it.
 *
 * An infinity that is asked for, such as the filling of a mask, or that was there before, is none of the op's making and
 * passes; NaN never passes. Slow, since every result is looked at; outside of it nothing is looked at and nothing is paid.
 *
 * @param body does its work at once: it may call `valueAndGrad`, `vjp`, layers, optimizers
 * @param options.infinity whether infinities are looked for too, not only NaN; default `true`
 * @returns what the function returned
 * @throws MyelinError `ANOMALY` that names the op and the line; `TYPE` when `body` is no function
 * @example
 * ```ts
 * import { detectAnomaly, grad, tensor } from 'myelin';
 * const x = tensor([0, 1]);
 * try {
 *   detectAnomaly(() => grad(() => x.sqrt().sum(), [x]));
 * } catch (error) {
 *   console.log(String(error).split(';')[0]); // MyelinError: sqrt: its gradient made an infinity in dx, float32[2]
 * }
 * ```
 */
export function detectAnomaly<T>(body: () => T, { infinity = true }: AnomalyOptions = {}): T {
  checkFunction('detectAnomaly', 'the function', body);
  const inspector = new AnomalyInspector(infinity);
  const result = inspecting(inspector, () => inspectingGradients(inspector.inspectGradients, body));
  if (result instanceof Promise) {
    result.catch(() => undefined);
    fail('TYPE', 'detectAnomaly', 'the function returned a promise (need one that does its work at once)');
  }
  return result;
}
