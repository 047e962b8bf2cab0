// `npm run bench:compare -- before.json after.json`: two results of `npm run bench -- --json <file>` side by side.
import { readFileSync } from 'node:fs';

import { compareResults, comparisonTable } from './suite/compare.js';
import { toText } from './suite/report/table.js';
import type { Results } from './suite/results.js';

const files = process.argv.slice(2);
const [before, after] = files.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Results);
if (before === undefined || after === undefined) {
  console.error('npm run bench:compare -- <before.json> <after.json>');
  process.exit(2);
}
for (const [name, { machine, date }] of Object.entries({ before, after })) {
  console.log(`${name.padEnd(6)} ${machine.cpu}, ${machine.system}, ${date}`);
}
console.log(`\n${toText(comparisonTable(compareResults(before, after)))}`);
