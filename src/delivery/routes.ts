/** The hot path's routes: playback links and sessions. Refusals are AppErrors, which app.onError answers. */
import { Hono } from 'hono';
import { fingerprintLink } from '../access/revocations.ts';
import { isCarried, newSessionId, type SessionViews, sessionExpiry } from '../access/sessions.ts';
import { AppError } from '../errors.ts';
import { parseDeliveryPath } from '../media/delivery-path.ts';
import { versionPrefix } from '../media/keys.ts';
import { countedBy } from '../media/measure.ts';
import { isFromSource, type Presentation, presentationDurationSeconds } from '../media/presentation.ts';
import { countRequests } from '../metrics/count-requests.ts';
import { noteKind } from '../metrics/meter.ts';
import { type AllowedPlayback, admitLink, admitPlayback, questionOf } from './decide-playback.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { publicHeaders, readOnly } from './http/public-access.ts';
import { RenderedText } from './http/rendered-text.ts';
import { serveObject } from './http/serve-object.ts';
import { serveText } from './http/serve-text.ts';
import { type Isolate, isolateOf } from './isolate.ts';
import type { ManifestKind } from './manifests/manifests.ts';
import { currentImagePolicy, PLAYLIST_POLICIES, PRIVATE } from './objects/cache-policy.ts';
import { serveDownload } from './serve-download.ts';
import { serveSession, textOf } from './serve-session.ts';

/** Mounted at `/`; answers below `/v/` and `/s/` only. */
export const deliveryRoutes = new Hono<{ Bindings: DeliveryEnv }>();

deliveryRoutes.use('/v/*', countRequests('other'), publicHeaders(), readOnly());
deliveryRoutes.use('/s/*', countRequests('other'), publicHeaders(), readOnly());

/** Undefined where there is nothing to count a view by. */
function viewsOf({ windows }: Isolate, presentation: Presentation, nowSeconds: number): SessionViews | undefined {
  const counted = countedBy(presentation);
  if (counted === null || !isCarried(counted.measure)) {
    return undefined;
  }
  return { ...counted, shard: windows.shardOf(presentation.assetId), startedAtSeconds: Math.floor(nowSeconds) };
}

/**
 * Segments are served by the ids of their tracks (`mayFetch`), and those of a source tell no height. So a session that plays the
 * source is not limited: the source itself is not higher than the link allows (`restrictPresentation`), and no rendition of the
 * version, whenever it comes, is higher than the source (src/protocol/ladder.ts).
 */
const sessionHeight = ({ claims, presentation }: AllowedPlayback): number | undefined =>
  isFromSource(presentation) ? undefined : claims?.maxHeight;

/** The token of a new session, pinned to the current version and revision. */
async function mintSession(isolate: Isolate, allowed: AllowedPlayback, nowSeconds: number): Promise<string> {
  const { assetId, claims, current, presentation } = allowed;
  const duration = presentationDurationSeconds(presentation);
  return isolate.sessions.mint({
    sessionId: newSessionId(),
    assetId,
    version: current.version,
    revision: current.revision,
    maxHeight: sessionHeight(allowed),
    expiresAtSeconds: sessionExpiry(nowSeconds, duration, isolate.config.SESSION_SECONDS),
    views: viewsOf(isolate, presentation, nowSeconds),
    link: claims === undefined ? undefined : await fingerprintLink(claims),
  });
}

async function serveManifest(kind: ManifestKind, link: string, env: DeliveryEnv, request: Request): Promise<Response> {
  noteKind(request, kind);
  const isolate = isolateOf(env);
  const question = questionOf(link, request);
  const allowed = await admitPlayback(isolate, question);
  const token = await mintSession(isolate, allowed, question.nowMs / 1000);
  const text = isolate.manifests.manifest(kind, allowed.presentation, `/s/${token}/`);
  return serveText(request, { text: new RenderedText(text), tier: allowed.tier, policy: PLAYLIST_POLICIES[kind] });
}

/** An image of the asset's current version, for pages and apps that show it without playing. Starts no session. */
async function serveImage(link: string, env: DeliveryEnv, request: Request): Promise<Response> {
  noteKind(request, 'image');
  const isolate = isolateOf(env);
  const { assetId, current } = await admitLink(isolate, questionOf(link, request), 'image');
  // Raw, as below a session: none of our names has escapes.
  const path = /^\/v\/[^/]+\/(.+)$/.exec(new URL(request.url).pathname)?.[1];
  const target = parseDeliveryPath(path ?? '');
  if (target?.kind !== 'image') {
    throw new AppError('not_found');
  }
  const key = versionPrefix({ assetId, version: current.version }) + target.path;
  return serveObject({ isolate, key, request, policy: currentImagePolicy(target.extension) });
}

/** What the page around a player shows, for every link that could play. Starts no session. */
async function serveViews(link: string, env: DeliveryEnv, request: Request): Promise<Response> {
  noteKind(request, 'views');
  const isolate = isolateOf(env);
  const { assetId } = await admitPlayback(isolate, questionOf(link, request));
  const text = new RenderedText(JSON.stringify(await isolate.liveViews.read(assetId)));
  const policy = { contentType: 'application/json', cacheControl: PRIVATE };
  return serveText(request, { text, tier: null, policy });
}

/** For the page around a player; players find the same below their session. */
async function serveChapters(link: string, env: DeliveryEnv, request: Request): Promise<Response> {
  noteKind(request, 'chapters');
  const isolate = isolateOf(env);
  const { presentation, tier } = await admitPlayback(isolate, questionOf(link, request));
  const found = await textOf(isolate, presentation, { kind: 'chapters', language: undefined });
  return serveText(request, { ...found, tier });
}

deliveryRoutes.get('/v/:link/main.m3u8', (c) => serveManifest('multivariant', c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/v/:link/manifest.mpd', (c) => serveManifest('mpd', c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/v/:link/images/:file', (c) => serveImage(c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/v/:link/chapters.json', (c) => serveChapters(c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/v/:link/download/:file', (c) => serveDownload(isolateOf(c.env), c.env, c.req.raw, c.req.param()));
deliveryRoutes.get('/v/:link/views', (c) => serveViews(c.req.param('link'), c.env, c.req.raw));
deliveryRoutes.get('/s/*', (c) => serveSession(isolateOf(c.env), c.req.raw, Date.now()));
