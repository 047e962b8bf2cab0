const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)]!;

/** Resident memory of the whole process between step 1,000 and the last one of a loop. */
export class Resident {
  private readonly samples: number[] = [];

  /** To be called with every step, or with some. */
  note(step: number): void {
    if (step >= 1000 && step % 10 === 0) this.samples.push(process.memoryUsage.rss());
  }

  // Memory rises and falls with each collection, so what is usual around both ends is told: of 20,000 steps, the first
  // and the last thousand of those looked at.
  report(): { first: number; last: number; highest: number } {
    const part = Math.ceil(this.samples.length / 19);
    return {
      first: median(this.samples.slice(0, part)),
      last: median(this.samples.slice(-part)),
      highest: Math.max(...this.samples),
    };
  }
}
