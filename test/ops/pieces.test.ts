import { pieces } from '../samples/pieces';
import { testSamples } from '../support/op-table';

testSamples(pieces);
