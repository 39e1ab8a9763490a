/** Middleware that counts requests once they are answered. It reads two headers of the answer and nothing of the address. */
import type { MiddlewareHandler } from 'hono';
import { meter, notedKind, noteKind } from './meter.ts';
import { ANSWERED_BY, type RequestKind, type Tier } from './metric-series.ts';

const TIER = /(?:^|,\s*)tier;desc=([a-z0-9]+)/;

/** From `Server-Timing`, where delivery names the tier that answered. */
function tierOf(headers: Headers): Tier {
  const named = TIER.exec(headers.get('server-timing') ?? '')?.[1];
  return ANSWERED_BY.find((tier) => tier === named) ?? 'none';
}

/** The size of the body; 0 for HEAD, 304 and answers without Content-Length. */
function bytesOf(method: string, { status, headers }: Response): number {
  const length = method === 'HEAD' || status === 304 ? null : headers.get('content-length');
  const bytes = Number(length ?? 0);
  return Number.isSafeInteger(bytes) && bytes > 0 ? bytes : 0;
}

/** Must be outermost in its plane. `kind` is what a request counts as unless a handler notes another. */
export function countRequests(kind: RequestKind): MiddlewareHandler {
  return async function countRequests(c, next) {
    await next();
    const { raw, method } = c.req;
    meter.countRequest(notedKind(raw) ?? kind, c.res.status, tierOf(c.res.headers), bytesOf(method, c.res));
  };
}

/** Notes what all requests to these routes are for. */
export function requestsAre(kind: RequestKind): MiddlewareHandler {
  return async function requestsAre(c, next) {
    noteKind(c.req.raw, kind);
    await next();
  };
}
