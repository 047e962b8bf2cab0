import { searching } from '../samples/search';
import { testSamples } from '../support/op-table';

testSamples(searching);
