import { shortTime } from '../samples/stft';
import { testSamples } from '../support/op-table';

testSamples(shortTime);
