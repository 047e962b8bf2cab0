import {
  addcdiv,
  addcmul,
  allclose,
  atan2,
  copysign,
  deg2rad,
  equal,
  fmax,
  fmin,
  frac,
  heaviside,
  hypot,
  i0,
  i0e,
  i1,
  i1e,
  isclose,
  isneginf,
  isposinf,
  ldexp,
  lerp,
  logAddExp,
  logAddExp2,
  logit,
  nanToNum,
  nextafter,
  ones,
  polygamma,
  rad2deg,
  sinc,
  tensor,
  xlogy,
  type DType,
  type Tensor,
} from 'myelin';

import { digamma, lgamma, polygamma as polygammaOf } from '../support/gamma';
import { erf, zip, type Nd } from '../support/reference';
import { a23, a24, binary, refusingOthers, shapesDiffer, unary } from './elementwise';
import {
  everyDType,
  floats,
  grid,
  integers,
  uniform,
  type ErrorCase,
  type OpSamples,
  type RunComposed,
  type Sample,
  type SampleTable,
} from './sample';

const ofOne =
  (f: (x: Tensor) => Tensor): RunComposed =>
  ({ x }) =>
    f(x!);
const ofTwo =
  (f: (a: Tensor, b: Tensor) => Tensor): RunComposed =>
  ({ a, b }) =>
    f(a!, b!);

const int2 = () => ones([2], { dtype: 'int32' }) as never;
const refusesInt = (call: () => unknown): ErrorCase => ({ call, code: 'DTYPE', message: /int32\[2\]/ });
const sinh: typeof Math.sinh = (x) => Math.sinh(x);

