import { products } from '../samples/products';
import { testSamples } from '../support/op-table';

testSamples(products);
