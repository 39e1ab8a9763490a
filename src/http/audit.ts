/** One log line for each change that the API makes: what was done to what, by ids alone. Never a body, secret or viewer. */

import type { OpenAPIHono } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { log } from '../platform/log.ts';

const CHANGING = ['POST', 'PUT', 'PATCH', 'DELETE'];
/** Operations that ask by POST because a question has no room in a query. */
const QUESTIONS = ['explainLink'];

/** Members of paths, queries and answers that name what was changed. */
const NAMES = ['id', 'eventId', 'kid', 'jti', 'kind', 'value'] as const;

function targetOf(facts: Readonly<Record<string, unknown>>): Record<string, string> {
  const names = NAMES.filter((name) => name !== 'value' || facts['kind'] !== 'viewer');
  return Object.fromEntries(
    names.flatMap((name) => (typeof facts[name] === 'string' ? [[name, facts[name]] as const] : [])),
  );
}

/** Of a JSON object, else nothing. */
async function membersOf(message: { json(): Promise<unknown> }): Promise<Record<string, unknown>> {
  const value = await message.json().catch(() => null);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

type Documented = Pick<OpenAPIHono, 'openAPIRegistry'>;

/** `GET /assets/:id` → `getAsset`. */
const operationsOf = ({ openAPIRegistry }: Documented): Map<string, string> =>
  new Map(
    openAPIRegistry.definitions.flatMap((definition) => {
      if (definition.type !== 'route') {
        return [];
      }
      const { method, path, operationId = path } = definition.route;
      return [[`${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ':$1')}`, operationId]];
    }),
  );

/** For the operations of `router`, which is mounted at `prefix`. A change that was refused is not one. */
export function auditChanges(router: Documented, prefix: string): MiddlewareHandler {
  let operations: Map<string, string> | null = null;
  const operationOf = (c: Context): string | undefined => {
    operations ??= operationsOf(router);
    const route = matchedRoutes(c).findLast(({ method }) => method !== 'ALL');
    return operations.get(`${c.req.method} ${route?.path.slice(prefix.length)}`);
  };
  return async function auditChanges(c, next) {
    await next();
    const action = operationOf(c);
    if (action === undefined || !CHANGING.includes(c.req.method) || c.res.status >= 400 || QUESTIONS.includes(action)) {
      return;
    }
    const answer = await membersOf(c.res.clone());
    // Of the query what the operation has: another `kind` beside it would let a viewer's `value` pass.
    const query = c.req.valid('query' as never) as Record<string, unknown> | undefined;
    const target = targetOf({ ...answer, ...query, ...c.req.param() });
    const fields = c.req.method === 'PATCH' ? { fields: Object.keys(await membersOf(c.req)) } : {};
    log.info({ event: 'audit', requestId: c.get('requestId'), action, target, ...fields });
  };
}
