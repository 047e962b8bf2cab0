import { losses } from '../samples/losses';
import { testSamples } from '../support/op-table';

testSamples(losses);
