/** What commands share: their options, the server they ask, and how they tell results. */
import { type ParseArgsOptionsConfig, parseArgs } from 'node:util';
import { type Api, createClient } from '../api.ts';
import type { Display } from './progress.ts';

export type Context = {
  args: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  display: Display;
  signal: AbortSignal;
  /** A result: the object with `--json`, else the lines. */
  tell(result: object, lines: readonly string[]): void;
  /** For people, not with `--json`. */
  showsProgress: boolean;
};

export type Command = {
  help: string;
  /** Shown after Ctrl-C. */
  interrupted?: string;
  /** Resolves with whether all went well. */
  run(context: Context): Promise<boolean>;
};

/** The command line is wrong: exit code 2. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

const JSON_OPTION = { json: { type: 'boolean' } } as const;

/** Every option is also known to be `--json`. Throws UsageError. */
export function parsed<O extends ParseArgsOptionsConfig>(args: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...args], options: { ...options, ...JSON_OPTION }, allowPositionals: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

/** The one argument of a command. */
export function only(positionals: readonly string[], name: string): string {
  const [value, ...others] = positionals;
  if (value === undefined || others.length > 0) {
    throw new UsageError(`Give one ${name}.`);
  }
  return value;
}

export function serverOf({ env }: Context): string {
  const server = env['SLUICE_URL'] ?? '';
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    throw new UsageError('Set SLUICE_URL to the address of the server, such as https://video.example');
  }
  return server;
}

export function apiOf(context: Context): Api {
  const token = context.env['SLUICE_TOKEN'] ?? '';
  // Anything else cannot be sent as a header, and fetch would quote it in its error.
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new UsageError('Set SLUICE_TOKEN to an API token. npm start prints the one of a local run.');
  }
  return createClient({ server: serverOf(context), token });
}

const SECONDS: Readonly<Record<string, number>> = { '': 1, s: 1, m: 60, h: 3_600, d: 86_400 };

/** `90`, `90s`, `15m`, `1h`, `7d` in seconds. */
export function secondsOf(text: string): number {
  const [, number, unit = ''] = /^([1-9]\d{0,8})([smhd]?)$/.exec(text) ?? [];
  const seconds = Number(number) * (SECONDS[unit] ?? Number.NaN);
  if (Number.isNaN(seconds)) {
    throw new UsageError(`${text} is no duration: use 90s, 15m, 1h or 7d.`);
  }
  return seconds;
}

export function wholeNumberOf(name: string, text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) {
    throw new UsageError(`--${name} takes a whole number above 0, not ${text}.`);
  }
  return Number(text);
}
