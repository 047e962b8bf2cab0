import { adafactor } from '../samples/adafactor';
import { testSamples } from '../support/op-table';

testSamples(adafactor);
