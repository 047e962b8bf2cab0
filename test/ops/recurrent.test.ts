import { recurrent } from '../samples/recurrent';
import { testSamples } from '../support/op-table';

testSamples(recurrent);
