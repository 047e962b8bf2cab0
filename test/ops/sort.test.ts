import { sorts } from '../samples/sort';
import { testSamples } from '../support/op-table';

testSamples(sorts);
