import { sampling } from '../samples/sampling';
import { testSamples } from '../support/op-table';

testSamples(sampling);
