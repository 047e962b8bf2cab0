import { scan } from '../samples/scan';
import { testSamples } from '../support/op-table';

testSamples(scan);
