import { cast } from '../ops/cast.js';
import { checkOption } from '../ops/checks.js';
import { isTensor, type Tensor } from '../tensor/tensor.js';
import { dispatch, intercepting, type Interceptor, type NamedInputs } from './dispatch.js';
import { checkFunction } from './leaves.js';

/** Dtypes that {@link autocast} computes in. */
export type AutocastDType = 'bfloat16' | 'float16';

/** Ops that are worth it: products, whose cost grows faster than their inputs. */
const products: ReadonlySet<string> = new Set(['matmul', 'linear', 'conv2d', 'conv2dDInput', 'conv2dDWeight']);

const isSingle = (x: Tensor): boolean => x.dtype === 'float32';

function interceptorFor(dtype: AutocastDType): Interceptor {
  const narrow = (x: Tensor): Tensor => (isSingle(x) ? cast(x, dtype) : x);
  const widen = (x: Tensor): Tensor => (x.dtype === dtype ? cast(x, 'float32') : x);
  return (op, inputs, attrs) => {
    if (!products.has(op.name) || !Object.values(inputs).flat().some(isSingle)) return undefined;
    const narrowed = Object.fromEntries(
      Object.entries(inputs).map(([name, x]) => [name, isTensor(x) ? narrow(x) : x.map(narrow)]),
    ) satisfies NamedInputs;
    return widen(dispatch(op, narrowed, attrs) as Tensor);
  };
}

/**
 * Runs a function in mixed precision: inside, matrix products and convolutions of float32 round their inputs and results to
 * bfloat16 or float16. Everything else, what the function returns, and parameters stay float32.
 *
 * Gradients of these products are rounded alike. Sums are float32. A CPU that multiplies bfloat16 itself (`avx512bf16` in what
 * `npx myelin info` prints) forms large matrix products in about six tenths of the time of float32, conversions included; other
 * CPUs, float16 and convolutions gain nothing: there `autocast` shows what low precision does to a model, and costs the
 * time of the conversions.
 *
 * Shapes, dtypes: whatever the function takes and gives. Float64 is left alone.
 *
 * @param options.dtype `'bfloat16'` or `'float16'`; default `'bfloat16'`. With float16 gradients below 6e-8 vanish: scale the
 *   loss up and the gradients down, as the option `lossScale` of {@link fit} does.
 * @throws MyelinError `VALUE` for another dtype
 *
 * Source: Micikevicius et al. 2018, «Mixed Precision Training», section 3.
 * @example
 * ```ts
 * import { autocast, tensor } from 'myelin';
 * const [x, w] = [tensor([[1.001]]), tensor([[3]])];
 * console.log(autocast(() => x.matmul(w)).item()); // 3
 * ```
 */
export function autocast<T>(body: () => T, options: { readonly dtype?: AutocastDType } = {}): T {
  const { dtype = 'bfloat16' } = options;
  checkOption('autocast', 'dtype', dtype, ['bfloat16', 'float16']);
  checkFunction('autocast', 'the function', body);
  return intercepting(interceptorFor(dtype), body);
}
