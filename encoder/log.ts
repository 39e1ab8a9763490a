/** One JSON line per event: what happens on stdout, what goes wrong on stderr. Never a secret, never a URL with a token. */
export type LogFacts = Readonly<Record<string, unknown>>;
export type Log = { info(event: string, facts: LogFacts): void; error(event: string, facts: LogFacts): void };

type Sink = { write(text: string): unknown };

export function createLog(info: Sink, error: Sink): Log {
  const lineTo =
    (sink: Sink) =>
    (event: string, facts: LogFacts): void => {
      sink.write(`${JSON.stringify({ time: new Date().toISOString(), event, ...facts })}\n`);
    };
  return { info: lineTo(info), error: lineTo(error) };
}
