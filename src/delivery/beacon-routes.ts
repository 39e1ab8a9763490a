/**
 * `POST /v1/beacon`: players behind other CDNs report what they have fetched. Open to any site: the session's token is
 * the credential. Answered once a counter has stored it, so a player that got no 204 may send the same again.
 */
import { createRoute } from '@hono/zod-openapi';
import type { HonoRequest } from 'hono';
import { createMiddleware } from 'hono/factory';
import { type Beacon, beaconSchema, MAX_BEACON_BYTES, numbersOf } from '../analytics/collect/beacon.ts';
import { isMainTrack, isSegmentOf } from '../analytics/collect/countable.ts';
import { AppError, invalidRequest } from '../errors.ts';
import { limitBody, newRouter, problemResponses } from '../http/router.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { type Isolate, isolateOf } from './isolate.ts';
import { requireRunning, requireTrack } from './serve-session.ts';

/** The batch that it joins is sent within half a second, and its counter is given five. */
const WAIT_MS = 8_000;
const METHODS = 'POST, OPTIONS';

/** Pages send beacons with their cookies: browsers allow that for JSON only where the answer names their origin. */
const openToPages = createMiddleware(async function openToPages(c, next) {
  await next();
  const { headers } = c.res;
  const origin = c.req.header('origin');
  headers.set('access-control-allow-origin', origin ?? '*');
  if (origin !== undefined) {
    headers.set('access-control-allow-credentials', 'true');
  }
  headers.set('access-control-expose-headers', 'Retry-After, X-Request-Id');
  headers.append('vary', 'Origin');
  headers.set('cross-origin-resource-policy', 'cross-origin');
  headers.set('x-content-type-options', 'nosniff');
});

const ACCEPTED = /^(application\/json|text\/plain)\s*(;|$)/i;

async function readBeacon(request: HonoRequest): Promise<Beacon> {
  if (!ACCEPTED.test(request.header('content-type')?.trim() ?? '')) {
    throw new AppError('unsupported_media_type', { detail: 'text/plain is taken, too' });
  }
  let value: unknown;
  try {
    value = JSON.parse(await request.text());
  } catch (cause) {
    throw cause instanceof AppError ? cause : new AppError('invalid_json', { cause });
  }
  const parsed = beaconSchema.safeParse(value);
  if (!parsed.success) {
    throw invalidRequest(parsed.error.issues);
  }
  return parsed.data;
}

const invalid = (detail: string): AppError => new AppError('beacon_invalid', { detail });

/** Throws AppError with the code of the check that refuses it, or `unavailable`. */
async function takeBeacon(isolate: Isolate, beacon: Beacon, request: Request, nowMs: number): Promise<void> {
  const session = await isolate.sessions.verify(beacon.session, nowMs / 1000);
  await requireRunning(isolate, session, nowMs);
  const { views } = session;
  if (views === undefined) {
    throw invalid('The session is not counted');
  }
  requireTrack(session, beacon.track);
  if (!isMainTrack(views.main, beacon.track)) {
    throw invalid(`The session is counted by its ${views.main}`);
  }
  if (!beacon.segments.every(([, last]) => isSegmentOf(views.measure, last))) {
    throw invalid(`The film has ${views.measure.segments} segments`);
  }
  if (isolate.views === null) {
    throw new AppError('unavailable', { cause: new TypeError('VIEWS is not bound') });
  }
  const visitor = isolate.views.visitorOf(session, request);
  if (visitor === null) {
    throw invalid('Declared bots are not counted');
  }
  const numbers = numbersOf(beacon);
  if (!isolate.credits.take(session.sessionId, views, numbers, nowMs)) {
    throw new AppError('beacon_implausible');
  }
  if (!(await isolate.views.collector.addAndWait(visitor, beacon.track, numbers, WAIT_MS))) {
    throw new AppError('unavailable', { headers: { 'retry-after': '5' } });
  }
}

export const beaconRoutes = newRouter<DeliveryEnv>();

beaconRoutes.use('/beacon', openToPages, limitBody(MAX_BEACON_BYTES));

beaconRoutes.options('/beacon', (c) =>
  c.body(null, 204, {
    allow: METHODS,
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': 'Content-Type',
    'access-control-max-age': '7200',
  }),
);

const beaconBody = { schema: beaconSchema };

// Not checked by the router, which would ignore a body of text/plain: the one type that sendBeacon may always send.
beaconRoutes.openAPIRegistry.registerPath(
  createRoute({
    method: 'post',
    path: '/beacon',
    operationId: 'sendBeacon',
    summary: 'Report segments that another CDN has served to a session; the session is the credential',
    security: [],
    request: { body: { required: true, content: { 'application/json': beaconBody, 'text/plain': beaconBody } } },
    responses: {
      204: { description: 'Recorded durably; a repeated report changes nothing' },
      ...problemResponses(
        'invalid_json',
        'invalid_request',
        'body_too_large',
        'unsupported_media_type',
        'session_malformed',
        'session_signature',
        'session_expired',
        'session_revoked',
        'session_track',
        'asset_disabled',
        'asset_not_published',
        'asset_unpublished',
        'asset_not_found',
        'beacon_invalid',
        'beacon_implausible',
        'unavailable',
      ),
    },
  }),
);

beaconRoutes.post('/beacon', async (c) => {
  await takeBeacon(isolateOf(c.env), await readBeacon(c.req), c.req.raw, Date.now());
  return c.body(null, 204);
});
