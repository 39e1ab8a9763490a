/** What a request says of itself, for the access rules of a link. */
import type { RequestFacts } from '../../access/rules.ts';

/**
 * Of the Origin header, else of the Referer, since `<video src>` and same-origin GETs send no Origin; and where a page
 * sends no Referer either, browsers still say that it is of our own origin (Sec-Fetch-Site, which scripts cannot set).
 */
function originOf({ headers, url }: Request): string | null {
  const origin = headers.get('origin');
  if (origin !== null) {
    // "null" is what sandboxed pages send: an origin that is nobody's.
    return origin === 'null' ? null : origin;
  }
  const referer = URL.parse(headers.get('referer') ?? '');
  if (referer !== null) {
    return referer.origin;
  }
  return headers.get('sec-fetch-site') === 'same-origin' ? new URL(url).origin : null;
}

/** Country and address are set by Cloudflare, which replaces what a client sends under these names. */
export function factsOf(request: Request): RequestFacts {
  const country = request.cf?.['country'];
  return {
    country: typeof country === 'string' ? country : null,
    ip: request.headers.get('cf-connecting-ip'),
    origin: originOf(request),
    userAgent: request.headers.get('user-agent'),
  };
}
