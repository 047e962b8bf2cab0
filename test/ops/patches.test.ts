import { patches } from '../samples/patches';
import { testSamples } from '../support/op-table';

testSamples(patches);
