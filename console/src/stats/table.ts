/** The table below a chart, which is folded by default. It is written only while it is open. */
import { make } from '../make.ts';

export type Table = { head: readonly string[]; rows: readonly (readonly string[])[] };

/**
 * Returns a function that sets the table. Its `read` is called when the fold opens, and on changes while it is open.
 */
export function createTable(fold: HTMLDetailsElement, caption: string): (read: () => Table) => void {
  const table = make('table');
  fold.append(make('div', { class: 'table', tabindex: '0', role: 'region', 'aria-label': caption }, table));
  let readLatest: (() => Table) | null = null;
  const write = (): void => {
    if (fold.open && readLatest !== null) {
      const { head, rows } = readLatest();
      const titles = head.map((text) => make('th', { scope: 'col' }, text));
      table.replaceChildren(
        make('caption', { class: 'visually-hidden' }, caption),
        make('thead', {}, make('tr', {}, ...titles)),
        make('tbody', {}, ...rows.map(rowOf)),
      );
    }
  };
  fold.addEventListener('toggle', write);
  return (read) => {
    readLatest = read;
    write();
  };
}

const rowOf = (cells: readonly string[]): HTMLElement =>
  make(
    'tr',
    {},
    ...cells.map((text, index) => (index === 0 ? make('th', { scope: 'row' }, text) : make('td', {}, text))),
  );
