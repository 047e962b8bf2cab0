import { creation } from '../samples/creation';
import { testSamples } from '../support/op-table';

testSamples(creation);
