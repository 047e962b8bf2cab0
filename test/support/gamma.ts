// Gamma and its relatives by recurrence up to 10 or 20 and asymptotic series from there: plain, and slow.

// Bernoulli numbers B₂, B₄, …
const bernoulli = [1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6];

const isPole = (x: number): boolean => x <= 0 && Number.isInteger(x);

function factorial(n: number): number {
  return n < 2 ? 1 : n * factorial(n - 1);
}

/** ln |Γ(x)|. */
export function lgamma(x: number): number {
  if (isPole(x) || Math.abs(x) === Infinity) return Infinity;
  if (x < 0) return Math.log(Math.PI / Math.abs(x * Math.sin(Math.PI * x))) - lgamma(-x);
  let [product, y] = [1, x];
  for (; y < 10; y++) product *= y;
  const series = bernoulli.reduce((sum, b, j) => sum + b / ((2 * j + 2) * (2 * j + 1) * y ** (2 * j + 1)), 0);
  return (y - 0.5) * Math.log(y) - y + Math.log(2 * Math.PI) / 2 + series - Math.log(product);
}

/** Γ′(x) / Γ(x). */
export function digamma(x: number): number {
  if (x === 0) return Object.is(x, 0) ? -Infinity : Infinity;
  if (isPole(x) || x === -Infinity) return NaN;
  if (x < 20) return digamma(x + 1) - 1 / x;
  const series = bernoulli.reduce((sum, b, j) => sum + b / ((2 * j + 2) * x ** (2 * j + 2)), 0);
  return Math.log(x) - 0.5 / x - series;
}

/** The n-th derivative of digamma, n >= 1. */
export function polygamma(n: number, x: number): number {
  const sign = n % 2 === 1 ? 1 : -1;
  if (x === -Infinity) return NaN;
  if (isPole(x)) return sign * Infinity;
  if (x < 20) return polygamma(n, x + 1) + (sign * factorial(n)) / x ** (n + 1);
  if (x === Infinity) return 0;
  const rest = bernoulli.reduce(
    (sum, b, j) => sum + (b * factorial(2 * j + 1 + n)) / (factorial(2 * j + 2) * x ** (2 * j + 2 + n)),
    0,
  );
  return sign * (factorial(n - 1) / x ** n + factorial(n) / (2 * x ** (n + 1)) + rest);
}
