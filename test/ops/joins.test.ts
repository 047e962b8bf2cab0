import { joins } from '../samples/joins';
import { testSamples } from '../support/op-table';

testSamples(joins);
