/** Reads and checks the environment variables of `npm start` and `npm run encoder`. */
import { resolve } from 'node:path';
import { SETTINGS } from '../src/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 8787;
const DEFAULT_STATE_DIR = '.wrangler/state';
/** Fast, because people wait for the result. Production's default is slower and makes smaller files (src/config.ts). */
const DEFAULT_PRESET = 'veryfast';

/** An empty variable counts as not set. */
const given = (env: Environment, name: string): string | undefined => env[name] || undefined;

/** 0 lets the operating system choose. */
export function portOf(env: Environment): number {
  const text = given(env, 'PORT') ?? String(DEFAULT_PORT);
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) {
    throw new Error(`PORT is not a port number: ${text}`);
  }
  return port;
}

export const stateDirOf = (env: Environment, root: string): string =>
  resolve(root, given(env, 'STATE_DIR') ?? DEFAULT_STATE_DIR);

export const presetOf = (env: Environment): string => given(env, 'X264_PRESET') ?? DEFAULT_PRESET;

/** The Worker's settings that are set in the environment. The Worker checks them. */
export function settingsOf(env: Environment): Record<string, string> {
  return Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const value = given(env, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
