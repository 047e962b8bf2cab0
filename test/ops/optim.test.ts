import { optim } from '../samples/optim';
import { testSamples } from '../support/op-table';

testSamples(optim);
