/** `/.well-known/jwks.json` (RFC 7517 5): the public keys of playback links, for others who check them. */
import { Hono } from 'hono';
import { linkRevocation } from '../../access/revocations.ts';
import { mergeKeys } from '../../access/signing-keys.ts';
import type { DeliveryEnv } from '../../delivery/delivery-env.ts';
import { publicHeaders, readOnly } from '../../delivery/http/public-access.ts';
import { isolateOf } from '../../delivery/isolate.ts';

/** Long enough for few requests, short enough that readers do not trust a deleted key for long. */
const CACHE_CONTROL = 'public, max-age=60';

export const jwksRoutes = new Hono<{ Bindings: DeliveryEnv }>();

jwksRoutes.use('/.well-known/jwks.json', publicHeaders(), readOnly());

jwksRoutes.get('/.well-known/jwks.json', async (c) => {
  const { config, state } = isolateOf(c.env);
  const nowMs = Date.now();
  const [registered, revocations] = await Promise.all([state.signingKeys(nowMs), state.revocations(nowMs)]);
  const keys = [];
  for (const { kid, alg, jwk } of mergeKeys(config, registered).values()) {
    if ((await linkRevocation(revocations, { key: kid }, nowMs / 1000)) === null) {
      keys.push({ kid, alg, use: 'sig', ...jwk });
    }
  }
  return c.json({ keys }, 200, { 'content-type': 'application/jwk-set+json', 'cache-control': CACHE_CONTROL });
});
