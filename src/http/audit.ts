/** One log line for each change made through the API: the operation and the ids of its target. Never a body, secret or viewer. */

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { log } from '../platform/log.ts';

const CHANGING = ['POST', 'PUT', 'PATCH', 'DELETE'];
/** Operations that only read, by POST because their input is too long for a query. */
const QUESTIONS = ['explainLink'];

/** Members of paths, queries and answers that name what was changed. */
const NAMES = ['id', 'eventId', 'kid', 'jti', 'kind', 'value'] as const;

function targetOf(facts: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const names = NAMES.filter((name) => name !== 'value' || facts['kind'] !== 'viewer');
  return Object.fromEntries(names.map((name) => [name, facts[name]]).filter(([, id]) => typeof id === 'string'));
}

/** The members of a JSON object; of anything else, none. */
async function membersOf(message: { json(): Promise<unknown> }): Promise<Record<string, unknown>> {
  const value = await message.json().catch(() => null);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

type Registry = OpenAPIHono['openAPIRegistry'];

/** The `operationId` of the route that answered. */
function operationOf(c: Context, { definitions }: Registry, prefix: string): string | undefined {
  const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
  const path = route?.path.slice(prefix.length).replaceAll(/:(\w+)/g, '{$1}');
  const routes = definitions.flatMap((definition) => (definition.type === 'route' ? [definition.route] : []));
  return routes.find((known) => known.method.toUpperCase() === c.req.method && known.path === path)?.operationId;
}

/** For the operations of `router`, which is mounted at `prefix`. Refused changes are not logged. */
export function auditChanges(router: { openAPIRegistry: Registry }, prefix: string): MiddlewareHandler {
  return async function auditChanges(c, next) {
    await next();
    if (!CHANGING.includes(c.req.method) || c.res.status >= 400) {
      return;
    }
    const action = operationOf(c, router.openAPIRegistry, prefix);
    if (action === undefined || QUESTIONS.includes(action)) {
      return;
    }
    const answer = await membersOf(c.res.clone());
    // Only the declared members of the query: another `kind` would let a viewer's `value` pass.
    const query = c.req.valid('query' as never) as Record<string, unknown> | undefined;
    const target = targetOf({ ...answer, ...query, ...c.req.param() });
    const fields = c.req.method === 'PATCH' ? { fields: Object.keys(await membersOf(c.req)) } : {};
    log.info({ event: 'audit', requestId: c.get('requestId'), action, target, ...fields });
  };
}
