import type { Results } from '../results.js';
import {
  contendersTable,
  detailsTable,
  familyTable,
  findingsTable,
  legend,
  limitsTable,
  machineLine,
} from './content.js';
import { families, tally, threads } from './format.js';
import { toMarkdown, withoutEmptyColumns } from './table.js';

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The report as a page of Markdown; a brief one leaves out what each contender alone reached, and in which setting. */
export function markdownReport(results: Results, brief = false): string {
  const { passed, missed } = tally(results);
  const verdicts = passed + missed === 0 ? [] : [`Targets: ${passed} reached, ${missed} missed.`];
  const tables = families(results).flatMap(([family, rows]) => [
    `## ${capital(family)}`,
    toMarkdown(withoutEmptyColumns(familyTable(results, rows))),
  ]);
  const details =
    brief || results.contenders.length < 2
      ? []
      : [
          '## Every contender',
          ...results.rows.flatMap((row) => [
            `### ${row.case.name}, ${threads(row.threads)}`,
            toMarkdown(withoutEmptyColumns(detailsTable(row))),
          ]),
        ];
  return [
    '# Benchmark of Myelin',
    `${machineLine(results)}. Made by \`${results.command}\`.`,
    legend,
    ...verdicts,
    '## Limits of the machine',
    toMarkdown(limitsTable(results)),
    ...tables,
    ...((results.findings ?? []).length === 0 ? [] : ['## Compiled functions', toMarkdown(findingsTable(results))]),
    '## Contenders',
    toMarkdown(contendersTable(results)),
    ...details,
    '',
  ].join('\n\n');
}