/** The number whose error function is y, found by halving. */
function erfinv(y: number): number {
  if (Number.isNaN(y) || Math.abs(y) > 1) return NaN;
  if (Math.abs(y) === 1) return y * Infinity;
  if (Math.abs(y) < 1e-20) return (y * Math.sqrt(Math.PI)) / 2;
  let [low, high] = [-6, 6];
  for (let i = 0; i < 80; i++) {
    const middle = (low + high) / 2;
    if (erf(middle) < y) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** The mean of e^(x cos t) cos nt over a circle: the trapezoidal rule converges faster than any power. */
const besselI =
  (n: number, scaled = false) =>
  (x: number): number => {
    if (Number.isNaN(x)) return x;
    if (!Number.isFinite(x)) return scaled ? 0 : n % 2 === 0 ? Infinity : x;
    const places = Array.from({ length: 64 }, (_, i) => (2 * Math.PI * i) / 64);
    const terms = places.map((t) => Math.exp(x * Math.cos(t) - (scaled ? Math.abs(x) : 0)) * Math.cos(n * t));
    return terms.reduce((sum, term) => sum + term, 0) / 64;
  };
const tolerance = { relative: 16, absolute: 16 };
const noTensor: ErrorCase = { call: () => i0('x' as never), code: 'TYPE', message: /x is "x" \(need a te/, op: 'i0' };

/** The number next to a, which is no power of two, in the direction of b. */
function nextNumber(a: number, b: number, { dtype }: Nd): number {
  const [digits, least] = dtype === 'float32' ? [23, -126] : [52, -1022];
  const exponent = Math.max(Math.floor(Math.log2(Math.abs(a))), least);
  return a + Math.sign(b - a) * 2 ** (exponent - digits);
}

/** Tries a function of floats on every dtype; what is no float becomes another dtype, float32 if not said. */
function promoting(own: OpSamples, promoted: (dtype: DType) => DType = () => 'float32'): OpSamples {
  const widened = (sample: Sample): Sample => ({
    ...sample,
    dtypes: everyDType,
    reference: (...inputs) => {
      const found = sample.reference!(...inputs) as Nd;
      return floats.includes(found.dtype) ? found : { ...found, dtype: promoted(found.dtype) };
    },
  });
  return { ...own, samples: own.samples.map((sample) => (sample.order === 0 ? sample : widened(sample))) };
}

/** Samples of a function of three tensors that broadcast. */
function ternary(names: readonly [string, string, string], f: (...values: number[]) => number): OpSamples {
  const sample = (...shapes: readonly (readonly number[])[]): Sample => ({
    inputs: Object.fromEntries(names.map((name, i) => [name, uniform(shapes[i]!, 0.5, 3)])),
    attrs: { value: 2 },
    tolerance: { relative: 8, absolute: 8 },
    reference: (...inputs) => zip(inputs, f),
  });
  return {
    samples: [
      sample([2, 3, 4], [2, 3, 4], [2, 3, 4]),
      sample([3, 1], [4], [2, 1, 1]),
      sample([], [], []),
      sample([0, 3], [3], [1]),
    ],
    errors: [],
  };
}

const close = (a: number, b: number): boolean =>
  a === b || (Number.isFinite(a - b) && Math.abs(a - b) <= 0.5 + 0.1 * Math.abs(b));

export const special: SampleTable = refusingOthers({
  exp2: unary((x) => 2 ** x, { tolerance: { relative: 4, absolute: 0 } }),
  log10: unary(Math.log10, { low: 0.2 }),
  cbrt: unary(Math.cbrt, { low: 0.2 }),
  asin: unary(Math.asin, { low: -0.9, high: 0.9 }),
  acos: unary(Math.acos, { low: -0.9, high: 0.9 }),
  atan: unary(Math.atan),
  sinh: unary(sinh),
  cosh: unary(Math.cosh),
  asinh: unary(Math.asinh, { tolerance: { relative: 8 } }),
  acosh: unary(Math.acosh, { low: 1.3 }),
  atanh: unary(Math.atanh, { low: -0.9, high: 0.9 }),
  // The reference cancels.
  erfc: unary((x) => 1 - erf(x), { high: 2, tolerance: { relative: 8, absolute: 4 } }),
  erfinv: unary(erfinv, { low: -0.9, high: 0.9, tolerance: { relative: 16 } }),
  // The reference cancels near 1 and 2.
  lgamma: unary(lgamma, { low: 0.3, high: 4, tolerance: { absolute: 64 } }),
  digamma: unary(digamma, { low: 0.3, high: 4, tolerance: { relative: 8, absolute: 16 } }),
  polygamma: {
    ...unary((x) => polygammaOf(2, x), {
      low: 0.5,
      high: 4,
      attrs: { n: 2 },
      tolerance: { relative: 16, absolute: 64 },
    }),
    errors: [
      { call: () => polygamma(-1, a23()), code: 'VALUE', message: /n is -1/ },
      { call: () => polygamma(1.5, a23()), code: 'VALUE', message: /n is 1.5/ },
      { call: () => polygamma(1001, a23()), code: 'VALUE', message: /n is 1001.*at most 1000/ },
      { call: () => polygamma(1, 'x' as never), code: 'TYPE', message: /x is "x"/ },
    ],
  },
  besselI: unary(besselI(2), { tolerance, errors: [noTensor], attrs: { n: 2, scaled: false } }),
  i0: { ...promoting(unary(besselI(0), { tolerance })), run: ofOne(i0) },
  i0e: { ...promoting(unary(besselI(0, true), { tolerance, kinks: [0] })), run: ofOne(i0e) },
  i1: { ...promoting(unary(besselI(1), { tolerance })), run: ofOne(i1) },
  i1e: { ...promoting(unary(besselI(1, true), { tolerance, kinks: [0] })), run: ofOne(i1e) },
  sinc: {
    ...promoting(
      unary((x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x)), {
        kinks: [0],
        specials: [NaN, 0, -0, 1e-30, 0.5, -2.5, 0.25, 1.5, 0.125, -0.75, 0.375],
        tolerance: { absolute: 16 },
      }),
    ),
    run: ofOne(sinc),
  },
  deg2rad: { ...promoting(unary((x) => (x * Math.PI) / 180)), run: ofOne(deg2rad) },
  rad2deg: { ...promoting(unary((x) => (x * 180) / Math.PI)), run: ofOne(rad2deg) },
  frac: {
    ...unary((x) => x % 1, { kinks: [-2, -1, 0, 1, 2], errors: [refusesInt(() => frac(int2()))] }),
    run: ofOne(frac as never),
  },
  logit: {
    ...unary((x) => Math.log(x / (1 - x)), {
      low: 0.1,
      high: 0.9,
      // 1 - x loses digits.
      halves: { steps: 4 },
      tolerance: { absolute: 16 },
      errors: [
        refusesInt(() => logit(int2())),
        { call: () => logit(a23(), { eps: 2 }), code: 'VALUE', message: /eps is 2/ },
      ],
    }),
    run: ofOne(logit as never),
  },
  nanToNum: {
    ...unary((x) => (Number.isNaN(x) ? 0.5 : x === Infinity ? 7 : x === -Infinity ? -8 : x), {
      dtypes: everyDType,
      errors: [{ call: () => nanToNum(a23(), { nan: 'x' as never }), code: 'VALUE', message: /nan is "x"/ }],
    }),
    run: ofOne((x) => nanToNum(x, { nan: 0.5, posInf: 7, negInf: -8 })),
  },
  signbit: unary((x) => Number(x < 0 || Object.is(x, -0)), { out: 'bool', order: 0 }),
  isposinf: {
    ...unary((x) => Number(x === Infinity), { dtypes: everyDType, out: 'bool', order: 0 }),
    run: ofOne(isposinf),
  },
  isneginf: {
    ...unary((x) => Number(x === -Infinity), { dtypes: everyDType, out: 'bool', order: 0 }),
    run: ofOne(isneginf),
  },
  atan2: binary(Math.atan2, {
    b: (shape) => uniform(shape, 0.5, 3),
    errors: [shapesDiffer(() => atan2(a23(), a24()))],
  }),
  hypot: binary(Math.hypot, {
    b: (shape) => uniform(shape, 0.5, 3),
    errors: [shapesDiffer(() => hypot(a23(), a24()))],
  }),
  copysign: binary((a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)), {
    a: (shape) => uniform(shape, -3, 3, [0]),
    errors: [shapesDiffer(() => copysign(a23(), a24()))],
  }),
  nextafter: {
    samples: [
      [[2, 3], [3]],
      [[], []],
      [[0, 3], [3]],
    ].map(([left, right]): Sample => ({
      inputs: { a: uniform(left!), b: uniform(right!) },
      dtypes: ['float32', 'float64'],
      order: 0,
      tolerance: { relative: 0, absolute: 0 },
      reference: (a, b) => zip([a, b], (x, y) => nextNumber(x, y, a)),
    })),
    large: { inputs: { a: uniform([301, 307]), b: uniform([307]) }, order: 0 },
    errors: [
      shapesDiffer(() => nextafter(a23(), a24())),
      { call: () => nextafter(int2(), int2()), code: 'DTYPE', message: /int32\[2\]/ },
    ],
  },
  logAddExp: binary((a, b) => (a === b ? a + Math.LN2 : Math.max(a, b) + Math.log1p(Math.exp(-Math.abs(a - b)))), {
    tolerance: { relative: 8, absolute: 8 },
    errors: [shapesDiffer(() => logAddExp(a23(), a24()))],
  }),
  logAddExp2: binary((a, b) => (a === b ? a + 1 : Math.max(a, b) + Math.log2(1 + 2 ** -Math.abs(a - b))), {
    tolerance: { relative: 8, absolute: 8 },
    errors: [shapesDiffer(() => logAddExp2(a23(), a24()))],
  }),
  xlogy: binary((a, b) => (a === 0 && !Number.isNaN(b) ? 0 : a * Math.log(b)), {
    b: (shape) => uniform(shape, 0.3, 3),
    errors: [shapesDiffer(() => xlogy(a23(), a24()))],
  }),
  fmax: {
    ...binary((a, b) => (a < b || Number.isNaN(a) ? b : a), {
      a: (shape) => grid(shape, 0),
      b: (shape) => grid(shape, 0.1),
      dtypes: everyDType,
      errors: [shapesDiffer(() => fmax(a23(), a24()))],
    }),
    run: ofTwo(fmax),
  },
  fmin: {
    ...binary((a, b) => (a > b || Number.isNaN(a) ? b : a), {
      a: (shape) => grid(shape, 0),
      b: (shape) => grid(shape, 0.1),
      dtypes: everyDType,
      errors: [shapesDiffer(() => fmin(a23(), a24()))],
    }),
    run: ofTwo(fmin),
  },
  heaviside: {
    ...binary((a, b) => (a === 0 ? b : Number(a > 0)), {
      a: (shape) => integers(shape, -2, 3),
      dtypes: everyDType,
      order: 0,
      errors: [{ call: () => heaviside('x' as never, a23()), code: 'TYPE', message: /"x"/ }],
    }),
    run: ofTwo(heaviside),
    without: { secondOrder: 'it is flat' },
  },
  ldexp: {
    ...promoting(
      binary((a, b) => a * 2 ** b, {
        errors: [{ call: () => ldexp(a23(), 'x' as never), code: 'TYPE', message: /"x"/ }],
        tolerance: { relative: 8 },
      }),
    ),
    run: ofTwo(ldexp),
  },
  lerp: {
    samples: [
      [[2, 3, 4], [3, 4], [4]],
      [[], [], []],
      [[0, 3], [3], []],
    ].map(([a, b, weight]): Sample => ({
      inputs: { a: uniform(a!), b: uniform(b!), weight: uniform(weight!, -0.5, 1.5, [0.5]) },
      tolerance: { relative: 8, absolute: 8 },
      reference: (...inputs) => zip(inputs, (x, y, w) => x + w * (y - x)),
    })),
    run: ({ a, b, weight }) => lerp(a! as never, b! as never, weight!),
    errors: [
      refusesInt(() => lerp(int2(), int2(), 0.5)),
      { call: () => lerp(a23(), a23(), null as never), code: 'VALUE', message: /weight is null/ },
    ],
  },
  addcmul: {
    // The factor is a number, which bools make an int64 of.
    ...promoting(
      ternary(['x', 'a', 'b'], (x, a, b) => x + 2 * a * b),
      (dtype) => (dtype === 'bool' ? 'int64' : dtype),
    ),
    run: ({ x, a, b }, { value }) => addcmul(x!, a!, b!, { value: value as number }),
    errors: [
      { call: () => addcmul(a23(), a23(), a23(), { value: '2' as never }), code: 'VALUE', message: /value is "2"/ },
    ],
  },
  addcdiv: {
    ...promoting(ternary(['x', 'a', 'b'], (x, a, b) => x + (2 * a) / b)),
    run: ({ x, a, b }, { value }) => addcdiv(x!, a!, b!, { value: value as number }),
    errors: [{ call: () => addcdiv('x' as never, a23(), a23()), code: 'TYPE', message: /x is "x"/ }],
  },
  isclose: {
    ...binary((a, b) => Number(close(a, b)), {
      a: (shape) => integers(shape, 0, 5),
      dtypes: everyDType,
      out: 'bool',
      order: 0,
      errors: [{ call: () => isclose(a23(), a23(), { rtol: -1 }), code: 'VALUE', message: /rtol is -1/ }],
    }),
    run: ofTwo((a, b) => isclose(a, b, { rtol: 0.1, atol: 0.5 })),
  },
  allclose: {
    notCompiled: 'it reads whether all are close',
    samples: [
      [[2, 3], [3]],
      [[], []],
      [[0, 3], [3]],
    ].map(([left, right]): Sample => ({
      inputs: { a: integers(left!, 1, 3), b: integers(right!, 1, 3) },
      dtypes: everyDType,
      order: 0,
      reference: (a, b) => ({
        dtype: 'bool',
        shape: [],
        data: [Number(zip([a, b], (p, q) => Number(close(p, q))).data.every((same) => same === 1))],
      }),
    })),
    run: ofTwo((a, b) => tensor(allclose(a, b, { rtol: 0.1, atol: 0.5 }), { dtype: 'bool' })),
    errors: [{ call: () => allclose(a23(), a23(), { atol: NaN }), code: 'VALUE', message: /atol is NaN/ }],
  },
  equal: {
    notCompiled: 'it reads whether all are equal',
    samples: [
      [[2], [2]],
      [[2], [1, 2]],
      [[], []],
      [
        [0, 3],
        [0, 3],
      ],
    ].map(([left, right]): Sample => ({
      inputs: { a: integers(left!, 1, 3), b: integers(right!, 1, 3) },
      dtypes: everyDType,
      order: 0,
      reference: (a, b) => ({
        dtype: 'bool',
        shape: [],
        data: [Number(String(a.shape) === String(b.shape) && a.data.every((value, i) => value === b.data[i]))],
      }),
    })),
    run: ofTwo((a, b) => tensor(equal(a, b), { dtype: 'bool' })),
    errors: [{ call: () => equal(a23(), 2 as never), code: 'TYPE', message: /b is 2/ }],
  },
});
