// `npm run bench`: what this machine can do, and how much of it Myelin and its peers reach. See bench/README.md.
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { parseArgs } from 'node:util';

import { chooseCases } from './suite/cases/index.js';
import { startEntrants } from './suite/entrants.js';
import { probe, type Finding } from './suite/findings.js';
import { measureLimits } from './suite/limits.js';
import {
  contendersTable,
  familyTable,
  findingsTable,
  legend,
  limitsTable,
  machineLine,
} from './suite/report/content.js';
import { families, findingVerdict, number, tally, verdict } from './suite/report/format.js';
import { htmlReport } from './suite/report/html.js';
import { markdownReport } from './suite/report/markdown.js';
import { toText, withoutEmptyColumns } from './suite/report/table.js';
import type { Results, Row } from './suite/results.js';
import { repositoryRoot } from './suite/root.js';
import { measure, type Effort } from './suite/runner.js';

const usage = `npm run bench -- [options]
  --filter <texts>   cases whose name or family contains one of these, comma-separated
  --threads <counts> numbers of threads, comma-separated; default 1 and all cores
  --quick            fewer and shorter: under two minutes in all
  --models           whole models, compiled: against peers, against themselves without compile, and the event loop
  --peers[=<names>]  measure the installed peers too, all or those named, comma-separated
  --json <file>      write everything that was found
  --markdown <file>  write a report as Markdown
  --brief            without a table of all contenders for every case in it
  --html <file>      write a report as one HTML page with charts
  --list             name the cases and end`;

const efforts = {
  full: { seconds: 0.1, rounds: 9, budget: 60 },
  quick: { seconds: 0.02, rounds: 5, budget: 3 },
} as const satisfies Record<string, Effort>;

const options = {
  filter: { type: 'string', default: '' },
  threads: { type: 'string' },
  quick: { type: 'boolean', default: false },
  models: { type: 'boolean', default: false },
  peers: { type: 'string' },
  json: { type: 'string' },
  markdown: { type: 'string' },
  brief: { type: 'boolean', default: false },
  html: { type: 'string' },
  list: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

const listOf = (text: string): string[] =>
  text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');

function complain(message: string): never {
  console.error(`${message}\n\n${usage}`);
  process.exit(2);
}

function readOptions() {
  try {
    // `--peers` alone means all of them; parseArgs has no options whose value may be missing.
    const args = process.argv.slice(2).map((arg) => (arg === '--peers' ? '--peers=' : arg));
    return parseArgs({ args, options }).values;
  } catch (error) {
    return complain(error instanceof Error ? error.message : String(error));
  }
}

function threadCounts(text: string | undefined, quick: boolean): number[] {
  const all = availableParallelism();
  if (text === undefined) return quick || all === 1 ? [all] : [1, all];
  const counts = listOf(text).map(Number);
  const isCount = (count: number): boolean => Number.isInteger(count) && count >= 1 && count <= 256;
  return counts.length > 0 && counts.every(isCount) ? counts : complain(`--threads ${text} is no list of counts`);
}

/** A line while the run goes on; the tables follow at its end. */
function announce(results: Results, row: Row): void {
  const table = familyTable(results, [row]);
  const cells = table.rows[0] ?? [];
  const ratios = table.head.flatMap((title, i) => (cells[i]?.endsWith('×') ? [`${title} ${cells[i]}`] : []));
  const [name = '', count = '', unit = '', speed = '', share = ''] = cells;
  const target = verdict(results, row);
  const failures = row.measurements.flatMap((each) =>
    'absent' in each && /^(failed|another)/.test(each.absent) ? [`${each.contender} ${each.absent}`] : [],
  );
  console.log(
    [`${name}, ${count} t`, /^\d/.test(speed) ? `${speed} ${unit}` : speed, share, ...ratios, ...failures, target]
      .filter((text) => text !== '')
      .join('  '),
  );
}

const sayFinding = (finding: Finding): string =>
  `${finding.what}  ${number(finding.reached)} ${finding.unit}  ${findingVerdict(finding)}`;

async function main(): Promise<void> {
  const given = readOptions();
  const chosen = chooseCases(given);
  if (given.help) return console.log(usage);
  if (chosen.length === 0) complain(`no case contains ${given.filter}`);
  if (given.list) return console.log(chosen.map(({ name, family }) => `${family}: ${name}`).join('\n'));

  const root = repositoryRoot(__dirname);
  const counts = threadCounts(given.threads, given.quick);
  const effort = given.quick ? efforts.quick : efforts.full;
  const limits = measureLimits(root, counts, given.quick ? 0.1 : 0.5);
  const named = given.peers === undefined ? undefined : listOf(given.peers);
  // The table of models names two peers; others are asked for by name.
  const peers = given.models && named?.length === 0 ? ['pytorch', 'onnxruntime'] : named;
  const { entrants, skipped } = await startEntrants(root, peers, given.models);
  const rows: Row[] = [];
  const findings: Finding[] = [];
  const results: Results = {
    version: 1,
    date: new Date().toISOString(),
    command: ['npm run bench --', ...process.argv.slice(2)].join(' '),
    machine: {
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memory: totalmem(),
      system: `${type()} ${release()}, Node ${process.versions.node}`,
    },
    limits,
    contenders: entrants.map(({ info }) => info),
    skipped,
    rows,
    findings,
  };
  console.log(`${machineLine(results)}\n\n${toText(limitsTable(results))}\n\n${toText(contendersTable(results))}\n`);

  // The instruction set in force decides which peak is the limit.
  const isa = entrants[0]?.info.configuration.split(',')[0] ?? '';
  try {
    for (const each of chosen) {
      for (const count of counts) {
        const row = await measure(each, count, entrants, { effort, limits, isa });
        rows.push(row);
        announce(results, row);
      }
    }
  } finally {
    for (const { contender } of entrants) contender.stop();
  }
  if (given.models && given.filter === '') {
    findings.push(...probe(root, given.quick, (each) => console.log(sayFinding(each))));
  }
  report(results, given);
}

function report(results: Results, { json, markdown, brief, html }: ReturnType<typeof readOptions>): void {
  for (const [family, rows] of families(results)) {
    console.log(`\n${family}\n${toText(withoutEmptyColumns(familyTable(results, rows)))}`);
  }
  if ((results.findings ?? []).length > 0) console.log(`\n${toText(withoutEmptyColumns(findingsTable(results)))}`);
  const { passed, missed } = tally(results);
  console.log(`\n${legend}`);
  if (passed + missed > 0) console.log(`\ntargets: ${passed} reached, ${missed} missed`);
  if (json !== undefined) writeFileSync(json, `${JSON.stringify(results, null, 1)}\n`);
  if (markdown !== undefined) writeFileSync(markdown, markdownReport(results, brief));
  if (html !== undefined) writeFileSync(html, htmlReport(results));
}

// Stopped contenders end with this process, however it ends.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));

void main();
