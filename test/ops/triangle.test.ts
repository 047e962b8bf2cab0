import { triangle } from '../samples/triangle';
import { testSamples } from '../support/op-table';

testSamples(triangle);
