import { attention } from '../samples/attention';
import { testSamples } from '../support/op-table';

testSamples(attention);
