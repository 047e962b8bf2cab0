import * as m from 'myelin';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

// What callers get wrong, and the error each of them gets: its code, the name it bears, and what it says.
type Wrong = readonly [what: string, code: m.ErrorCode, op: string, message: RegExp, call: () => unknown];

const { ones, tensor } = m;
const never = (value: unknown): never => value as never;
const f32 = (shape: readonly number[]) => ones(shape as number[]);
const ints = (...values: number[]) => tensor(values, { dtype: 'int32' });

function disposed(): m.Tensor<'float32'> {
  const x = f32([2]);
  x.dispose();
  return x;
}

const folder = mkdtempSync(path.join(tmpdir(), 'myelin-hostile-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(bytes: Uint8Array | string): string {
  const file = path.join(folder, `file-${files++}`);
  writeFileSync(file, bytes);
  return file;
}

/** A safetensors file with this header. */
function safetensors(header: unknown, data = 0, declared?: number): string {
  const json = Buffer.from(typeof header === 'string' ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(declared ?? json.length));
  return fileOf(Buffer.concat([length, json, Buffer.alloc(data)]));
}

const creation: readonly Wrong[] = [
  ['rows of unequal length', 'SHAPE', 'tensor', /\[/, () => tensor([[1, 2], [3]])],
  ['an element that is no number', 'VALUE', 'tensor', /"x"/, () => tensor(never(['x']))],
  ['nothing', 'TYPE', 'tensor', /undefined/, () => tensor(never(undefined))],
  ['a dtype that does not exist', 'DTYPE', 'tensor', /float17/, () => tensor([1], { dtype: never('float17') })],
  [
    'a name out of Object.prototype as dtype',
    'DTYPE',
    'zeros',
    /toString/,
    () => m.zeros([1], { dtype: never('toString') }),
  ],
  ['300 as uint8', 'VALUE', 'tensor', /300/, () => tensor([300], { dtype: 'uint8' })],
  ['a fraction as int32', 'VALUE', 'tensor', /0\.5/, () => tensor([0.5], { dtype: 'int32' })],
  ['NaN as int64', 'VALUE', 'tensor', /NaN/, () => tensor([NaN], { dtype: 'int64' })],
  [
    'a shape that does not fit the data',
    'SHAPE',
    'tensor',
    /3 elements.*\[2, 2\]/,
    () => tensor(new Float32Array(3), { shape: [2, 2] }),
  ],
  ['a negative extent', 'SHAPE', 'zeros', /non-negative/, () => m.zeros([2, -1])],
  ['a fractional extent', 'SHAPE', 'zeros', /non-negative integers/, () => m.zeros([1.5])],
  ['NaN as extent', 'SHAPE', 'zeros', /non-negative integers/, () => m.zeros([NaN])],
  ['a shape that is a number', 'TYPE', 'zeros', /array of integers/, () => m.zeros(never(5))],
  ['nine axes', 'SHAPE', 'zeros', /at most 8 axes/, () => m.zeros([1, 1, 1, 1, 1, 1, 1, 1, 1])],
  ['more elements than can be', 'OUT_OF_MEMORY', 'zeros', /2\^40/, () => m.zeros([2 ** 21, 2 ** 21])],
  ['a negative extent of ones', 'SHAPE', 'ones', /non-negative/, () => m.ones([-1])],
  ['null for a tensor', 'TYPE', 'zerosLike', /null/, () => m.zerosLike(never(null))],
  ['a negative extent of noise', 'SHAPE', 'randn', /non-negative/, () => m.randn([-1])],
  ['a negative extent of integers', 'SHAPE', 'randint', /non-negative/, () => m.randint(0, 2, [-1])],
  ['an object', 'TYPE', 'tensor', /a Map/, () => tensor(never(new Map()))],
  ['a value that is a string', 'VALUE', 'full', /value is "1"/, () => m.full([2], never('1'))],
  ['a range without step', 'VALUE', 'arange', /step/, () => m.arange(0, 5, { step: 0 })],
  ['an endless range', 'VALUE', 'arange', /finite/, () => m.arange(Infinity)],
  ['a seed that is a fraction', 'VALUE', 'seed', /0\.5/, () => m.seed(0.5)],
  ['a negative seed', 'VALUE', 'Generator', /-1/, () => new m.Generator(-1)],
  ['more threads than can be', 'VALUE', 'setThreads', /1000/, () => m.setThreads(1000)],
  ['a fraction of a thread', 'VALUE', 'setThreads', /1\.5/, () => m.setThreads(1.5)],
  ['an ISA of another machine', 'UNSUPPORTED', 'setIsa', /"z80"/, () => m.setIsa('z80')],
];

const arguments_: readonly Wrong[] = [
  ['a string for a tensor', 'TYPE', 'add', /"x"/, () => m.add(never('x'), f32([1]))],
  ['an array for a tensor', 'TYPE', 'matmul', /\[1, 2\]/, () => m.matmul(never([1, 2]), f32([2]))],
  ['null for a tensor', 'TYPE', 'sum', /null/, () => m.sum(never(null))],
  ['undefined for a tensor', 'TYPE', 'relu', /undefined/, () => m.relu(never(undefined))],
  ['a string for a bound', 'VALUE', 'clamp', /"1"/, () => f32([2]).clamp({ min: never('1') })],
  ['a class that is no number', 'VALUE', 'oneHot', /NaN/, () => m.oneHot(ints(0), NaN)],
  ['a probability above 1', 'VALUE', 'dropout', /2/, () => m.dropout(f32([2]), { p: 2 })],
  ['NaN as probability', 'VALUE', 'bernoulli', /NaN/, () => m.bernoulli([2], NaN)],
  [
    'a reduction that does not exist',
    'VALUE',
    'mse',
    /"avg"/,
    () => m.mse(f32([2]), f32([2]), { reduction: never('avg') }),
  ],
  [
    'padding that does not exist',
    'VALUE',
    'conv2d',
    /"full"/,
    () => m.conv2d(f32([1, 1, 3, 3]), f32([1, 1, 1, 1]), { padding: never('full') }),
  ],
  ['a stride of 0', 'VALUE', 'conv2d', /stride/, () => m.conv2d(f32([1, 1, 3, 3]), f32([1, 1, 1, 1]), { stride: 0 })],
  [
    'groups that do not divide',
    'SHAPE',
    'conv2d',
    /groups/,
    () => m.conv2d(f32([1, 4, 3, 3]), f32([3, 2, 1, 1]), { groups: 2 }),
  ],
  [
    'smoothing above 1',
    'VALUE',
    'crossEntropy',
    /labelSmoothing is 2/,
    () => m.crossEntropy(f32([1, 2]), ints(0), { labelSmoothing: 2 }),
  ],
  ['a negative eps', 'VALUE', 'layerNorm', /eps/, () => m.layerNorm(f32([2, 3]), [3], { eps: -1 })],
];

const shapes: readonly Wrong[] = [
  [
    'shapes that do not broadcast',
    'SHAPE',
    'add',
    /float32\[2,3\].*float32\[2,4\]/,
    () => f32([2, 3]).add(f32([2, 4])),
  ],
  ['inner dimensions', 'SHAPE', 'matmul', /inner dimensions differ/, () => f32([2, 3]).matmul(never(f32([4, 5])))],
  ['reshape to another size', 'SHAPE', 'reshape', /6 elements/, () => f32([2, 3]).reshape([7])],
  ['an axis beyond the rank', 'INDEX', 'sum', /axis 2/, () => f32([2, 3]).sum({ axis: 2 })],
  ['an axis below the rank', 'INDEX', 'softmax', /axis -3/, () => f32([2, 3]).softmax({ axis: -3 })],
  ['half an axis', 'INDEX', 'mean', /0\.5/, () => f32([2, 3]).mean({ axis: 0.5 })],
  ['NaN as axis', 'INDEX', 'argmax', /NaN/, () => f32([2, 3]).argmax({ axis: NaN })],
  ['one axis twice', 'VALUE', 'sum', /twice/, () => f32([2, 3]).sum({ axis: [0, -2] })],
  ['squeezing what is wide', 'SHAPE', 'squeeze', /extent of 1/, () => f32([2, 3]).squeeze(0)],
  ['item of many', 'SHAPE', 'item', /6 elements/, () => f32([2, 3]).item()],
  ['the largest of nothing', 'SHAPE', 'max', /nothing to choose/, () => m.zeros([0]).max()],
  ['a concatenation of nothing', 'VALUE', 'concat', /at least one/, () => m.concat([])],
  [
    'targets of another length',
    'SHAPE',
    'crossEntropy',
    /int32\[3\]/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 1, 2)),
  ],
  ['an image without batch', 'SHAPE', 'maxPool2d', /float32\[3,4,4\]/, () => m.maxPool2d(f32([3, 4, 4]), 2)],
  [
    'a kernel larger than the image',
    'SHAPE',
    'conv2d',
    /at least as large/,
    () => m.conv2d(f32([1, 1, 2, 2]), f32([1, 1, 3, 3])),
  ],
];

