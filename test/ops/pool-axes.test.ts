import { poolAxes } from '../samples/pool-axes';
import { testSamples } from '../support/op-table';

testSamples(poolAxes);
