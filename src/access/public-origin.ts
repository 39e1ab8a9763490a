/** The address that players and services use. */
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';

const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * PUBLIC_URL, or the address of the request if that is this machine. Any other address would be a header that the caller
 * has chosen, in a link that others get. Throws `misconfigured`.
 */
export function publicOrigin({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, requestUrl: string): string {
  const { hostname, origin } = new URL(requestUrl);
  if (PUBLIC_URL === undefined && !LOOPBACK.test(hostname)) {
    throw new AppError('misconfigured', { detail: 'PUBLIC_URL is not set: links need the address that players use.' });
  }
  return PUBLIC_URL ?? origin;
}
