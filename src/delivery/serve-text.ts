/** Serves a rendered playlist or MPD: gzip where the client takes it (HAS 10.1), entity tag where it may be cached. */
import { AppError } from '../errors.ts';
import type { DeliveryPolicy } from './cache-policy.ts';
import { evaluateConditions } from './conditionals.ts';
import type { RenderedText } from './rendered-text.ts';

/** Whether Accept-Encoding takes gzip: named, or covered by `*`, and not with a weight of zero (RFC 9110 12.5.3). */
export function acceptsGzip(header: string | null): boolean {
  let any = false;
  for (const item of (header ?? '').toLowerCase().split(',')) {
    const [coding = '', ...parameters] = item.split(';').map((part) => part.trim());
    const refused = parameters.some((parameter) => /^q=0(\.0{0,3})?$/.test(parameter));
    if (coding === 'gzip' || coding === 'x-gzip') {
      return !refused;
    }
    any ||= coding === '*' && !refused;
  }
  return any;
}

/**
 * What the client itself takes. Cloudflare (and `wrangler dev`) replaces the header by what the platform can read and
 * keeps the client's in `cf`, empty where there was none.
 */
function acceptEncodingOf(request: Request): string | null {
  const original = request.cf?.['clientAcceptEncoding'];
  return typeof original === 'string' ? original : request.headers.get('accept-encoding');
}

/** 200 or 304. What must not be stored has no entity tag. Throws AppError `precondition_failed`. */
export async function serveText(request: Request, text: RenderedText, policy: DeliveryPolicy): Promise<Response> {
  const headers = new Headers({ 'cache-control': policy.cacheControl, vary: 'Accept-Encoding' });
  if (!policy.cacheControl.includes('no-store')) {
    const etag = await text.etag();
    headers.set('etag', etag);
    const outcome = evaluateConditions(request.headers, etag);
    if (outcome === 'failed') {
      throw new AppError('precondition_failed');
    }
    if (outcome === 'not-modified') {
      return new Response(null, { status: 304, headers });
    }
  }
  const compressed = acceptsGzip(acceptEncodingOf(request));
  const body = compressed ? await text.gzipped() : text.bytes;
  headers.set('content-type', policy.contentType);
  headers.set('content-length', String(body.byteLength));
  if (!compressed) {
    return new Response(body, { headers });
  }
  headers.set('content-encoding', 'gzip');
  // The runtime would compress what it is told is gzip; this body is gzip already.
  return new Response(body, { headers, encodeBody: 'manual' });
}
