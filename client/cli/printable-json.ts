/** JSON that a terminal may show: what could move its cursor or turn text round is escaped. Pure. */
import { UNPRINTABLE } from '../../src/platform/text.ts';

const escapeOf = (text: string): string =>
  Array.from({ length: text.length }, (_, at) => `\\u${text.charCodeAt(at).toString(16).padStart(4, '0')}`).join('');

/** JSON.stringify escapes C0 alone; a terminal takes U+009B for ESC [. */
export const printableJson = (value: unknown): string => JSON.stringify(value).replace(UNPRINTABLE, escapeOf);
