import { Linear, ReLU, Sequential } from 'myelin';

/** A perceptron of two hidden layers: 784 → 512 → 256 → 10. */
export const mlp = (): Sequential =>
  new Sequential(new Linear(784, 512), new ReLU(), new Linear(512, 256), new ReLU(), new Linear(256, 10));
