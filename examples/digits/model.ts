import { Conv2d, Dropout, Flatten, Linear, MaxPool2d, ReLU, Sequential } from 'myelin';

/** Two convolutions that see strokes and their meetings, and two layers that decide. */
export function createModel(): Sequential {
  return new Sequential(
    new Conv2d(1, 16, 5),
    new ReLU(),
    new MaxPool2d(2),
    new Conv2d(16, 32, 5),
    new ReLU(),
    new MaxPool2d(2),
    new Flatten(),
    new Linear(512, 128),
    new ReLU(),
    new Dropout(0.3),
    new Linear(128, 10),
  );
}
