import { windows } from '../samples/windows';
import { testSamples } from '../support/op-table';

testSamples(windows);
