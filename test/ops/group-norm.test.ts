import { groupNorms } from '../samples/group-norm';
import { testSamples } from '../support/op-table';

testSamples(groupNorms);
