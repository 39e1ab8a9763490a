/** Bearer tokens that are secrets of the deployment (RFC 6750), compared in constant time. */
import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i;

type TokenName = 'API_TOKEN' | 'ENCODER_TOKEN' | 'METRICS_TOKEN';

/** The token of a request; undefined where it has none. */
export const bearerOf = (headers: Headers): string | undefined =>
  BEARER.exec(headers.get('authorization') ?? '')?.[1] ?? undefined;

export const unauthorized = (): AppError =>
  new AppError('unauthorized', { headers: { 'www-authenticate': 'Bearer realm="sluice"' } });

/** Whether it is one of these tokens or its `_PREVIOUS` value. */
export async function isOneOf(env: object, given: string | undefined, names: readonly TokenName[]): Promise<boolean> {
  const config = configOf(env);
  const accepted = names.flatMap((name) => [config[name], config[`${name}_PREVIOUS`]]);
  // All are compared, whichever fits, so that the time says nothing.
  const fits = await Promise.all(
    accepted.map(async (token) => given !== undefined && token !== undefined && timingSafeEqual(given, token)),
  );
  return fits.includes(true);
}

/** Requires one of these tokens or its `_PREVIOUS` value; throws `unauthorized` otherwise. */
export function requireBearer(...names: TokenName[]): MiddlewareHandler<{ Bindings: object }> {
  return async function bearer(c, next) {
    if (!(await isOneOf(c.env, bearerOf(c.req.raw.headers), names))) {
      throw unauthorized();
    }
    await next();
  };
}
