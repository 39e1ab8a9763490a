/**
 * Rate limits, counted by Cloudflare in each location (`[[ratelimits]]` in wrangler.toml). They keep one program that has
 * gone wrong from taking the database from all others; they are no quota.
 */
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';
import { LruMap } from '../platform/lru-map.ts';
import type { Caller } from './callers.ts';

export type RateLimitEnv = { API_CALLS: RateLimit; REFUSED_TOKENS: RateLimit };

/** The periods of the bindings: after one, both count from 0. */
const PERIOD_SECONDS = 10;

async function count(env: object, limiter: RateLimit, key: string): Promise<void> {
  if (configOf(env).RATE_LIMITS === 'on' && !(await limiter.limit({ key })).success) {
    throw new AppError('rate_limited', { headers: { 'retry-after': String(PERIOD_SECONDS) } });
  }
}

/** Throws `rate_limited`. */
export const countCall = (env: RateLimitEnv, { id }: Caller): Promise<void> => count(env, env.API_CALLS, id);

/** Addresses that have used up their count, and until when. About 100 bytes each. */
const heldOff = new LruMap<string, number>(5_000);

/** Whether tokens from there are not looked up for now: the database is what the limit spares. */
export const isHeldOff = (address: string | null): boolean =>
  address !== null && (heldOff.get(address) ?? 0) > Date.now();

/** By the caller's address, as no token is known. Throws `rate_limited`. */
export async function countRefusal(env: RateLimitEnv, address: string | null): Promise<void> {
  // Without Cloudflare in front, all callers would share one count.
  if (address !== null) {
    await count(env, env.REFUSED_TOKENS, address).catch((error: unknown) => {
      heldOff.set(address, Date.now() + PERIOD_SECONDS * 1000);
      throw error;
    });
  }
}
