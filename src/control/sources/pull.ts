/** Brings a source into the bucket: already there (uploaded), or pulled from a URL, streamed, never held in memory. */

import { refusedHost } from '../../platform/public-hosts.ts';
import { JobFailure } from '../encoding/job-failure.ts';

/** Single-PUT limit of R2 (just under 5 GiB). Larger sources go in by upload. */
const MAX_PULL_BYTES = 4.9 * 1024 ** 3;
/** Each hop is checked again; more than this is a loop. */
const MAX_REDIRECTS = 5;
/** Headers must come within this; the body may take as long as the step may. */
const HEADERS_TIMEOUT_MS = 30_000;

export type SourceRequest = { key: string; url: string | null };

/** A fetch whose headers have a deadline. The signal would abort the body too, so the timer is stopped once they are here. */
async function fetchHeaders(url: string, until: AbortSignal | null): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), HEADERS_TIMEOUT_MS);
  try {
    const signal = until === null ? controller.signal : AbortSignal.any([controller.signal, until]);
    return await fetch(url, { redirect: 'manual', signal });
  } finally {
    clearTimeout(timer);
  }
}

/** Follows redirects and checks each. `until`: ends the body, too. Throws JobFailure where a host is refused. */
export async function fetchChecked(
  url: string,
  loopbackAllowed: boolean,
  until: AbortSignal | null = null,
): Promise<Response> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const reason = refusedHost(next, loopbackAllowed);
    if (reason !== null) {
      throw new JobFailure('source_refused', `The source may not be read from there: ${reason}`);
    }
    const response = await fetchHeaders(next, until);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      return response;
    }
    await response.body?.cancel();
    next = new URL(location, next).href;
  }
  throw new JobFailure('source_refused', `The source redirects more than ${MAX_REDIRECTS} times`);
}

/** The object and its size. Throws JobFailure where the source is not available; other errors are worth a retry. */
export async function pullSource(
  bucket: R2Bucket,
  source: SourceRequest,
  loopbackAllowed = false,
): Promise<{ key: string; sizeBytes: number }> {
  const standing = await bucket.head(source.key);
  if (standing !== null) {
    return { key: source.key, sizeBytes: standing.size };
  }
  if (source.url === null) {
    throw new JobFailure('source_missing', 'The source object does not exist');
  }
  const response = await fetchChecked(source.url, loopbackAllowed);
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    throw new JobFailure('source_missing', `The source's server answered ${response.status}`);
  }
  const length = response.headers.get('content-length') ?? '';
  const sizeBytes = Number(length);
  // Number() alone takes '', '-1' and '0x10' as well.
  if (!/^\d{1,15}$/.test(length) || sizeBytes > MAX_PULL_BYTES) {
    await response.body.cancel();
    throw new JobFailure('source_refused', "The source's server must give a Content-Length of at most 4.9 GiB");
  }
  const sized = new FixedLengthStream(sizeBytes);
  const [written] = await Promise.all([
    bucket.put(source.key, sized.readable, { onlyIf: { etagDoesNotMatch: '*' } }),
    response.body.pipeTo(sized.writable),
  ]);
  return { key: source.key, sizeBytes: written?.size ?? sizeBytes };
}
