/** Where webhooks may be sent. Pure. */
import { refusedHost } from '../ingest/public-hosts.ts';

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost)$/;

/** Why an address is refused, or null. With `loopback`, a receiver on this machine too: for trying things out. */
export function refusedTarget(text: string, loopback: boolean): string | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (loopback && url !== null && url.protocol === 'http:' && LOOPBACK.test(url.hostname)) {
    return null;
  }
  if (url !== null && url.protocol !== 'https:') {
    return 'only https addresses are called';
  }
  return refusedHost(text);
}
