/** `/readyz`: whether the stores answer that the control plane needs. Open, so it must not be a way to load them. */

import { Hono } from 'hono';
import { configOf } from '../config.ts';
import { type BoardEnv, taskBoard } from '../control/encoding/board/board-stub.ts';
import { AppError } from '../errors.ts';
import { EDGE_KEYS_KEY } from '../media/keys.ts';
import type { Bindings } from '../platform/bindings.ts';
import { log } from '../platform/log.ts';

/** Of each store; probes give up after a few seconds. */
const CHECK_TIMEOUT_MS = 2_000;
/** What was found is told so long. */
const TOLD_MS = 1_000;

type CheckedEnv = Bindings & BoardEnv;
const CHECKS = {
  catalog: (env) => env.CATALOG.prepare('SELECT 1').first(),
  bucket: (env) => env.MEDIA.head(EDGE_KEYS_KEY),
  board: (env) => taskBoard(env).ping(),
} as const satisfies Record<string, (env: CheckedEnv) => Promise<unknown>>;
const NAMES = Object.keys(CHECKS) as (keyof typeof CHECKS)[];

type Finding = Record<keyof typeof CHECKS, 'ok' | 'failed'>;
/** Of an isolate. `busyUntil`: one request is asking; the others are told what was found before. */
type Known = { finding: Finding | null; foundAtMs: number; busyUntilMs: number };
const known = new WeakMap<object, Known>();

async function check(name: keyof typeof CHECKS, env: CheckedEnv): Promise<'ok' | 'failed'> {
  const answer = (async () => CHECKS[name](env))().then(
    () => null,
    (error: unknown) => String(error),
  );
  const late = scheduler.wait(CHECK_TIMEOUT_MS).then(() => `no answer within ${CHECK_TIMEOUT_MS} ms`);
  const reason = await Promise.race([answer, late]);
  if (reason !== null) {
    log.error({ event: 'not_ready', store: name, reason });
  }
  return reason === null ? 'ok' : 'failed';
}

/** Null where another request is asking and nothing was found yet. */
async function find(env: CheckedEnv): Promise<Finding | null> {
  const state = known.get(env) ?? { finding: null, foundAtMs: Number.NEGATIVE_INFINITY, busyUntilMs: 0 };
  known.set(env, state);
  const nowMs = Date.now();
  if (nowMs - state.foundAtMs < TOLD_MS || nowMs < state.busyUntilMs) {
    return state.finding;
  }
  state.busyUntilMs = nowMs + CHECK_TIMEOUT_MS;
  const found = await Promise.all(NAMES.map(async (name) => [name, await check(name, env)] as const));
  state.finding = Object.fromEntries(found) as Finding;
  state.foundAtMs = Date.now();
  state.busyUntilMs = 0;
  return state.finding;
}

export const readinessRoutes = new Hono<{ Bindings: CheckedEnv }>();

readinessRoutes.get('/readyz', async (c) => {
  configOf(c.env);
  const checks = await find(c.env);
  if (checks === null || NAMES.some((name) => checks[name] !== 'ok')) {
    throw new AppError('unavailable', { extra: { checks }, headers: { 'retry-after': '1' } });
  }
  return c.json({ status: 'ok', checks }, 200, { 'cache-control': 'no-store' });
});
