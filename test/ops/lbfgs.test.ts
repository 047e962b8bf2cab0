import { lbfgs } from '../samples/lbfgs';
import { testSamples } from '../support/op-table';

testSamples(lbfgs);
