/**
 * `POST /v1/beacon`: players behind other CDNs say what they have fetched. Open to any site: the session's token is the
 * credential. Answered once a counter has made it durable, so that whoever got no 204 may send the same again.
 */
import { createRoute } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import { type Beacon, BeaconCredits, beaconSchema, MAX_BEACON_BYTES, numbersOf } from '../analytics/collect/beacon.ts';
import { isMainTrack, isSegmentOf } from '../analytics/collect/countable.ts';
import { AppError } from '../errors.ts';
import { limitBody, newRouter, problemResponses } from '../http/router.ts';
import type { DeliveryEnv } from './delivery-env.ts';
import { type Isolate, isolateOf } from './isolate.ts';
import { requireRunning, requireTrack } from './serve-session.ts';

/** The batch it joins is sent within half a second, and its counter is given five; a page that waits is long gone. */
const WAIT_MS = 8_000;
const METHODS = 'POST, OPTIONS';

/**
 * Pages send beacons with their cookies, which browsers allow for JSON only where the page is named; nothing here reads
 * cookies. A beacon of plain text needs no leave at all.
 */
function openToPages(): MiddlewareHandler {
  return async function openToPages(c, next) {
    await next();
    const origin = c.req.header('origin');
    c.res.headers.set('access-control-allow-origin', origin ?? '*');
    if (origin !== undefined) {
      c.res.headers.set('access-control-allow-credentials', 'true');
    }
    c.res.headers.set('access-control-expose-headers', 'Retry-After, X-Request-Id');
    c.res.headers.append('vary', 'Origin');
    c.res.headers.set('cross-origin-resource-policy', 'cross-origin');
    c.res.headers.set('x-content-type-options', 'nosniff');
  };
}

const isAccepted = (contentType: string | undefined): boolean =>
  /^(application\/json|text\/plain)\s*(;|$)/i.test(contentType?.trim() ?? '');

async function readBeacon(request: {
  header: (name: string) => string | undefined;
  text: () => Promise<string>;
}): Promise<Beacon> {
  if (!isAccepted(request.header('content-type'))) {
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
    const errors = parsed.error.issues.map(({ path, message }) => ({ path: path.join('.'), message }));
    throw new AppError('invalid_request', { extra: { errors } });
  }
  return parsed.data;
}

const credits = new WeakMap<Isolate, BeaconCredits>();

function creditsOf(isolate: Isolate): BeaconCredits {
  const known = credits.get(isolate) ?? new BeaconCredits();
  credits.set(isolate, known);
  return known;
}

const invalid = (detail: string): AppError => new AppError('beacon_invalid', { detail });

/** Throws AppError with the code of whatever refuses it, or `unavailable`. */
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
  if (!creditsOf(isolate).take(session.sessionId, views, numbers, nowMs)) {
    throw new AppError('beacon_implausible');
  }
  if (!(await isolate.views.collector.addAndWait(visitor, beacon.track, numbers, WAIT_MS))) {
    throw new AppError('unavailable', { headers: { 'retry-after': '5' } });
  }
}

export const beaconRoutes = newRouter<DeliveryEnv>();

beaconRoutes.use('/beacon', openToPages(), limitBody(MAX_BEACON_BYTES));

beaconRoutes.options('/beacon', (c) =>
  c.body(null, 204, {
    allow: METHODS,
    'access-control-allow-methods': METHODS,
    'access-control-allow-headers': 'Content-Type',
    'access-control-max-age': '7200',
  }),
);

const beaconBody = { schema: beaconSchema };

// Not checked by the router: it would take a body of text/plain, which is all that sendBeacon may send freely, for none.
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
