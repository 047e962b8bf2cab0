import { interpolations } from '../samples/interpolate';
import { testSamples } from '../support/op-table';

testSamples(interpolations);
