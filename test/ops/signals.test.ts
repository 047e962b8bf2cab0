import { signals } from '../samples/signals';
import { testSamples } from '../support/op-table';

testSamples(signals);
