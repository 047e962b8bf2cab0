import { uniques } from '../samples/unique';
import { testSamples } from '../support/op-table';

testSamples(uniques);
