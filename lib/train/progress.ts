import type { SingleBar } from 'cli-progress';

import { fail, MyelinError, show } from '../tensor/errors.js';
import type { EpochLog } from './run.js';

/** How a training shows how far it is: `'auto'` is a bar on a terminal and lines elsewhere. */
export type ProgressKind = 'auto' | 'bar' | 'lines' | false;

/** Shows how far a training is. */
export interface Progress {
  startEpoch(epoch: number, epochs: number, steps: number | undefined): void;
  /** After each step; `values` are asked for only when they are shown, because some metrics are dear. */
  step(values: () => Readonly<Record<string, number>>): void;
  endEpoch(log: EpochLog, epochs: number): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

type Output = Pick<NodeJS.WriteStream, 'write'> & { readonly isTTY?: boolean };

/**
 * Chooses how to show progress.
 *
 * @throws MyelinError `VALUE` for anything else; `MISSING` when a bar is asked for and the package cli-progress is not installed
 */
export async function createProgress(kind: ProgressKind, output: Output = process.stdout): Promise<Progress> {
  if (kind === false) return silent;
  if (!['auto', 'bar', 'lines'].includes(kind)) {
    fail('VALUE', 'fit', `progress is ${show(kind)} (need 'auto', 'bar', 'lines' or false)`);
  }
  const lines = new Lines(output);
  if (kind === 'lines' || (kind === 'auto' && output.isTTY !== true)) return lines;
  const cli = await import('cli-progress').catch((cause: unknown) => {
    if (kind === 'auto') return undefined;
    const remedy = 'a progress bar needs the package cli-progress (npm install cli-progress), or progress: "lines"';
    throw new MyelinError('MISSING', 'fit', remedy, {}, { cause });
  });
  if (cli === undefined) return lines;
  return new Bar(lines, (options) => new cli.SingleBar(options, cli.Presets.shades_classic));
}

const silent: Progress = {
  startEpoch: () => undefined,
  step: () => undefined,
  endEpoch: () => undefined,
  close: () => undefined,
};

/** One line at the end of every epoch. */
class Lines implements Progress {
  constructor(private readonly output: Output) {}

  startEpoch(): void {
    // Nothing to say yet.
  }

  step(): void {
    // A file has no line to overwrite.
  }

  endEpoch(log: EpochLog, epochs: number): void {
    const { epoch, seconds, samplesPerSecond, ...values } = log;
    const speed = `${seconds.toFixed(1)} s  ${Math.round(samplesPerSecond).toLocaleString('en-US')} samples/s`;
    this.output.write(`epoch ${epoch}/${epochs}  ${formatValues(values)}  ${speed}\n`);
  }

  close(): void {
    // Nothing is open.
  }
}

const framesPerSecond = 10;

type BarOptions = ConstructorParameters<typeof SingleBar>[0];

/** A bar that fills during every epoch, and is replaced by a line at its end. */
class Bar implements Progress {
  private bar: SingleBar | undefined;
  private shown = -Infinity;

  constructor(
    private readonly lines: Lines,
    private readonly create: (options: BarOptions) => SingleBar,
  ) {}

  startEpoch(epoch: number, epochs: number, steps: number | undefined): void {
    const format = `epoch ${epoch}/${epochs} {bar} {value}/{total}  {values}  {eta_formatted} left`;
    this.bar = this.create({
      format,
      barsize: 24,
      hideCursor: true,
      clearOnComplete: true,
      fps: framesPerSecond,
      gracefulExit: false,
    });
    this.bar.start(steps ?? 0, 0, { values: '' });
  }

  step(values: () => Readonly<Record<string, number>>): void {
    const now = performance.now();
    if (now - this.shown < 1000 / framesPerSecond) {
      this.bar?.increment(1);
      return;
    }
    this.shown = now;
    this.bar?.increment(1, { values: formatValues(values()) });
  }

  endEpoch(log: EpochLog, epochs: number): void {
    this.close();
    this.lines.endEpoch(log, epochs);
  }

  close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}

function formatValues(values: Readonly<Record<string, number>>): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${formatValue(value)}`)
    .join('  ');
}

function formatValue(value: number): string {
  const size = Math.abs(value);
  return Number.isFinite(value) && value !== 0 && (size < 1e-3 || size >= 1e6)
    ? value.toExponential(3)
    : value.toFixed(4);
}
