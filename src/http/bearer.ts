/** Bearer tokens of the control API (RFC 6750), compared in constant time. */
import type { MiddlewareHandler } from 'hono';
import { timingSafeEqual } from 'hono/utils/buffer';
import { configOf } from '../config.ts';
import { AppError } from '../errors.ts';

const BEARER = /^Bearer +([A-Za-z0-9._~+/=-]{1,4096})$/i;

/** Lets a request through that carries the token named `secret`; throws `unauthorized` otherwise. */
export function requireBearer(secret: 'API_TOKEN' | 'ENCODER_TOKEN'): MiddlewareHandler<{ Bindings: object }> {
  return async function bearer(c, next) {
    const [, given] = BEARER.exec(c.req.header('authorization') ?? '') ?? [];
    if (given === undefined || !(await timingSafeEqual(given, configOf(c.env)[secret]))) {
      throw new AppError('unauthorized', { headers: { 'www-authenticate': 'Bearer realm="sluice"' } });
    }
    await next();
  };
}
