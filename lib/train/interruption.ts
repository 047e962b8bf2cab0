/** Wishes to end a training early: an AbortSignal, and Ctrl-C where that is to be caught. */
export class Interruption {
  private wanted = false;

  constructor(
    private readonly signal: AbortSignal | undefined,
    private readonly catchesCtrlC: boolean,
  ) {
    // Once: a second Ctrl-C ends the process as it always does.
    if (catchesCtrlC) process.once('SIGINT', this.onSigint);
  }

  get requested(): boolean {
    return this.wanted || this.signal?.aborted === true;
  }

  release(): void {
    if (this.catchesCtrlC) process.removeListener('SIGINT', this.onSigint);
  }

  private readonly onSigint = (): void => {
    this.wanted = true;
  };
}
