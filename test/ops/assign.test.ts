import { assign } from '../samples/assign';
import { testSamples } from '../support/op-table';

testSamples(assign);
