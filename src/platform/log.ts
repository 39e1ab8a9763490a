/** The Worker's log: one JSON object a line, the name of the event first. Never a token, nor a path that may hold one. */

type LogLine = { readonly event: string } & Readonly<Record<string, unknown>>;

export const log = {
  info: (line: LogLine): void => console.log(JSON.stringify(line)),
  warn: (line: LogLine): void => console.warn(JSON.stringify(line)),
  error: (line: LogLine): void => console.error(JSON.stringify(line)),
};
