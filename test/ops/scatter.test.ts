import { scatter } from '../samples/scatter';
import { testSamples } from '../support/op-table';

testSamples(scatter);
