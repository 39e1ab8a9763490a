/** The numbers behind a picture, folded away below it. Written only while somebody looks. */
import { make } from '../make.ts';

export type Table = { head: readonly string[]; rows: readonly (readonly string[])[] };

/** Returns what takes the table; it is asked for when the fold opens, and again with each change while it is open. */
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