const dtypes: readonly Wrong[] = [
  ['a negative byte', 'DTYPE', 'neg', /uint8\[1\]/, () => ones([1], { dtype: 'uint8' }).neg()],
  [
    'the logic of numbers',
    'DTYPE',
    'logicalAnd',
    /float32\[2\]/,
    () => m.logicalAnd(never(f32([2])), tensor([true, true])),
  ],
  ['fractions as indices', 'DTYPE', 'indexSelect', /float32\[1\]/, () => m.indexSelect(f32([3]), never(f32([1])))],
  ['a softmax of integers', 'DTYPE', 'softmax', /int32\[2\]/, () => m.softmax(never(ints(1, 2)))],
  ['a gradient by integers', 'DTYPE', 'valueAndGrad', /int32\[1\]/, () => m.grad(() => f32([1]).sum(), [ints(1)])],
  [
    'weights of another dtype',
    'DTYPE',
    'linear',
    /float64/,
    () => m.linear(f32([1, 2]), never(ones([1, 2], { dtype: 'float64' }))),
  ],
  [
    'an assignment of another dtype',
    'DTYPE',
    'assign',
    /float64/,
    () => new m.Buffer(f32([1])).assign(never(ones([1], { dtype: 'float64' }))),
  ],
];

const indices: readonly Wrong[] = [
  [
    'an index beyond the end',
    'INDEX',
    'indexSelect',
    /index 3 at position 1 .*extent 3/,
    () => m.indexSelect(f32([3]), ints(0, 3)),
  ],
  ['a negative index', 'INDEX', 'gather', /index -1 at position 0/, () => m.gather(f32([3]), ints(-1))],
  [
    'a class that does not exist',
    'INDEX',
    'crossEntropy',
    /target 1 is 7/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 7)),
  ],
  ['a negative class', 'INDEX', 'crossEntropy', /-1/, () => m.crossEntropy(f32([1, 4]), ints(-1))],
  [
    'a class that does not exist, among weighted ones',
    'INDEX',
    'crossEntropy',
    /target 1 is 7/,
    () => m.crossEntropy(f32([2, 4]), ints(0, 7), { weight: ones([4]) }),
  ],
  [
    'a class that does not exist, by log-probabilities',
    'INDEX',
    'nllLoss',
    /target 1 is 7 \(need 0 <= class < 4/,
    () => m.nllLoss(f32([2, 4]), ints(0, 7)),
  ],
  ['a negative class, by log-probabilities', 'INDEX', 'nllLoss', /-1/, () => m.nllLoss(f32([1, 4]), ints(-1))],
  ['a hot index too high', 'INDEX', 'oneHot', /index 5/, () => m.oneHot(ints(5), 5)],
  ['a slice at a place that is not there', 'INDEX', 'slice', /index 9/, () => f32([3]).slice(9)],
];

