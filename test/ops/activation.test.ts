import { activation } from '../samples/activation';
import { testSamples } from '../support/op-table';

testSamples(activation);
