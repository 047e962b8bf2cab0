import { pool } from '../samples/pool';
import { testSamples } from '../support/op-table';

testSamples(pool);