const states: readonly Wrong[] = [
  ['a disposed tensor in an op', 'DISPOSED', 'add', /float32\[2\] was disposed/, () => disposed().add(1)],
  ['a disposed tensor in a view', 'DISPOSED', 'reshape', /was disposed/, () => disposed().reshape([1, 2])],
  ['a disposed tensor that is read', 'DISPOSED', 'data', /was disposed/, () => disposed().data()],
  ['a disposed tensor among many', 'DISPOSED', 'concat', /was disposed/, () => m.concat([f32([2]), disposed()])],
  [
    'a disposed Parameter',
    'DISPOSED',
    'assign',
    /was disposed/,
    () => {
      const weight = new m.Parameter(f32([2]));
      weight.dispose();
      weight.assign(1);
    },
  ],
  ['an assignment to what is immutable', 'TYPE', 'assign', /immutable/, () => m.assign(never(f32([2])), 1)],
  ['a scope for a promise', 'STATE', 'scope', /scopeAsync/, () => m.scope(async () => 1)],
  ['a loss that is no number', 'SHAPE', 'valueAndGrad', /the loss is float32\[2\]/, () => m.grad(() => f32([2]), [])],
  [
    'an integer too large for a number',
    'VALUE',
    'item',
    /does not fit/,
    () => tensor(BigInt64Array.of(2n ** 60n)).item(),
  ],
];

