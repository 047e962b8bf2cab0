import { Conv2d, Flatten, Linear, MaxPool2d, ReLU, Sequential } from 'myelin';

/** A small convolutional network for images of 28 × 28: two convolutions, a pool, two linear layers. */
export const lenet = (): Sequential =>
  new Sequential(
    new Conv2d(1, 32, 3),
    new ReLU(),
    new Conv2d(32, 64, 3),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(9216, 128),
    new ReLU(),
    new Linear(128, 10),
  );
