#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';

import { build } from './build.js';
import { info } from './info.js';

const root = path.join(__dirname, '..', '..');

const help = `Usage: myelin <command>

Commands:
  build          compile the native addon from source, for platforms without a prebuilt binary
  info           print what the library found on this machine and chose for it
    --json       the same as JSON

Options:
  -h, --help     print this text
  -v, --version  print the version

Exit codes: 0 done, 1 failed, 2 wrong use.
`;

/** Wrong use of the command line. */
class UsageError extends Error {}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h' },
        version: { type: 'boolean', short: 'v' },
        json: { type: 'boolean' },
      },
    });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('. ')[0] : String(error));
  }
}

/** Runs one command; its exit code. */
async function main(args: readonly string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [command, ...rest] = positionals;
  if (values.help === true) return print(help);
  if (values.version === true) return print(`${version()}\n`);
  if (command === undefined) throw new UsageError('no command');
  if (rest.length > 0) throw new UsageError(`${command} takes no argument, got '${rest.join(' ')}'`);
  if (values.json === true && command !== 'info') throw new UsageError(`${command} has no option '--json'`);
  if (command === 'build') return build(root);
  if (command === 'info') return print(await info({ json: values.json === true }));
  throw new UsageError(`unknown command '${command}' (need build or info)`);
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function version(): string {
  return (JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as { version: string }).version;
}

function report(error: unknown): number {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof UsageError) {
    process.stderr.write(`myelin: ${message}\n\n${help}`);
    return 2;
  }
  process.stderr.write(`myelin: ${message}\n`);
  return 1;
}

// No process.exit: what was written to a pipe may still be on its way.
void main(process.argv.slice(2))
  .catch(report)
  .then((code) => (process.exitCode = code));
