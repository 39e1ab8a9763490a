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

type Facts = Readonly<Record<string, unknown>>;

function targetOf(facts: Facts): Record<string, unknown> {
  const names = NAMES.filter((name) => name !== 'value' || facts['kind'] !== 'viewer');
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
const resultsSchema = z.object({ results: z.array(z.looseObject({ error: z.unknown().optional() })) });

/** What one call has changed: one target, or several alike. */
async function targetsOf(c: Context): Promise<{ targets: Facts[]; answer: Facts }> {
  const answer = await membersOf(c.res.clone());
  const many = resultsSchema.safeParse(answer);
  if (many.success) {
    const changed = many.data.results.filter(({ error }) => error === undefined);
    return { targets: changed.map((result) => targetOf(result)), answer };
  }
  // Only what is declared: another `kind` in the query would let a viewer's `value` pass. And as it was parsed: the id of
  // an upload may have been given with its secret.
  const valid = (of: 'query' | 'param') => c.req.valid(of as never) as Facts | undefined;
  return { targets: [targetOf({ ...answer, ...valid('query'), ...valid('param') })], answer };
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

/** For operations that need an API token. Refused changes are not recorded. */
export function auditChanges(operationOf: FindOperation): MiddlewareHandler<{ Bindings: Pick<Bindings, 'CATALOG'> }> {
  return async function auditChanges(c, next) {
    await next();
    const operation = operationOf(c);
    if (operation?.id === undefined || !needsToWrite(operation) || c.res.status >= 400) {
      return;
    }
    const { id: action } = operation;
    const { targets, answer } = await targetsOf(c);
    const fields = await fieldsOf(c);
    const { caller, requestId } = c.var;
    const clientIp = addressOf(c.req.raw.headers);
    const changes = targets.map((target): Change => {
      const assetId = assetOf(operation, target, answer);
      return { caller, operation: action, target, assetId, fields, requestId, clientIp };
    });
    for (const { target } of changes) {
      log.info({ event: 'audit', requestId, token: caller.id, action, target, ...(fields && { fields }) });
    }
    await storeChanges(c.env.CATALOG, changes, Date.now());
  };
}
