import { softmax } from '../samples/softmax';
import { testSamples } from '../support/op-table';

testSamples(softmax);
