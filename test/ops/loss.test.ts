import { loss } from '../samples/loss';
import { testSamples } from '../support/op-table';

testSamples(loss);
