import { view } from '../samples/view';
import { testSamples } from '../support/op-table';

testSamples(view);
