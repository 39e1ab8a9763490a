/** The whole HTTP surface: the order of middleware, the mounted routes, and `onError`, which turns errors into responses. */

import { Hono } from 'hono';
import { except } from 'hono/combine';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { claimOf, isRefusal } from './access/refusal.ts';
import { assetRoutes } from './control/assets/routes.ts';
import { sourceRoutes } from './control/assets/source-routes.ts';
import { versionRoutes } from './control/assets/version-routes.ts';
import { objectRoutes } from './control/encoding/encoders/object-routes.ts';
import { encoderRoutes } from './control/encoding/encoders/routes.ts';
import { gcRoutes } from './control/gc/routes.ts';
import { fleetRoutes } from './control/jobs/fleet-routes.ts';
import { jobStreamRoutes } from './control/jobs/job-stream-routes.ts';
import { jobRoutes } from './control/jobs/routes.ts';
import { jwksRoutes } from './control/links/jwks-routes.ts';
import { linkRoutes } from './control/links/link-routes.ts';
import { revocationRoutes } from './control/links/revocation-routes.ts';
import { signingKeyRoutes } from './control/links/signing-key-routes.ts';
import { eventRoutes } from './control/notify/event-routes.ts';
import { webhookRoutes } from './control/notify/webhook-routes.ts';
import { tokenRoutes } from './control/tokens/routes.ts';
import { captionRoutes } from './control/tracks/caption-routes.ts';
import { chapterRoutes } from './control/tracks/chapter-routes.ts';
import { trackRoutes } from './control/tracks/routes.ts';
import { trackTextRoutes } from './control/tracks/text-routes.ts';
import { directRoutes } from './control/uploads/direct-routes.ts';
import { uploadRoutes } from './control/uploads/routes.ts';
import { transferRoutes } from './control/uploads/transfer-routes.ts';
import { viewsRoutes } from './control/views/routes.ts';
import { viewerRoutes } from './control/views/viewer-routes.ts';
import { beaconRoutes } from './delivery/beacon-routes.ts';
import { deliveryRoutes } from './delivery/routes.ts';
import type { Env } from './env.ts';
import { AppError, type ErrorCode, problemOf } from './errors.ts';
import { auditChanges } from './http/audit.ts';
import { finishChanges } from './http/finish-changes.ts';
import { runOnce } from './http/idempotency.ts';
import { methodsOf } from './http/methods.ts';
import { documented } from './http/openapi.ts';
import { operationsOf } from './http/operations.ts';
import { requireApiToken } from './http/require-token.ts';
import { limitBody, neverStored, newRouter } from './http/router.ts';
import { MAX_TEXT_BYTES } from './media/limits.ts';
import { countRequests, requestsAre } from './metrics/count-requests.ts';
import { meter } from './metrics/meter.ts';
import { reportMetrics } from './metrics/report-totals.ts';
import { healthRoutes } from './ops/health.ts';
import { metricsRoutes } from './ops/metrics-routes.ts';
import { pageRoutes } from './pages/routes.ts';
import { log } from './platform/log.ts';

/** A file of cues may be larger than other bodies, for those who have the token. */
const TEXT_UPLOADS = ['/v1/assets/:id/tracks', '/v1/assets/:id/tracks/:track/text'];

// /v1: the control plane. Encoders have their own token, everything else takes API tokens.
const control = newRouter<Env>();
const operationOf = operationsOf(control, '/v1');
control.use(countRequests('api'));
control.use('/encoders/lease', requestsAre('encoder'));
control.use('/tasks/:id/*', requestsAre('encoder'));
control.use(neverStored);
control.use(async (c, next) => answerOtherMethods(c) ?? next());
control.route('/', objectRoutes); // bodies as large as a segment
control.route('/', captionRoutes); // open: the address is the credential
control.route('/', transferRoutes); // a link or the upload's URL is the credential; bodies up to 100 MB
control.route('/', beaconRoutes); // open: the session is the credential; a limit of its own, since a body can be read once
control.use(except(TEXT_UPLOADS, limitBody()));
control.route('/', encoderRoutes);
documented(control);
control.use(requireApiToken(operationOf));
for (const path of TEXT_UPLOADS) {
  control.use(path.replace('/v1', ''), limitBody(MAX_TEXT_BYTES));
}
control.use(finishChanges);
control.use(runOnce(operationOf)); // outside of auditChanges: a repeated call changes nothing
control.use(auditChanges(operationOf));
control.route('/', assetRoutes);
control.route('/', sourceRoutes);
control.route('/', versionRoutes);
control.route('/', directRoutes);
control.route('/', trackRoutes);
control.route('/', trackTextRoutes);
control.route('/', chapterRoutes);
control.route('/', uploadRoutes);
control.route('/', jobRoutes);
control.route('/', fleetRoutes);
control.route('/', jobStreamRoutes);
control.route('/', eventRoutes);
control.route('/', linkRoutes);
control.route('/', signingKeyRoutes);
control.route('/', revocationRoutes);
control.route('/', webhookRoutes);
control.route('/', gcRoutes);
control.route('/', viewsRoutes);
control.route('/', viewerRoutes);
control.route('/', tokenRoutes);

export const app = new Hono<{ Bindings: Env }>();
app.use(reportMetrics()); // outermost: for unknown addresses, notFound throws past inner middleware
app.use(requestId());
app.use(async (c, next) => {
  await next();
  // requestId() sets the header before there is an answer, and delivery makes its own Responses.
  c.res.headers.set('x-request-id', c.get('requestId'));
});
app.route('/', deliveryRoutes); // /v/{link}/…, /s/{session}/…: players
app.route('/v1', control); // apps, operators, encoders
app.route('/', jwksRoutes); // /.well-known/jwks.json: public keys of links
app.route('/', pageRoutes); // /watch/{link}, /stats/{assetId}: people
app.route('/', healthRoutes); // /healthz, /readyz: probes
app.route('/', metricsRoutes); // /metrics: Prometheus

// After the last route, since it needs them all.
const answerOtherMethods = methodsOf(app.routes);

app.notFound((c) => {
  const answer = answerOtherMethods(c);
  if (answer === null) {
    throw new AppError('not_found');
  }
  return answer;
});

app.onError((error, c) => {
  const known = appErrorOf(error);
  const { status, body, headers } = problemOf(known);
  const { code } = known;
  meter.countRefusal(code);
  if (isRefusal(known)) {
    log.info({ event: 'refused', requestId: c.get('requestId'), code, claim: claimOf(known) });
  }
  if (status >= 500) {
    // Without the path, which may hold a token.
    log.error({ event: 'error', requestId: c.get('requestId'), reason: String(error), stack: error.stack });
  }
  return c.body(body, status as ContentfulStatusCode, headers);
});

/** The router throws exceptions of its own for bodies. */
function appErrorOf(error: Error): AppError {
  const codes: Readonly<Record<number, ErrorCode>> = { 400: 'invalid_json', 415: 'unsupported_media_type' };
  const code = error instanceof HTTPException ? codes[error.status] : undefined;
  return error instanceof AppError ? error : new AppError(code ?? 'internal');
}
