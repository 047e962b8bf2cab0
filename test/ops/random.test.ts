import { random } from '../samples/random';
import { testSamples } from '../support/op-table';

testSamples(random);
