import { spectra } from '../samples/spectral';
import { testSamples } from '../support/op-table';

testSamples(spectra);
