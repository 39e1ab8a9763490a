/** `/healthz`: can this deployment serve at all? `/readyz`: do the stores of the control plane answer? Both are open to all. */
import { Hono } from 'hono';
import { configOf } from '../config.ts';
import { type BoardEnv, taskBoard } from '../control/encoding/board/board-stub.ts';
import { AppError } from '../errors.ts';
import { neverStored } from '../http/router.ts';
import { EDGE_KEYS_KEY } from '../media/keys.ts';
import type { Bindings } from '../platform/bindings.ts';
import { log } from '../platform/log.ts';
import { sql } from '../platform/sql.ts';
import { startTimer, TIMED_OUT, within } from '../platform/timer.ts';

type HealthEnv = Bindings & BoardEnv;

/** For each store; probes give up after a few seconds. */
const CHECK_TIMEOUT_MS = 2_000;
/** How long an isolate repeats its last result, so that probes cannot load the stores. */
const REPEATED_MS = 1_000;

const CHECKS = {
  catalog: (env) => sql`SELECT 1`.on(env.CATALOG).first(),
  bucket: (env) => env.MEDIA.head(EDGE_KEYS_KEY),
  board: (env) => taskBoard(env).ping(),
} as const satisfies Record<string, (env: HealthEnv) => Promise<unknown>>;
const STORES = Object.keys(CHECKS) as (keyof typeof CHECKS)[];

type StoreStates = Record<keyof typeof CHECKS, 'ok' | 'failed'>;
/** Of an isolate. While one request checks, the others get the last result. */
const lastChecks = new WeakMap<object, { states: StoreStates | null; dueAtMs: number }>();

async function check(store: keyof typeof CHECKS, env: HealthEnv): Promise<'ok' | 'failed'> {
  const answer = within(Promise.resolve(env).then<unknown>(CHECKS[store]), CHECK_TIMEOUT_MS, startTimer);
  const reason = await answer.then(
    (value) => (value === TIMED_OUT ? `no answer within ${CHECK_TIMEOUT_MS} ms` : null),
    String,
  );
  if (reason !== null) {
    log.error({ event: 'not_ready', store, reason });
  }
  return reason === null ? 'ok' : 'failed';
}

/** Null while another request makes the first check. */
async function storeStates(env: HealthEnv): Promise<StoreStates | null> {
  const last = lastChecks.get(env) ?? { states: null, dueAtMs: 0 };
  if (Date.now() < last.dueAtMs) {
    return last.states;
  }
  last.dueAtMs = Date.now() + CHECK_TIMEOUT_MS;
  lastChecks.set(env, last);
  const checked = await Promise.all(STORES.map(async (store) => [store, await check(store, env)] as const));
  last.states = Object.fromEntries(checked) as StoreStates;
  last.dueAtMs = Date.now() + REPEATED_MS;
  return last.states;
}

export const healthRoutes = new Hono<{ Bindings: HealthEnv }>();

healthRoutes.get('/healthz', neverStored, (c) => {
  try {
    configOf(c.env);
  } catch (cause) {
    throw new AppError('unavailable', { cause });
  }
  return c.json({ status: 'ok' });
});

healthRoutes.get('/readyz', neverStored, async (c) => {
  configOf(c.env);
  const checks = await storeStates(c.env);
  if (checks === null || STORES.some((store) => checks[store] !== 'ok')) {
    throw new AppError('unavailable', { extra: { checks }, headers: { 'retry-after': '1' } });
  }
  return c.json({ status: 'ok', checks });
});
