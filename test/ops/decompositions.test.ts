import { decompositions } from '../samples/decompositions';
import { testSamples } from '../support/op-table';

testSamples(decompositions);
