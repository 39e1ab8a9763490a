/** The router of the control API: it checks bodies, queries and paths by the schemas that also make the OpenAPI document. */
import { createRoute, OpenAPIHono, type RouteConfig, z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { createMiddleware } from 'hono/factory';
import { AppError, ERRORS, type ErrorCode, invalidRequest } from '../errors.ts';
import { scopesOf } from './scopes.ts';

/** The largest legitimate body is an encoder's report on twelve hours of audio, about 200 KB. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * `JSON.parse` reads any depth. Calls of Durable Objects, `JSON.stringify` and schemas of free JSON recurse: they throw at
 * some thousand levels.
 */
const MAX_JSON_DEPTH = 64;

const JSON_TYPE = /^application\/json\s*(;|$)/i;

/** A sub-app whose validation failures are problem documents (`invalid_request` with `errors`). */
export function newRouter<Bindings extends object>(): OpenAPIHono<{ Bindings: Bindings }> {
  return new OpenAPIHono<{ Bindings: Bindings }>({
    defaultHook: (result, c) => {
      if (result.target === 'json' && !JSON_TYPE.test(c.req.header('content-type') ?? '')) {
        // The validator reads any other body as `{}`, which some calls would accept.
        throw new AppError('unsupported_media_type');
      }
      if (!result.success) {
        throw invalidRequest(result.error.issues);
      }
    },
  });
}

/** Answers hold links, tokens and state of this moment: no cache may keep them. */
export const neverStored = createMiddleware(async function neverStored(c, next) {
  await next();
  c.res.headers.set('cache-control', 'no-store');
});

/** Of text that may be JSON: brackets in its strings do not count. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let inString = false;
  for (let at = 0; at < text.length && depth <= MAX_JSON_DEPTH; at += 1) {
    const character = text.charAt(at);
    if (character === '"') {
      inString = !inString;
    } else if (inString) {
      at += character === '\\' ? 1 : 0;
    } else if (character === '[' || character === '{') {
      depth += 1;
    } else if (character === ']' || character === '}') {
      depth -= 1;
    }
  }
  return depth > MAX_JSON_DEPTH;
}

async function refuseDeepJson({ req }: Context): Promise<void> {
  // A body that breaks off is the parser's to refuse.
  if (JSON_TYPE.test(req.header('content-type') ?? '') && isTooDeep(await req.text().catch(() => ''))) {
    throw new AppError('invalid_json', { detail: `At most ${MAX_JSON_DEPTH} levels` });
  }
}

/**
 * Refuses a body above `maxBytes`, and JSON above MAX_JSON_DEPTH. A body without a stated length is read here, so a client
 * that breaks it off is noticed here too: that is the client's error, not a fault of the service.
 */
export function limitBody(maxBytes = MAX_BODY_BYTES): MiddlewareHandler {
  const limit = bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new AppError('body_too_large', { detail: `At most ${maxBytes} bytes` });
    },
  });
  return async function limitBody(c, next) {
    let isRead = false;
    try {
      return await limit(c, async () => {
        isRead = true;
        await refuseDeepJson(c);
        await next();
      });
    } catch (cause) {
      throw isRead || cause instanceof AppError ? cause : new AppError('request_aborted', { cause });
    }
  };
}

/**
 * A route for callers that hold an API token; its scope follows from method and path (scopes.ts). The document adds what every
 * such route may answer (`commonProblems` in openapi.ts): `responses` names the rest.
 */
export const apiRoute = <Path extends string, Route extends Omit<RouteConfig, 'path'> & { path: Path }>(route: Route) =>
  createRoute({ ...route, security: [{ apiToken: scopesOf(route.method, route.path) }] });

/** A required JSON body of this shape, for `createRoute({request: {body}})`. */
export const jsonBody = <Schema extends z.ZodType>(schema: Schema) => ({
  required: true,
  content: { 'application/json': { schema } },
});

export const jsonResponse = <Schema extends z.ZodType>(description: string, schema: Schema) => ({
  description,
  content: { 'application/json': { schema } },
});

const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional(),
    errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    id: z.string().optional().openapi({ description: 'Of `gc_run_active`: the run under way' }),
    points: z.int().optional().openapi({ description: 'Of `range_too_large`: how many points were asked for' }),
    maxPoints: z.int().optional(),
    fits: z
      .object({ from: z.iso.datetime(), to: z.iso.datetime(), resolution: z.string() })
      .optional()
      .openapi({ description: 'What could be asked for instead' }),
  })
  .openapi('Problem', { description: 'RFC 9457; `code` is stable' });

/** The problem responses a route may give, by status, for `createRoute({responses})`. */
export function problemResponses(...codes: ErrorCode[]) {
  const byStatus = [...Map.groupBy(codes, (code) => ERRORS[code].status)];
  const content = { 'application/problem+json': { schema: problemSchema } };
  return Object.fromEntries(
    byStatus.map(([status, sameStatus]) => [status, { description: sameStatus.join(', '), content }]),
  );
}
