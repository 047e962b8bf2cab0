import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface, type Interface } from 'node:readline';

import type { Introduction, Prepared, Request, Timed, Unsupported } from './protocol.js';

/** How to start a contender. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const patience = 180_000;

/** Processes that would stay behind, stopped, if this one ended before them. */
const running = new Set<ChildProcess>();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/**
 * The runner's end of a contender: asks and waits for the reply. Between its turns a contender is stopped by the system:
 * threads of some libraries go on looking for work for tens of milliseconds, on cores that are another's by then. One that
 * dies is started again when next asked.
 */
export class Contender {
  private child: ChildProcess | undefined;
  private lines: AsyncIterator<string> | undefined;
  private reader: Interface | undefined;
  private complaints = '';

  private constructor(
    readonly launch: Launch,
    public introduction: Introduction,
  ) {}

  /** Starts a contender and hears its introduction. */
  static async start(launch: Launch): Promise<Contender> {
    const contender = new Contender(launch, { name: launch.command, version: '', configuration: '' });
    await contender.begin();
    return contender;
  }

  prepare(request: Request & { do: 'prepare' }): Promise<Prepared | Unsupported> {
    return this.ask(request);
  }

  time(seconds: number, each: boolean): Promise<Timed> {
    return this.ask({ do: 'time', seconds, each });
  }

  async drop(): Promise<void> {
    if (this.child !== undefined) await this.ask({ do: 'drop' });
  }

  stop(): void {
    this.reader?.close();
    this.child?.kill('SIGKILL');
    this.child = undefined;
  }

  private async begin(): Promise<void> {
    const { command, args, env = {} } = this.launch;
    this.complaints = '';
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child = child;
    child.on('error', (error) => (this.complaints += error.message));
    child.stdin.on('error', () => undefined);
    child.stderr.on('data', (text: Buffer) => (this.complaints = (this.complaints + text.toString()).slice(-4000)));
    this.reader = createInterface({ input: child.stdout });
    this.lines = this.reader[Symbol.asyncIterator]();
    running.add(child);
    child.once('exit', () => running.delete(child));
    this.introduction = await this.hear<Introduction>();
  }

  private async ask<T>(request: Request): Promise<T> {
    if (this.child === undefined) await this.begin();
    this.child?.kill('SIGCONT');
    this.child?.stdin?.write(`${JSON.stringify(request)}\n`);
    return this.hear<T>();
  }

  /** The next line that is a reply: libraries greet on standard output too. */
  private async hear<T>(): Promise<T> {
    const timer = setTimeout(() => {
      this.complaints += `no reply in ${patience / 1000} s`;
      this.child?.kill('SIGKILL');
    }, patience);
    try {
      for (;;) {
        const line = await this.lines!.next();
        if (line.done === true) throw new Error(this.lastWords());
        if (!line.value.startsWith('{')) continue;
        this.child?.kill('SIGSTOP');
        return JSON.parse(line.value) as T;
      }
    } catch (error) {
      this.stop();
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  private lastWords(): string {
    const said = this.complaints.trim().split('\n').at(-1) ?? '';
    return said === '' ? 'ended without a word' : said.slice(0, 200);
  }
}
