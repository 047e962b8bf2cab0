import { conv } from '../samples/conv';
import { testSamples } from '../support/op-table';

testSamples(conv);