const layer = () => new m.Linear(2, 3);
const modules: readonly Wrong[] = [
  ['a layer of no outputs', 'VALUE', 'Linear', /-1/, () => new m.Linear(2, -1)],
  ['a layer of half an input', 'VALUE', 'Linear', /1\.5/, () => new m.Linear(1.5, 2)],
  ['inputs of the wrong width', 'SHAPE', 'linear', /float32\[1,5\]/, () => layer().forward(f32([1, 5]))],
  ['a dropout above 1', 'VALUE', 'Dropout', /p is 1\.5/, () => new m.Dropout(1.5)],
  [
    'a state dict with a name missing',
    'VALUE',
    'loadStateDict',
    /bias/,
    () => layer().loadStateDict({ weight: f32([3, 2]) }),
  ],
  [
    'a state dict of another shape',
    'SHAPE',
    'loadStateDict',
    /float32\[2,3\]/,
    () => layer().loadStateDict({ weight: f32([2, 3]), bias: f32([3]) }),
  ],
  ['a negative rate', 'VALUE', 'Adam', /lr/, () => new m.Adam(layer().parameters(), { lr: -1 })],
  ['NaN as rate', 'VALUE', 'SGD', /NaN/, () => new m.SGD(layer().parameters(), { lr: NaN })],
  ['betas of 1', 'VALUE', 'Adam', /beta/, () => new m.Adam(layer().parameters(), { betas: [1, 0.999] })],
  ['nothing to train', 'VALUE', 'Adam', /no parameters/, () => new m.Adam({})],
  [
    'a gradient for nobody',
    'VALUE',
    'SGD',
    /no parameter "other"/,
    () => new m.SGD(layer().parameters(), { lr: 1 }).step({ other: f32([1]) }),
  ],
  [
    'a gradient of another shape',
    'SHAPE',
    'SGD',
    /the gradient of bias is float32\[4\]/,
    () => new m.SGD(layer().parameters(), { lr: 1 }).step({ bias: f32([4]) }),
  ],
  ['batches of 0', 'VALUE', 'DataLoader', /batchSize is 0/, () => new m.DataLoader([{ x: 1 }], { batchSize: 0 })],
  ['data that cannot be read', 'TYPE', 'DataLoader', /42/, () => new m.DataLoader(never(42), { batchSize: 1 })],
  [
    'a dataset of unequal lengths',
    'SHAPE',
    'TensorDataset',
    /3/,
    () => new m.TensorDataset({ x: f32([3, 1]), y: f32([2]) }),
  ],
  [
    'a sample that is not there',
    'INDEX',
    'TensorDataset.get',
    /no sample 5/,
    () => new m.TensorDataset({ x: f32([3]) }).get(5),
  ],
];

