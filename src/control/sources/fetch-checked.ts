/** Requests to hosts that a caller named: public ones only, through every redirect. */

import { refusedHost } from '../../platform/public-hosts.ts';
import { JobFailure } from '../encoding/job-failure.ts';

/** Each hop is checked again; more than this is a loop. */
const MAX_REDIRECTS = 5;
/** Headers must come within this; the body may take as long as `until` allows. */
const HEADERS_TIMEOUT_MS = 30_000;

export type FetchOptions = {
  /** Also allows plain HTTP to this machine. */
  loopbackAllowed: boolean;
  headers?: Readonly<Record<string, string>>;
  /** Ends the body, too. */
  until: AbortSignal;
};

/** A fetch whose headers have a deadline. The signal would abort the body too, so the timer is stopped once they are here. */
async function fetchHeaders(url: string, { headers = {}, until }: FetchOptions): Promise<Response> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), HEADERS_TIMEOUT_MS);
  try {
    return await fetch(url, { redirect: 'manual', headers, signal: AbortSignal.any([controller.signal, until]) });
  } finally {
    clearTimeout(timer);
  }
}

/** Follows redirects and checks each. Throws JobFailure where a host is refused. */
export async function fetchChecked(url: string, options: FetchOptions): Promise<Response> {
  let next = url;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const reason = refusedHost(next, options.loopbackAllowed);
    if (reason !== null) {
      throw new JobFailure('source_refused', `The source may not be read from there: ${reason}`);
    }
    const response = await fetchHeaders(next, options);
    const location = response.headers.get('location');
    if (response.status < 300 || response.status > 399 || location === null) {
      return response;
    }
    await response.body?.cancel();
    next = redirectTarget(location, next);
  }
  throw new JobFailure('source_refused', `The source redirects more than ${MAX_REDIRECTS} times`);
}

function redirectTarget(location: string, from: string): string {
  const target = URL.parse(location, from);
  if (target === null) {
    throw new JobFailure('source_refused', 'The source redirects to something that is no URL');
  }
  return target.href;
}
