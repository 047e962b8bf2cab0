import { embeddings } from '../samples/embedding';
import { testSamples } from '../support/op-table';

testSamples(embeddings);
