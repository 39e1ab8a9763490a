/**
 * Each change made through the API leaves one log line and one row in D1: the token, the operation and the ids of its target.
 * Never a body, secret or viewer.
 */

import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { Bindings } from '../platform/bindings.ts';
import { log } from '../platform/log.ts';
import { type Change, storeChanges } from './audit-log.ts';
import type { FindOperation, Operation } from './operations.ts';
import { addressOf } from './require-token.ts';

/** Members of paths, queries and answers that name what was changed. */
const NAMES = ['id', 'eventId', 'kid', 'jti', 'kind', 'value'] as const;

/** Members of paths alone: answers name what is current by these words. */
const NAMES_IN_PATHS = [...NAMES, 'version', 'track'] as const;

type Facts = Readonly<Record<string, unknown>>;

function targetOf(facts: Facts, all: readonly string[] = NAMES): Record<string, unknown> {
  const names = all.filter((name) => name !== 'value' || facts['kind'] !== 'viewer');
  return Object.fromEntries(names.map((name) => [name, facts[name]]).filter(([, id]) => typeof id === 'string'));
}

function assetOf({ path }: Operation, target: Facts, answer: Facts): string | null {
  const id = path.startsWith('/assets') ? target['id'] : answer['assetId'];
  return typeof id === 'string' ? id : null;
}

/** The members of a JSON object; of anything else, none. */
async function membersOf(message: { json(): Promise<unknown> }): Promise<Record<string, unknown>> {
  const value = await message.json().catch(() => null);
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

/** An answer with `results`, to a change of many assets: those that were changed. */
const resultsSchema = z.object({
  results: z.array(z.looseObject({ error: z.looseObject({ code: z.string() }).optional() })),
});
/** The change is made, and not yet in force; or nobody knows. */
const isMade = (code: string | undefined): boolean => code === undefined || code === 'unavailable';

/** What one call has changed: one target, or several alike. */
async function targetsOf(c: Context): Promise<{ targets: Facts[]; answer: Facts }> {
  const answer = await membersOf(c.res.clone());
  const many = resultsSchema.safeParse(answer);
  if (many.success) {
    const changed = many.data.results.filter(({ error }) => isMade(error?.code));
    return { targets: changed.map((result) => targetOf(result)), answer };
  }
  // Only what is declared: another `kind` in the query would let a viewer's `value` pass. And as it was parsed: the id of
  // an upload may have been given with its secret.
  const valid = (of: 'query' | 'param') => c.req.valid(of as never) as Facts | undefined;
  const params = valid('param');
  const target = targetOf({ ...targetOf(answer), ...valid('query'), ...params }, NAMES_IN_PATHS);
  // What is made of something: a clip, a retry, a track.
  const made = typeof target['id'] === 'string' && typeof answer['id'] === 'string' && answer['id'] !== target['id'];
  return { targets: [made ? { ...target, created: answer['id'] } : target], answer };
}

/** The members of a PATCH; of many assets, those of their `change`. */
async function fieldsOf(c: Context): Promise<string[] | null> {
  if (c.req.method !== 'PATCH') {
    return null;
  }
  const { change, ...body } = await membersOf(c.req);
  return Object.keys(typeof change === 'object' && change !== null ? change : body);
}

/** A POST may only read, because its input is too long for a query. */
const needsToWrite = ({ scopes }: Operation): boolean => scopes?.some((scope) => scope.endsWith(':write')) === true;

type AuditContext = Pick<Context, 'var' | 'req'> & { env: Pick<Bindings, 'CATALOG'> };

/** By the caller of `c`. */
export async function recordChanges(
  c: AuditContext,
  operation: string,
  changes: readonly { target: Facts; assetId: string | null }[],
  fields: string[] | null = null,
): Promise<void> {
  const { caller, requestId } = c.var;
  const clientIp = addressOf(c.req.raw.headers);
  for (const { target } of changes) {
    log.info({ event: 'audit', requestId, token: caller.id, action: operation, target, ...(fields && { fields }) });
  }
  const rows = changes.map((change): Change => ({ ...change, caller, operation, fields, requestId, clientIp }));
  await storeChanges(c.env.CATALOG, rows, Date.now());
}

/** For operations that need an API token. Refused changes are not recorded; those that ended in a fault may have been made. */
export function auditChanges(operationOf: FindOperation): MiddlewareHandler<{ Bindings: Pick<Bindings, 'CATALOG'> }> {
  return async function auditChanges(c, next) {
    await next();
    const operation = operationOf(c);
    const isRefused = c.res.status >= 400 && c.res.status < 500;
    if (operation?.id === undefined || isRefused || !needsToWrite(operation)) {
      return;
    }
    const { targets, answer } = await targetsOf(c);
    const changes = targets.map((target) => ({ target, assetId: assetOf(operation, target, answer) }));
    await recordChanges(c, operation.id, changes, await fieldsOf(c));
  };
}
