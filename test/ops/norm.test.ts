import { norm } from '../samples/norm';
import { testSamples } from '../support/op-table';

testSamples(norm);
