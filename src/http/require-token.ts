/** Calls of the API need a token with the scopes of the operation, and count against the token's rate limit. */
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../errors.ts';
import type { Bindings } from '../platform/bindings.ts';
import { findCaller } from './api-tokens.ts';
import { bearerOf, isOneOf, unauthorized } from './bearer.ts';
import { type Caller, ROOT } from './callers.ts';
import type { FindOperation } from './operations.ts';
import { countCall, countRefusal, isHeldOff, type RateLimitEnv } from './rate-limit.ts';
import { hasScope, type Scope } from './scopes.ts';

export type TokenEnv = Pick<Bindings, 'CATALOG'> & RateLimitEnv;

/** Cloudflare sets it; a caller cannot. */
export const addressOf = (headers: Headers): string | null => headers.get('cf-connecting-ip');

async function callerOf(env: TokenEnv, headers: Headers): Promise<Caller> {
  const token = bearerOf(headers);
  const address = addressOf(headers);
  const caller = (await isOneOf(env, token, ['API_TOKEN']))
    ? ROOT
    : token === undefined
      ? null
      : await findCaller(env, token, isHeldOff(address));
  if (caller === null) {
    await countRefusal(env, address);
    throw unauthorized();
  }
  await countCall(env, caller);
  return caller;
}

/** Throws `scope_missing` (RFC 6750 3.1: `insufficient_scope`). */
export function requireScopes({ scopes }: Caller, needed: readonly string[]): void {
  const scope = needed.find((one) => !hasScope(scopes, one));
  if (scope !== undefined) {
    throw new AppError('scope_missing', {
      detail: `The token needs the scope ${scope}`,
      extra: { scope },
      headers: { 'www-authenticate': `Bearer realm="sluice", error="insufficient_scope", scope="${scope}"` },
    });
  }
}

/** For routes that take other credentials too. Throws `unauthorized`, `rate_limited` or `scope_missing`. */
export async function requireToken(env: TokenEnv, { headers }: Request, scope: Scope): Promise<Caller> {
  const caller = await callerOf(env, headers);
  requireScopes(caller, [scope]);
  return caller;
}

/** For all operations that are mounted after it. */
export function requireApiToken(operationOf: FindOperation): MiddlewareHandler<{ Bindings: TokenEnv }> {
  return async function requireApiToken(c, next) {
    const caller = await callerOf(c.env, c.req.raw.headers);
    c.set('caller', caller);
    const operation = operationOf(c);
    if (operation !== undefined) {
      // An operation that does not say what it needs is for API_TOKEN alone.
      requireScopes(caller, operation.scopes ?? ROOT.scopes);
    }
    await next();
  };
}
