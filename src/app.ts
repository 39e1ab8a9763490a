/** The whole HTTP surface: the order of middleware, the mounted routes, the one place that makes errors into responses. */
import { Hono } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { assetRoutes } from './catalog/asset-routes.ts';
import { jobRoutes } from './catalog/job-routes.ts';
import { deliveryRoutes } from './delivery/routes.ts';
import { encoderRoutes } from './encoding/encoder-routes.ts';
import type { Env } from './env.ts';
import { AppError, type ErrorCode, problemOf } from './errors.ts';
import { requireBearer } from './http/bearer.ts';
import { healthRoutes } from './http/health.ts';
import { documented } from './http/openapi.ts';
import { limitBody, neverStored, newRouter } from './http/router.ts';
import { linkRoutes } from './links/link-routes.ts';
import { signingKeyRoutes } from './links/signing-key-routes.ts';
import { watchRoutes } from './watch/routes.ts';

// /v1: the control plane. Encoders have their own token, everything else the API token.
const control = newRouter<Env>();
control.use(limitBody);
control.use(neverStored);
control.route('/', encoderRoutes);
documented(control);
control.use(requireBearer('API_TOKEN'));
control.route('/', assetRoutes);
control.route('/', jobRoutes);
control.route('/', linkRoutes);
control.route('/', signingKeyRoutes);

export const app = new Hono<{ Bindings: Env }>();
app.use(requestId());
app.route('/', deliveryRoutes); // /v/{link}/…, /s/{session}/…: players
app.route('/v1', control); // apps, operators, encoders
app.route('/', watchRoutes); // /watch/{link}: people
app.route('/', healthRoutes); // /healthz: probes

app.notFound(() => {
  throw new AppError('not_found');
});

app.onError((error, c) => {
  const { status, body, headers } = problemOf(knownError(error));
  if (status >= 500) {
    // Without the path, which may hold a token.
    console.error(
      JSON.stringify({ event: 'error', requestId: c.get('requestId'), reason: String(error), stack: error.stack }),
    );
  }
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, headers);
});

/** What the router's own checks of a body throw, in our words. */
function knownError(error: Error): Error {
  const codes: Readonly<Record<number, ErrorCode>> = { 400: 'invalid_json', 415: 'unsupported_media_type' };
  const code = error instanceof HTTPException ? codes[error.status] : undefined;
  return code === undefined ? error : new AppError(code);
}
