/** Resident memory of the process between step 1,000 and the last one of a loop. */
export class Resident {
  private readonly samples: number[] = [];

  /** To be called with every step, or with some. */
  note(step: number): void {
    if (step >= 1000 && step % 50 === 0) this.samples.push(process.memoryUsage.rss());
  }

  // Memory rises and falls with each collection: the highest of the first eighth against that of the last.
  report(): { first: number; last: number } {
    const part = Math.max(1, Math.floor(this.samples.length / 8));
    return { first: Math.max(...this.samples.slice(0, part)), last: Math.max(...this.samples.slice(-part)) };
  }
}
