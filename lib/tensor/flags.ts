// Flags of objects, such as a module's `training`, decide which ops a function runs. What traces a function asks to be told of
// those that it reads, because what was traced holds only as long as they stay.

type Hear = (read: () => unknown) => void;
let hear: Hear | undefined;

/** Called by the getter of a flag: `read` gives its value again at any time. */
export function noteFlag(read: () => unknown): void {
  hear?.(read);
}

/** Runs a function and tells of each flag that it reads. */
export function hearFlags<T>(listener: Hear, body: () => T): T {
  const before = hear;
  hear = listener;
  try {
    return body();
  } finally {
    hear = before;
  }
}
