/**
 * Rate limits, counted by Cloudflare in each location (`[[ratelimits]]` in wrangler.toml). They keep one program that has
 * gone wrong from taking the database from all others; they are no quota.
 */
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';
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

/** By the caller's address, as no token is known. Throws `rate_limited`. */
export async function countRefusal(env: RateLimitEnv, address: string | null): Promise<void> {
  // Without Cloudflare in front, all callers would share one count.
  if (address !== null) {
    await count(env, env.REFUSED_TOKENS, address);
  }
}
