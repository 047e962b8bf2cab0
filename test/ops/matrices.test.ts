import { matrices } from '../samples/matrices';
import { testSamples } from '../support/op-table';

testSamples(matrices);
