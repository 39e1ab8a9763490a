/** Where webhooks may be sent. Pure. */
import { isLoopback, refusedHost } from '../../platform/public-hosts.ts';

/** Why an address is refused, or null. With `loopback`, a receiver on this machine too: for trying things out. */
export function refusedTarget(text: string, loopback: boolean): string | null {
  const url = URL.parse(text);
  if (url !== null && url.protocol !== 'https:' && !(loopback && isLoopback(url))) {
    return 'only https addresses are called';
  }
  return refusedHost(text, loopback);
}
