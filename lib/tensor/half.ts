import type { DType } from './dtype.js';

// JavaScript has no numbers of two bytes: typed arrays hold the bits of float16 and bfloat16, and this translates them.

/** A float of two bytes: sign, exponent field, and `mantissa` bits; `least` is the exponent of the smallest normal. */
interface HalfFormat {
  readonly mantissa: number;
  readonly least: number;
}

export const float16: HalfFormat = { mantissa: 10, least: -14 };
export const bfloat16: HalfFormat = { mantissa: 7, least: -126 };

/** Formats of the dtypes that typed arrays hold as bits. */
export const halfFormats: { readonly [D in DType]?: HalfFormat } = { float16, bfloat16 };

const bits = new DataView(new ArrayBuffer(8));

/** The exponent of a positive number: 2^e <= x < 2^(e+1), or less than any format has for a denormal one. */
function exponentOf(x: number): number {
  bits.setFloat64(0, x);
  return ((bits.getUint16(0) >> 4) & 0x7ff) - 1023;
}

function roundEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** The bits of the float nearest to a number, ties to even. */
export function encodeHalf({ mantissa, least }: HalfFormat, value: number): number {
  const infinity = 0x7fff - (2 ** mantissa - 1);
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const magnitude = Math.abs(value);
  if (Number.isNaN(magnitude)) return infinity + 2 ** (mantissa - 1);
  const exponent = Math.max(exponentOf(magnitude), least);
  // The leading 1 of a normal mantissa adds 1 to the exponent field, and so does rounding up to a power of two.
  const steps = roundEven(magnitude * 2 ** (mantissa - exponent));
  return sign + Math.min(infinity, (exponent - least) * 2 ** mantissa + steps);
}

/** The number that bits mean. */
export function decodeHalf({ mantissa, least }: HalfFormat, half: number): number {
  const one = 2 ** mantissa;
  const sign = half >= 0x8000 ? -1 : 1;
  const field = Math.floor((half & 0x7fff) / one);
  const fraction = half % one;
  if (field === 0x7fff >> mantissa) return fraction === 0 ? sign * Infinity : NaN;
  if (field === 0) return sign * fraction * 2 ** (least - mantissa);
  return sign * (one + fraction) * 2 ** (least + field - 1 - mantissa);
}
