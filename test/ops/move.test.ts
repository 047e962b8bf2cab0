import { move } from '../samples/move';
import { testSamples } from '../support/op-table';

testSamples(move);
