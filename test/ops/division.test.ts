import { divisions } from '../samples/division';
import { testSamples } from '../support/op-table';

testSamples(divisions);
