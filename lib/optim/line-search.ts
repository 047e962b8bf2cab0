/** A point on the line of a search: how far along, the function's value, and its slope in that direction. */
export interface LinePoint<P> {
  readonly t: number;
  readonly value: number;
  readonly slope: number;
  /** What the caller wants to know of the point it ends with. */
  readonly at: P;
}

/** Bounds of a search, in the words of {@link strongWolfe}. */
export interface LineSearchOptions {
  /** A bracket that moves no element by more than this is not searched further. */
  readonly tolerance: number;
  /** Largest change of an element per unit of t. */
  readonly reach: number;
}

const sufficientDecrease = 1e-4;
const curvature = 0.9;
const mostTries = 25;

/**
 * The minimum of the cubic that has the values and slopes of two points, moved into [low, high].
 *
 * Source: Nocedal & Wright 2006, «Numerical Optimization», equation 3.59.
 */
function cubicMinimum(
  a: LinePoint<unknown>,
  b: LinePoint<unknown>,
  low = Math.min(a.t, b.t),
  high = Math.max(a.t, b.t),
): number {
  const [left, right] = a.t <= b.t ? [a, b] : [b, a];
  const chord = left.slope + right.slope - (3 * (left.value - right.value)) / (left.t - right.t);
  const square = chord * chord - left.slope * right.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const root = Math.sqrt(square);
  const share = (right.slope + root - chord) / (right.slope - left.slope + 2 * root);
  return Math.min(Math.max(right.t - (right.t - left.t) * share, low), high);
}

/** Keeps a trial away from the ends of a bracket, unless the trial before it was not close to one. */
class Spread {
  private close = false;

  apply(t: number, a: number, b: number): number {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    const margin = 0.1 * (high - low);
    const wasClose = this.close;
    this.close = Math.min(high - t, t - low) < margin;
    if (!this.close || !(wasClose || t >= high || t <= low)) return t;
    this.close = false;
    return Math.abs(t - high) < Math.abs(t - low) ? high - margin : low + margin;
  }
}

/**
 * Looks along a line for a point where a function has fallen enough and is flat enough (the strong Wolfe conditions).
 *
 * @param evaluate the point at a distance
 * @param start the point at distance 0, where the function falls
 * @param first distance to try first
 * @returns the best point that was found
 *
 * Source: Nocedal & Wright 2006, «Numerical Optimization», algorithms 3.5 and 3.6, with cubic interpolation.
 */
export function strongWolfe<P>(
  evaluate: (t: number) => LinePoint<P>,
  start: LinePoint<P>,
  first: number,
  { tolerance, reach }: LineSearchOptions,
): LinePoint<P> {
  const tooHigh = ({ t, value }: LinePoint<P>): boolean => value > start.value + sufficientDecrease * t * start.slope;
  const flat = ({ slope }: LinePoint<P>): boolean => Math.abs(slope) <= -curvature * start.slope;
  let tries = 0;

  // A bracket: two points between which there is a good one.
  let before = start;
  let point = evaluate(first);
  for (; tries < mostTries; tries++) {
    if (tooHigh(point) || (tries > 1 && point.value >= before.value)) break;
    if (flat(point)) return point;
    if (point.slope >= 0) break;
    const t = cubicMinimum(before, point, point.t + 0.01 * (point.t - before.t), point.t * 10);
    before = point;
    point = evaluate(t);
  }
  if (tries === mostTries) before = start;

  const order = (a: LinePoint<P>, b: LinePoint<P>): [low: LinePoint<P>, high: LinePoint<P>] =>
    a.value <= b.value ? [a, b] : [b, a];
  let [low, high] = order(before, point);
  const spread = new Spread();
  for (; tries < mostTries && Math.abs(high.t - low.t) * reach >= tolerance; tries++) {
    const next = evaluate(spread.apply(cubicMinimum(low, high), low.t, high.t));
    if (tooHigh(next) || next.value >= low.value) {
      [low, high] = order(low, next);
      continue;
    }
    if (flat(next)) return next;
    if (next.slope * (high.t - low.t) >= 0) high = low;
    low = next;
  }
  return low;
}
