import { histograms } from '../samples/histogram';
import { testSamples } from '../support/op-table';

testSamples(histograms);
