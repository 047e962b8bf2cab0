import { activation } from './activation';
import { activationMore } from './activation-more';
import { assign } from './assign';
import { conv } from './conv';
import { bits, divisions } from './division';
import { decompositions } from './decompositions';
import { elementwise } from './elementwise';
import { histograms } from './histogram';
import { indexing } from './indexing';
import { linalg } from './linalg';
import { loss } from './loss';
import { matrices } from './matrices';
import { move } from './move';
import { norm } from './norm';
import { optim } from './optim';
import { pool } from './pool';
import { products } from './products';
import { random } from './random';
import { reduce } from './reduce';
import type { SampleTable } from './sample';
import { scan } from './scan';
import { searching } from './search';
import { softmax } from './softmax';
import { special } from './special';
import { sorts } from './sort';
import { statistics } from './statistics';
import { uniques } from './unique';
import { view } from './view';

/** Samples of every op, by name. */
export const samples: SampleTable = {
  ...activation,
  ...activationMore,
  ...assign,
  ...conv,
  ...bits,
  ...divisions,
  ...decompositions,
  ...elementwise,
  ...histograms,
  ...indexing,
  ...linalg,
  ...loss,
  ...matrices,
  ...move,
  ...norm,
  ...optim,
  ...pool,
  ...products,
  ...random,
  ...reduce,
  ...scan,
  ...searching,
  ...softmax,
  ...special,
  ...sorts,
  ...statistics,
  ...uniques,
  ...view,
};
