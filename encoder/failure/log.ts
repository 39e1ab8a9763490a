/** One JSON line per event: progress on stdout, failures on stderr. Never a secret, never a URL with a token. */
import { UNPRINTABLE } from '../../src/platform/text.ts';

export type LogFacts = Readonly<Record<string, unknown>>;
export type Log = Record<'info' | 'error', (event: string, facts: LogFacts) => void>;

type Sink = { write(text: string): unknown };

/** JSON escapes C0 only. This escapes all other characters that move a cursor or change the direction of text. */
const escaped = (json: string): string =>
  json.replace(UNPRINTABLE, (character) =>
    character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );

export function createLog(info: Sink, error: Sink): Log {
  const lineTo = (sink: Sink) => (event: string, facts: LogFacts) => {
    sink.write(`${escaped(JSON.stringify({ time: new Date().toISOString(), event, ...facts }))}\n`);
  };
  return { info: lineTo(info), error: lineTo(error) };
}
