import { convAxes } from '../samples/conv-axes';
import { testSamples } from '../support/op-table';

testSamples(convAxes);
