/** The hot path's routes: playback links and sessions. Refusals are AppErrors, which app.onError answers. */
import { Hono } from 'hono';
import { renderMpd } from '../manifest/dash/mpd.ts';
import { renderMultivariantPlaylist } from '../manifest/hls/multivariant-playlist.ts';
import { countRequests } from '../metrics/count-requests.ts';
import { noteKind } from '../metrics/meter.ts';
import { PLAYLIST_POLICIES } from './cache-policy.ts';
import type { DeliveryEnv } from './env.ts';
import { isolateOf } from './isolate.ts';
import { publicHeaders, readOnly } from './public-access.ts';
import { factsOf } from './request-facts.ts';
import { serveSession } from './serve-session.ts';
import { serveText } from './serve-text.ts';
import { startPlayback } from './start-playback.ts';
import { tierDebugHeader } from './tiers/debug-header.ts';

/** Mounted at `/`; answers below `/v/` and `/s/` only. */
export const deliveryRoutes = new Hono<{ Bindings: DeliveryEnv }>();

deliveryRoutes.use('/v/*', countRequests('other'), publicHeaders(), readOnly());
deliveryRoutes.use('/s/*', countRequests('other'), tierDebugHeader(), publicHeaders(), readOnly());

deliveryRoutes.get('/v/:link/main.m3u8', async (c) => {
  noteKind(c.req.raw, 'multivariant');
  const request = { link: c.req.param('link'), facts: factsOf(c.req.raw), nowMs: Date.now() };
  const { presentation, basePath } = await startPlayback(isolateOf(c.env), request);
  return serveText(c.req.raw, renderMultivariantPlaylist(presentation, { basePath }), PLAYLIST_POLICIES.multivariant);
});

deliveryRoutes.get('/v/:link/manifest.mpd', async (c) => {
  noteKind(c.req.raw, 'mpd');
  const request = { link: c.req.param('link'), facts: factsOf(c.req.raw), nowMs: Date.now() };
  const { presentation, basePath } = await startPlayback(isolateOf(c.env), request);
  return serveText(c.req.raw, renderMpd(presentation, { basePath }), PLAYLIST_POLICIES.mpd);
});

deliveryRoutes.get('/s/*', (c) => serveSession(isolateOf(c.env), c.req.raw, Date.now()));
