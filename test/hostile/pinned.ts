import { native } from '../../lib/tensor/native';

// Imported before the library, so that it sees which row the library pins.
let pinned: Float64Array = new Float64Array(0);
const { pin } = native;
native.pin = (row) => {
  pinned = row;
  pin(row);
};

/** The row into which the library writes its commands. */
export const pinnedRow = (): Float64Array => pinned;
