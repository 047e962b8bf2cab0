import { statistics } from '../samples/statistics';
import { testSamples } from '../support/op-table';

testSamples(statistics);
