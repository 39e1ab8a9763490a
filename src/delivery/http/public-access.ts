/** Common to all answers of delivery: open to any site (the token protects them), GET and HEAD alone, no sniffing. */
import type { MiddlewareHandler } from 'hono';
import { AppError } from '../../errors.ts';

const METHODS = 'GET, HEAD, OPTIONS';

/** Sent with errors too: without them a page cannot read the code of a refusal. */
export const PUBLIC_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers':
    'Content-Length, Content-Range, ETag, Accept-Ranges, Date, Server-Timing, Retry-After, X-Request-Id',
  // Pages that isolate themselves (COEP) may load media from here, and see its timing.
  'cross-origin-resource-policy': 'cross-origin',
  'timing-allow-origin': '*',
  'x-content-type-options': 'nosniff',
} as const;

let now = { second: Number.NaN, text: '' };

/** Made once a second. RFC 9110 6.6.1 requires it of a server with a clock; workerd sends none by itself. */
export function httpDate(nowMs: number): string {
  const second = Math.floor(nowMs / 1000);
  if (second !== now.second) {
    now = { second, text: new Date(nowMs).toUTCString() };
  }
  return now.text;
}

const PREFLIGHT = {
  allow: METHODS,
  'access-control-allow-methods': METHODS,
  // Cast receivers ask for the first three by name; the CMCD ones are those of CTA-5004's header mode.
  'access-control-allow-headers':
    'Content-Type, Accept-Encoding, Range, If-Match, If-None-Match, If-Range, CMCD-Object, CMCD-Request, CMCD-Session, CMCD-Status',
  // Chromium's own upper bound; the answer never depends on the request.
  'access-control-max-age': '7200',
} as const;

/**
 * Marks every answer, refusals included: an error thrown further in has been answered once `next` returns. Objects and
 * playlists have these headers already: setting them one by one is a twelfth of the cost of a hot segment.
 */
export function publicHeaders(): MiddlewareHandler {
  return async function publicHeaders(c, next) {
    await next();
    if (c.res.headers.has('access-control-allow-origin')) {
      return;
    }
    for (const [name, value] of Object.entries(PUBLIC_HEADERS)) {
      c.res.headers.set(name, value);
    }
    c.res.headers.set('date', httpDate(Date.now()));
  };
}

/** Answers OPTIONS; refuses other methods than GET and HEAD with 405. Belongs inside `publicHeaders`. */
export function readOnly(): MiddlewareHandler {
  return async function readOnly(c, next) {
    if (c.req.method === 'OPTIONS') {
      return new Response(null, { status: 204, headers: PREFLIGHT });
    }
    if (c.req.method !== 'GET' && c.req.method !== 'HEAD') {
      throw new AppError('method_not_allowed', { headers: { allow: METHODS } });
    }
    await next();
    return undefined;
  };
}
