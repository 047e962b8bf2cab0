import {
  BatchNorm2d,
  Conv2d,
  Module,
  add,
  compile,
  contiguous,
  randn,
  scope,
  seed,
  setThreads,
  threads,
  valueAndGrad,
  type Tensor,
} from 'myelin';

import { splitBatchNorm } from '../../lib/compile/batch-norm';
import { checkGraph } from '../../lib/compile/check';
import { titleOf } from '../../lib/compile/graph';
import { flatten } from '../../lib/compile/structure';
import { traceFunction } from '../../lib/compile/trace';
import { bytesOf } from '../support/compare';

type Floats = Tensor<'float32'>;

class Block extends Module<readonly [x: Floats], Floats> {
  readonly conv = new Conv2d(3, 24, 3, { padding: 1, bias: false });
  readonly norm = new BatchNorm2d(24);
  readonly around = new Conv2d(3, 24, 1);
  readonly aroundNorm = new BatchNorm2d(24);

  override forward(x: Floats): Floats {
    const through = this.norm.forward(this.conv.forward(x));
    return add(through, this.aroundNorm.forward(this.around.forward(x))).relu();
  }
}

const image = (): Floats => contiguous(randn([4, 3, 19, 17]), { layout: 'channelsLast' });

test.each([true, false])('batch norm runs together with what is behind it, bit for bit (training: %s)', (training) => {
  const before = threads();
  const runs = [undefined, 1, 2, 3, 7].map((count) => {
    seed(5);
    const model = new Block().train(training);
    const x = image();
    const step = (images: Floats) => {
      const [loss, gradients] = valueAndGrad(() => model.forward(images).square().mean(), model.parameters());
      return [loss, ...Object.values(gradients), model.forward(images)];
    };
    const compiled = compile(step);
    if (count !== undefined) setThreads(count);
    const results = scope(() => (count === undefined ? step(x) : compiled.sync(x)).map(bytesOf));
    if (count !== undefined)
      expect(compiled.explain(x)).toMatch(/\[(conv2d(Packed)? )?scaleShiftBy scaleShiftBy add relu/);
    const state = Object.values(model.stateDict()).map(bytesOf);
    compiled.dispose();
    model.dispose();
    return Buffer.concat([...results, ...state]).toString('base64');
  });
  setThreads(before);
  expect(new Set(runs).size).toBe(1);
});

test('batch norm is left whole where nothing element-wise is behind it', () => {
  const model = new BatchNorm2d(3);
  const titles = (fn: (x: Floats) => Tensor, x: Floats): string[] => {
    const graph = splitBatchNorm(traceFunction(fn, flatten('test', 'args', [x])).graph);
    checkGraph(graph);
    return graph.nodes.map(titleOf).filter((title) => /batchNorm|scaleShiftBy/.test(title));
  };
  expect(titles((x) => model.forward(x).relu(), image())).toEqual(['batchNormStatistics', 'scaleShiftBy']);
  expect(titles((x) => model.forward(x).sum(), image())).toEqual(['batchNorm']);
  expect(titles((x) => model.forward(x).relu(), randn([4, 3, 19, 17]))).toHaveLength(2);
  model.eval();
  expect(titles((x) => model.forward(x).relu(), image())).toEqual(['batchNormFactors', 'scaleShiftBy']);
});
