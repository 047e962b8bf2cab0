import { activation } from './activation';
import { activationMore } from './activation-more';
import { arrange } from './arrange';
import { assign } from './assign';
import { at } from './at';
import { conv } from './conv';
import { bits, divisions } from './division';
import { decompositions } from './decompositions';
import { elementwise } from './elementwise';
import { histograms } from './histogram';
import { fourier } from './fft';
import { indexing } from './indexing';
import { linalg } from './linalg';
import { loss } from './loss';
import { matrices } from './matrices';
import { masking } from './masking';
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
import { sorts } from './sort';
import { statistics } from './statistics';
import { uniques } from './unique';
import { sampling } from './sampling';
import { scatter } from './scatter';
import { signals } from './signals';
import { softmax } from './softmax';
import { special } from './special';
import { shortTime } from './stft';
import { triangle } from './triangle';
import { view } from './view';
import { windows } from './windows';

/** Samples of every op, by name. */
export const samples: SampleTable = {
  ...activation,
  ...activationMore,
  ...arrange,
  ...assign,
  ...at,
  ...conv,
  ...bits,
  ...divisions,
  ...decompositions,
  ...elementwise,
  ...histograms,
  ...fourier,
  ...indexing,
  ...linalg,
  ...loss,
  ...matrices,
  ...masking,
  ...move,
  ...norm,
  ...optim,
  ...pool,
  ...products,
  ...random,
  ...reduce,
  ...scan,
  ...searching,
  ...sorts,
  ...statistics,
  ...uniques,
  ...sampling,
  ...scatter,
  ...signals,
  ...softmax,
  ...special,
  ...shortTime,
  ...triangle,
  ...view,
  ...windows,
};
