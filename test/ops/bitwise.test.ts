import { bitwise } from '../samples/bitwise';
import { testSamples } from '../support/op-table';

testSamples(bitwise);
