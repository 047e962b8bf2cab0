import { similarities } from '../samples/similarity';
import { testSamples } from '../support/op-table';

testSamples(similarities);
