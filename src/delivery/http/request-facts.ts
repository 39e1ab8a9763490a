/** What a request says of itself, for the access rules of a link. */
import type { RequestFacts } from '../../access/rules.ts';

/**
 * Of the Origin header, else of the Referer: `<video src>` and same-origin GETs send no Origin. Without both, browsers
 * still say that a page is of our own origin (Sec-Fetch-Site, which scripts cannot set).
 */
function originOf({ headers, url }: Request): string | null {
  const origin = headers.get('origin');
  if (origin !== null) {
    // Sandboxed pages send "null".
    return origin === 'null' ? null : origin;
  }
  const referer = URL.parse(headers.get('referer') ?? '');
  if (referer !== null) {
    return referer.origin;
  }
  return headers.get('sec-fetch-site') === 'same-origin' ? new URL(url).origin : null;
}

/** Cloudflare sets country and address; it replaces what a client sends under these names. */
export function factsOf(request: Request): RequestFacts {
  const country = request.cf?.['country'];
  return {
    country: typeof country === 'string' ? country : null,
    ip: request.headers.get('cf-connecting-ip'),
    origin: originOf(request),
    userAgent: request.headers.get('user-agent'),
  };
}
