/** One JSON line per event: what happens on stdout, what goes wrong on stderr. Never a secret, never a URL with a token. */
import { UNPRINTABLE } from '../../src/platform/text.ts';

export type LogFacts = Readonly<Record<string, unknown>>;
export type Log = { info(event: string, facts: LogFacts): void; error(event: string, facts: LogFacts): void };

type Sink = { write(text: string): unknown };

/** JSON escapes C0; the rest of what moves a cursor or turns the direction of text stands in it as it is. */
const escaped = (json: string): string =>
  json.replace(UNPRINTABLE, (character) =>
    character.split('').reduce((text, unit) => `${text}\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`, ''),
  );

export function createLog(info: Sink, error: Sink): Log {
  const lineTo =
    (sink: Sink) =>
    (event: string, facts: LogFacts): void => {
      sink.write(`${escaped(JSON.stringify({ time: new Date().toISOString(), event, ...facts }))}\n`);
    };
  return { info: lineTo(info), error: lineTo(error) };
}
