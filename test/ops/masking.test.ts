import { masking } from '../samples/masking';
import { testSamples } from '../support/op-table';

testSamples(masking);
