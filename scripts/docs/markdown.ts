/** Markdown tables, and the blocks of a document that a program writes. Pure. */

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

/** Writes one kind of block; `argument` is what follows its name in the document. */
export type BlockWriter = (argument: string) => string;

const BLOCK = /^<!-- generated: (\S+) ?([^\n]*?) -->\n(?:.*?\n)??<!-- end -->$/gms;

/**
 * Replaces what stands between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`; everything else is written by hand
 * and stays. Throws for a name that nobody writes.
 */
export function fillBlocks(text: string, writers: Readonly<Record<string, BlockWriter>>): string {
  return text.replace(BLOCK, (_, name: string, argument: string) => {
    const write = writers[name];
    if (write === undefined) {
      throw new RangeError(`nothing writes a block named ${name}`);
    }
    const head = `<!-- generated: ${[name, argument].filter((part) => part !== '').join(' ')} -->`;
    return `${head}\n${write(argument).trim()}\n<!-- end -->`;
  });
}
