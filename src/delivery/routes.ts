/** The hot path's routes: playback links and sessions. Refusals are AppErrors, which app.onError answers. */
import { Hono } from 'hono';
import { countRequests } from '../metrics/count-requests.ts';
import { noteKind } from '../metrics/meter.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { publicHeaders, readOnly } from './http/public-access.ts';
import { RenderedText } from './http/rendered-text.ts';
import { factsOf } from './http/request-facts.ts';
import { serveText } from './http/serve-text.ts';
import { isolateOf } from './isolate.ts';
import type { ManifestKind } from './manifests/manifests.ts';
import { PLAYLIST_POLICIES } from './objects/cache-policy.ts';
import { serveImage } from './serve-image.ts';
import { serveSession } from './serve-session.ts';
import { serveViews } from './serve-views.ts';
import { startPlayback } from './start-playback.ts';

/** Mounted at `/`; answers below `/v/` and `/s/` only. */
export const deliveryRoutes = new Hono<{ Bindings: DeliveryEnv }>();

deliveryRoutes.use('/v/*', countRequests('other'), publicHeaders(), readOnly());
deliveryRoutes.use('/s/*', countRequests('other'), publicHeaders(), readOnly());

async function serveManifest(kind: ManifestKind, link: string, env: DeliveryEnv, request: Request): Promise<Response> {
  noteKind(request, kind);
  const isolate = isolateOf(env);
  const started = await startPlayback(isolate, { link, facts: factsOf(request), nowMs: Date.now() });
  const text = isolate.manifests.manifest(kind, started);
  return serveText(request, { text: new RenderedText(text), tier: started.tier, policy: PLAYLIST_POLICIES[kind] });
}

deliveryRoutes.get('/v/:link/main.m3u8', (c) => serveManifest('multivariant', c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/v/:link/manifest.mpd', (c) => serveManifest('mpd', c.req.param('link'), c.env, c.req.raw));

deliveryRoutes.get('/v/:link/images/:file', (c) => {
  noteKind(c.req.raw, 'image');
  const request = { link: c.req.param('link'), facts: factsOf(c.req.raw), nowMs: Date.now() };
  return serveImage(isolateOf(c.env), c.req.raw, request);
});

deliveryRoutes.get('/v/:link/views', (c) => {
  noteKind(c.req.raw, 'views');
  const question = { link: c.req.param('link'), facts: factsOf(c.req.raw), nowMs: Date.now() };
  return serveViews(isolateOf(c.env), c.req.raw, question);
});

deliveryRoutes.get('/s/*', (c) => serveSession(isolateOf(c.env), c.req.raw, Date.now()));
