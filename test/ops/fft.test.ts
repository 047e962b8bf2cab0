import { fourier } from '../samples/fft';
import { testSamples } from '../support/op-table';

testSamples(fourier);
