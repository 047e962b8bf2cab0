import { arrange } from '../samples/arrange';
import { testSamples } from '../support/op-table';

testSamples(arrange);
