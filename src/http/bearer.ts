/** Bearer tokens of the control API (RFC 6750), compared in constant time. */
import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i;

type TokenName = 'API_TOKEN' | 'ENCODER_TOKEN' | 'METRICS_TOKEN';

/** Requires one of these tokens or its `_PREVIOUS` value; throws `unauthorized` otherwise. */
export function requireBearer(...names: TokenName[]): MiddlewareHandler<{ Bindings: object }> {
  return async function bearer(c, next) {
    const [, given] = BEARER.exec(c.req.header('authorization') ?? '') ?? [];
    const config = configOf(c.env);
    const accepted = names.flatMap((name) => [config[name], config[`${name}_PREVIOUS`]]);
    // All are compared, whichever fits, so that the time says nothing.
    const fits = await Promise.all(
      accepted.map(async (token) => given !== undefined && token !== undefined && timingSafeEqual(given, token)),
    );
    if (!fits.includes(true)) {
      throw new AppError('unauthorized', { headers: { 'www-authenticate': 'Bearer realm="sluice"' } });
    }
    await next();
  };
}
