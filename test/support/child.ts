import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';

import { transpile } from './transpile';

const root = path.resolve(__dirname, '..', '..');
const sources = path.join(root, 'test', 'life', 'scripts');
// Inside the package, so that the scripts import 'myelin' as users do.
const compiled = path.join(root, 'build', 'life');

/** Compiles the scripts that tests run as processes of their own, on the built package. */
export function compileScripts(): void {
  if (!existsSync(path.join(root, 'dist', 'index.js'))) throw new Error('dist is missing: run `npm run build` first');
  mkdirSync(compiled, { recursive: true });
  for (const file of readdirSync(sources)) {
    const code = transpile(readFileSync(path.join(sources, file), 'utf8'));
    // Several test files do this at once.
    const script = path.join(compiled, file.replace(/\.ts$/, '.js'));
    writeFileSync(`${script}.${process.pid}`, code);
    renameSync(`${script}.${process.pid}`, script);
  }
}

/** How a process ended, and what it said. */
export interface Outcome {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that has been started, and how it will have ended. */
export interface Running {
  readonly child: ChildProcessWithoutNullStreams;
  readonly outcome: Promise<Outcome>;
}

/** Where a compiled script lies. */
export const scriptFile = (name: string): string => path.join(compiled, `${name}.js`);

/** Runs a compiled script to its end. */
export function runScript(name: string, ...args: readonly string[]): Promise<Outcome> {
  return startScript(name, ...args).outcome;
}

/** Starts a compiled script. */
export function startScript(name: string, ...args: readonly string[]): Running {
  return startNode(scriptFile(name), ...args);
}

/** Runs Node to its end. */
export function runNode(...args: readonly string[]): Promise<Outcome> {
  return startNode(...args).outcome;
}

function startNode(...args: readonly string[]): Running {
  const child = spawn(process.execPath, args, { cwd: root });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const outcome = new Promise<Outcome>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status, signal) => resolve({ status, signal, stdout, stderr }));
  });
  return { child, outcome };
}

/** What a script has printed as JSON; it must have ended well. */
export function resultOf(outcome: Outcome): Record<string, unknown> {
  if (outcome.status !== 0) throw new Error(`status ${outcome.status} ${outcome.signal}\n${outcome.stderr}`);
  return JSON.parse(outcome.stdout) as Record<string, unknown>;
}

/** Whether tests that are quick in the suite run at the length that they are meant for. */
export const full = process.env['MYELIN_LIFE'] === 'full';

/** Whether the addon is a sanitized one: memory that is freed stays resident for a while, so that its use is found. */
export const sanitized = process.env['MYELIN_LIFE'] === 'sanitized';
