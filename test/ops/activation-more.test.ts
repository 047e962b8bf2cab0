import { activationMore } from '../samples/activation-more';
import { testSamples } from '../support/op-table';

testSamples(activationMore);
