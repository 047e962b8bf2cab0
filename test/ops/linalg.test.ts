import { linalg } from '../samples/linalg';
import { testSamples } from '../support/op-table';

testSamples(linalg);