const twoRows = { dtype: 'F32', shape: [2], data_offsets: [0, 8] };
const filesWrong: readonly Wrong[] = [
  [
    'a file that is not there',
    'IO',
    'readSafetensors',
    /ENOENT|no such file/,
    () => m.readSafetensors(path.join(folder, 'nowhere')),
  ],
  ['an empty file', 'FORMAT', 'readSafetensors', /truncated/, () => m.readSafetensors(fileOf(''))],
  [
    'a header longer than the file',
    'FORMAT',
    'readSafetensors',
    /header has 1000 bytes/,
    () => m.readSafetensors(safetensors({}, 0, 1000)),
  ],
  [
    'a header of 2^53 bytes',
    'FORMAT',
    'readSafetensors',
    /header has/,
    () => m.readSafetensors(safetensors({}, 0, 2 ** 53)),
  ],
  ['a header that is no JSON', 'FORMAT', 'readSafetensors', /file-/, () => m.readSafetensors(safetensors('{"a": '))],
  [
    'data beyond the end',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: twoRows }, 4)),
  ],
  [
    'a negative offset',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, data_offsets: [-8, 0] } }, 8)),
  ],
  [
    'a size that is not that of the shape',
    'FORMAT',
    'readSafetensors',
    /file-/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, shape: [3] } }, 8)),
  ],
  [
    'a dtype from elsewhere',
    'UNSUPPORTED',
    'readSafetensors',
    /"C64"/,
    () => m.readSafetensors(safetensors({ a: { ...twoRows, dtype: 'C64' } }, 8)),
  ],
  [
    'a tensor that is none',
    'TYPE',
    'writeSafetensors',
    /not a tensor/,
    () => m.writeSafetensors(path.join(folder, 'out'), { a: never(5) }),
  ],
  ['no IDX file', 'FORMAT', 'readIdx', /file-/, () => m.readIdx(fileOf('GIF89a plus some more bytes'))],
  [
    'an IDX file cut short',
    'FORMAT',
    'readIdx',
    /file-/,
    () => m.readIdx(fileOf(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 9, 1, 2))),
  ],
  [
    'an IDX file of nine axes',
    'UNSUPPORTED',
    'readIdx',
    /9 axes/,
    () => m.readIdx(fileOf(Uint8Array.of(0, 0, 8, 9, ...new Array<number>(36).fill(0)))),
  ],
  [
    'an IDX file that is not there',
    'IO',
    'readIdx',
    /ENOENT|no such file/,
    () => m.readIdx(path.join(folder, 'nowhere')),
  ],
  ['a folder for a file', 'IO', 'readIdx', /EISDIR|directory/, () => m.readIdx(folder)],
];

const table = [...creation, ...arguments_, ...shapes, ...dtypes, ...indices, ...states, ...modules, ...filesWrong];

test.each(table)('%s', async (_, code, op, message, call) => {
  let error: unknown;
  try {
    await call();
  } catch (caught) {
    error = caught;
  }
  expect(error).toBeInstanceOf(m.MyelinError);
  const { code: gotCode, op: gotOp, message: text } = error as m.MyelinError;
  expect({ code: gotCode, op: gotOp, message: text }).toEqual({ code, op, message: expect.stringMatching(message) });
  expect(text).toMatch(new RegExp(`^${op}: `));
});

test('there are at least sixty of them', () => {
  expect(table.length).toBeGreaterThanOrEqual(60);
});
