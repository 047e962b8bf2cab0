import { float32Bytes, type Case, type Target } from '../case.js';

interface Gemm {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly batch?: number;
  readonly form?: 'A·B' | 'A·Bᵀ' | 'Aᵀ·B';
  readonly dtype?: 'float32' | 'bfloat16' | 'int8';
  readonly quick?: boolean;
}

const blas = ['oneDNN', 'OpenBLAS'];
const big: Target = { ratio: { atLeast: 0.97, of: blas }, share: 0.9 };
const scaled: Target = { ...big, scaling: 1.85 };
const small: Target = { ratio: { atLeast: 0.97, of: blas } };
const vector: Target = { ratio: { atLeast: 1, of: [...blas, 'onnxruntime', 'PyTorch'] }, share: 0.9 };
const narrow: Target = { share: 0.8 };

const bounds = { float32: 'fma', bfloat16: 'bfloat16', int8: 'int8' } as const;
const sizes = { float32: 4, bfloat16: 2, int8: 1 } as const;
const tolerances = { float32: 1e-4, bfloat16: 2e-2, int8: 0 } as const;

function gemm(shape: Gemm, target?: Target): Case {
  const { m, n, k, batch = 1, form = 'A·B', dtype = 'float32', quick = false } = shape;
  const size = m === n && n === k ? `${m}³` : `${m}×${n}×${k}`;
  const labels = [dtype === 'float32' ? '' : `${dtype} `, batch > 1 ? `${batch} × ` : ''].join('');
  const bytes = batch * (sizes[dtype] * (m * k + k * n) + float32Bytes(m * n));
  // A matrix times a vector reads every element for one multiply-add.
  const isVector = m === 1;
  return {
    name: `matmul ${labels}${size} ${form}`,
    family: 'matrix products',
    kind: 'matmul',
    args: { m, n, k, batch, aTransposed: Number(form === 'Aᵀ·B'), bTransposed: Number(form === 'A·Bᵀ'), dtype },
    unit: isVector ? 'GB/s' : 'GFLOP/s',
    work: (isVector ? bytes : 2 * batch * m * n * k) / 1e9,
    footprint: bytes,
    bound: isVector ? 'read' : bounds[dtype],
    tolerance: tolerances[dtype],
    quick,
    ...(target === undefined ? {} : { target }),
  };
}

const forms = ['A·B', 'A·Bᵀ', 'Aᵀ·B'] as const;

export const gemms: readonly Case[] = [
  ...[64, 128].map((n) => gemm({ m: n, n, k: n, quick: n === 64 }, small)),
  ...forms.map((form) => gemm({ m: 256, n: 256, k: 256, form }, big)),
  ...[512, 1024, 2048].flatMap((n) =>
    forms.map((form) => gemm({ m: n, n, k: n, form, quick: n === 512 && form === 'A·B' }, scaled)),
  ),
  gemm({ m: 1, n: 4096, k: 4096, quick: true }, vector),
  gemm({ m: 1, n: 4096, k: 4096, form: 'A·Bᵀ' }, vector),
  gemm({ m: 32, n: 512, k: 784, quick: true }, small),
  gemm({ m: 8192, n: 64, k: 256 }),
  gemm({ m: 64, n: 8192, k: 256 }),
  gemm({ m: 64, n: 64, k: 64, batch: 64, quick: true }, small),
  gemm({ m: 1024, n: 1024, k: 1024, dtype: 'bfloat16' }, narrow),
  gemm({ m: 1024, n: 1024, k: 1024, dtype: 'int8' }, narrow),
];
