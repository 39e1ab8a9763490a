import { noteTable } from './record.ts';

/**
 * Prints an aligned table: the first column left-aligned, the others right-aligned. RECORD=1 records it (record.ts).
 */
export function printTable(head: readonly string[], rows: readonly (readonly string[])[]): void {
  noteTable({ head: [...head], rows: rows.map((row) => [...row]) });
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...rows]) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
    );
    console.log(cells.join('  ').trimEnd());
  }
}
