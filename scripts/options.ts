/** The environment variables of `npm start` and `npm run encoder`, checked. */
import { resolve } from 'node:path';
import { SETTINGS } from '../src/config.ts';

type Environment = Readonly<Record<string, string | undefined>>;

const DEFAULT_PORT = 8787;
const DEFAULT_STATE_DIR = '.wrangler/state';
/** On a laptop people wait for the picture; production's default is slower and smaller (src/config.ts). */
const DEFAULT_PRESET = 'veryfast';

/** An empty variable is one that is not set. */
const given = (env: Environment, name: string): string | undefined => env[name] || undefined;

/** 0 lets the system choose. */
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

/** The Worker's own settings, as they are set; the Worker checks them. */
export function settingsOf(env: Environment): Record<string, string> {
  return Object.fromEntries(
    SETTINGS.flatMap((name) => {
      const value = given(env, name);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
