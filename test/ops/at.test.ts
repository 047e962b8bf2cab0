import { at } from '../samples/at';
import { testSamples } from '../support/op-table';

testSamples(at);
