import { indexing } from '../samples/indexing';
import { testSamples } from '../support/op-table';

testSamples(indexing);
