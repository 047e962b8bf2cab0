import { einsum } from '../samples/einsum';
import { testSamples } from '../support/op-table';

testSamples(einsum);
