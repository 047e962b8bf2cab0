import { activation } from './activation';
import { activationMore } from './activation-more';
import { adafactor } from './adafactor';
import { arrange } from './arrange';
import { assign } from './assign';
import { at } from './at';
import { attention } from './attention';
import { bitwise } from './bitwise';
import { conv } from './conv';
import { convAxes } from './conv-axes';
import { creation } from './creation';
import { ctc } from './ctc';
import { decompositions } from './decompositions';
import { divisions } from './division';
import { einsum } from './einsum';
import { elementwise } from './elementwise';
import { embeddings } from './embedding';
import { fourier } from './fft';
import { groupNorms } from './group-norm';
import { histograms } from './histogram';
import { indexing } from './indexing';
import { interpolations } from './interpolate';
import { joins } from './joins';
import { lbfgs } from './lbfgs';
import { linalg } from './linalg';
import { loss } from './loss';
import { losses } from './losses';
import { masking } from './masking';
import { matrices } from './matrices';
import { move } from './move';
import { norm } from './norm';
import { optim } from './optim';
import { patches } from './patches';
import { pieces } from './pieces';
import { pool } from './pool';
import { poolAxes } from './pool-axes';
import { poolFractional } from './pool-fractional';
import { products } from './products';
import { random } from './random';
import { recurrent } from './recurrent';
import { reduce } from './reduce';
import type { SampleTable } from './sample';
import { sampling } from './sampling';
import { scan } from './scan';
import { scatter } from './scatter';
import { searching } from './search';
import { signals } from './signals';
import { similarities } from './similarity';
import { softmax } from './softmax';
import { sorts } from './sort';
import { special } from './special';
import { spectra } from './spectral';
import { statistics } from './statistics';
import { shortTime } from './stft';
import { triangle } from './triangle';
import { uniques } from './unique';
import { view } from './view';
import { windows } from './windows';

/** The tables of samples, each by the name of its file here and of its test in `test/ops`. */
export const families: Readonly<Record<string, SampleTable>> = {
  activation,
  'activation-more': activationMore,
  adafactor,
  arrange,
  assign,
  at,
  attention,
  bitwise,
  conv,
  'conv-axes': convAxes,
  creation,
  ctc,
  decompositions,
  division: divisions,
  einsum,
  elementwise,
  embedding: embeddings,
  fft: fourier,
  'group-norm': groupNorms,
  histogram: histograms,
  indexing,
  interpolate: interpolations,
  joins,
  lbfgs,
  linalg,
  loss,
  losses,
  masking,
  matrices,
  move,
  norm,
  optim,
  patches,
  pieces,
  pool,
  'pool-axes': poolAxes,
  'pool-fractional': poolFractional,
  products,
  random,
  recurrent,
  reduce,
  sampling,
  scan,
  scatter,
  search: searching,
  signals,
  similarity: similarities,
  softmax,
  sort: sorts,
  special,
  spectral: spectra,
  statistics,
  stft: shortTime,
  triangle,
  unique: uniques,
  view,
  windows,
};

/** Samples of every op, by name. */
export const samples: SampleTable = Object.assign({}, ...Object.values(families)) as SampleTable;
