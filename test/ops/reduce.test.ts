import { reduce } from '../samples/reduce';
import { testSamples } from '../support/op-table';

testSamples(reduce);
