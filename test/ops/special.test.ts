import { special } from '../samples/special';
import { testSamples } from '../support/op-table';

testSamples(special);
