/** A table of texts. Columns of numbers are aligned right, all others left. */
export interface Table {
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** Leaves out columns of which no row has anything. */
export function withoutEmptyColumns({ head, rows }: Table): Table {
  const used = head.map((_, column) => rows.some((row) => (row[column] ?? '') !== ''));
  const keep = (cells: readonly string[]): string[] => cells.filter((_, column) => used[column]);
  return { head: keep(head), rows: rows.map(keep) };
}

/** Widths in characters of all columns. */
function widths({ head, rows }: Table): number[] {
  return head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
}

function areNumbers({ rows }: Table): (column: number) => boolean {
  return (column) => rows.every((row) => /^($|[\d–])/.test(row[column] ?? ''));
}

/** Fills the cells of a line up to the widths of their columns. */
function padder(table: Table, width: readonly number[]): (cells: readonly string[]) => string[] {
  const isRight = areNumbers(table);
  return (cells) =>
    width.map((size, column) => {
      const text = cells[column] ?? '';
      return isRight(column) ? text.padStart(size) : text.padEnd(size);
    });
}

/** Plain text for a terminal. */
export function toText(table: Table): string {
  const padded = padder(table, widths(table));
  return [table.head, ...table.rows].map((cells) => padded(cells).join('  ').trimEnd()).join('\n');
}

/** A table of Markdown, aligned for those who read it as text. */
export function toMarkdown(table: Table): string {
  const width = widths(table).map((size) => Math.max(size, 4));
  const [padded, isRight] = [padder(table, width), areNumbers(table)];
  const line = (cells: readonly string[]): string => `| ${padded(cells).join(' | ')} |`;
  const rule = width.map((size, column) => (isRight(column) ? `${'-'.repeat(size - 1)}:` : '-'.repeat(size)));
  return [line(table.head), `| ${rule.join(' | ')} |`, ...table.rows.map(line)].join('\n');
}
