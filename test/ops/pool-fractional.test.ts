import { poolFractional } from '../samples/pool-fractional';
import { testSamples } from '../support/op-table';

testSamples(poolFractional);
