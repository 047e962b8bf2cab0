export { collate, type Collated, type CollatedAs, type CollatedField, type NumberDTypes } from './collate.js';
export { splitDataset, Subset, TensorDataset, type Dataset, type RowsOf } from './dataset.js';
export { readIdx } from './idx.js';
export { DataLoader, type LoaderOptions, type Pass, type SampleSource } from './loader.js';
