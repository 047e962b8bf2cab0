import { elementwise } from '../samples/elementwise';
import { testSamples } from '../support/op-table';

testSamples(elementwise);
