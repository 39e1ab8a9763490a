/** Where the links that the API hands out lead to. Pure. */
import type { Config } from '../../config.ts';
import { AppError } from '../../errors.ts';

const LOOPBACK = /^(localhost|127(\.[0-9]{1,3}){3}|\[::1\])$/;

/**
 * PUBLIC_URL; without it the address of the request, on a machine that calls itself. Anywhere else that address is a header
 * that its sender chose, in a link that others are given. Throws AppError `misconfigured`.
 */
export function publicOrigin({ PUBLIC_URL }: Pick<Config, 'PUBLIC_URL'>, requestUrl: string): string {
  const { hostname, origin } = new URL(requestUrl);
  if (PUBLIC_URL !== undefined) {
    return PUBLIC_URL;
  }
  if (LOOPBACK.test(hostname)) {
    return origin;
  }
  throw new AppError('misconfigured', { detail: 'PUBLIC_URL is not set: links need the address that players use.' });
}
