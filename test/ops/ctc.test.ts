import { ctc } from '../samples/ctc';
import { testSamples } from '../support/op-table';

testSamples(ctc);
