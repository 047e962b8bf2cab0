import type { Storage } from '../tensor/storage.js';
import { absorbRelu } from './activation.js';
import { assignLast } from './assign-last.js';
import { splitBatchNorm } from './batch-norm.js';
import { chainProducts } from './chain.js';
import { checkGraph } from './check.js';
import { mergeEqual } from './common.js';
import { removeDeadCode } from './dead-code.js';
import { foldConstants } from './fold.js';
import { foldNorms } from './fold-norm.js';
import { fuseElementwise } from './fuse.js';
import { keepSlopes } from './gelu.js';
import type { Graph } from './graph.js';
import { writeInPlace } from './in-place.js';
import { letLast } from './lasting.js';
import { packWeights } from './pack.js';
import { joinSlices } from './slices.js';

/** All passes in their order; each gives a graph that does the same with less. `keep` is told of new constants. */
export function optimize(graph: Graph, keep: (storage: Storage) => void): Graph {
  const passes: readonly ((graph: Graph) => Graph)[] = [
    removeDeadCode,
    mergeEqual,
    (before) => foldConstants(before, keep),
    removeDeadCode,
    assignLast,
    joinSlices,
    foldNorms,
    packWeights,
    absorbRelu,
    keepSlopes,
    splitBatchNorm,
    letLast,
    fuseElementwise,
    (before) => chainProducts(before),
    writeInPlace,
  ];
  return passes.reduce((before, pass) => {
    const after = pass(before);
    checkGraph(after);
    return after;
  }, graph);
}
