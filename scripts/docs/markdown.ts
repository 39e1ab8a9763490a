/** Markdown tables, and the generated blocks of a document. Pure. */

const escapeCell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

const row = (cells: readonly string[]): string => `| ${cells.map(escapeCell).join(' | ')} |`;

export const markdownTable = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(head), `|${'---|'.repeat(head.length)}`, ...rows.map(row)].join('\n');

/** Writes one kind of block. `argument` follows the name of the block in the document. */
export type BlockWriter = (argument: string) => string;

const BLOCK = /^<!-- generated: (\S+) ?([^\n]*?) -->\n(?:.*?\n)??<!-- end -->$/gms;

/**
 * Replaces everything between `<!-- generated: NAME ARGUMENT -->` and `<!-- end -->`. All other text is written by hand
 * and stays. Throws for an unknown name.
 */
export function fillBlocks(text: string, writers: Readonly<Record<string, BlockWriter>>): string {
  return text.replace(BLOCK, (_, name: string, argument: string) => {
    const write = writers[name];
    if (write === undefined) {
      throw new RangeError(`there is no writer for the block ${name}`);
    }
    const head = `<!-- generated: ${[name, argument].filter((part) => part !== '').join(' ')} -->`;
    return `${head}\n${write(argument).trim()}\n<!-- end -->`;
  });
}
