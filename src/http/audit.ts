/**
 * Each change made through the API leaves one log line and one row in D1: the token, the operation and the ids of its target.
 * Never a body, secret or viewer.
 */

import type { MiddlewareHandler } from 'hono';
import type { Bindings } from '../platform/bindings.ts';
import { log } from '../platform/log.ts';
import { storeChange } from './audit-log.ts';
import type { FindOperation, Operation } from './operations.ts';
import { addressOf } from './require-token.ts';

const CHANGING = ['POST', 'PUT', 'PATCH', 'DELETE'];
/** Operations that only read, by POST because their input is too long for a query. */
const QUESTIONS = ['explainLink'];

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

/** For operations that need an API token. Refused changes are not recorded. */
export function auditChanges(operationOf: FindOperation): MiddlewareHandler<{ Bindings: Pick<Bindings, 'CATALOG'> }> {
  return async function auditChanges(c, next) {
    await next();
    const operation = operationOf(c);
    if (!CHANGING.includes(c.req.method) || c.res.status >= 400 || operation?.id === undefined) {
      return;
    }
    const { id: action } = operation;
    if (QUESTIONS.includes(action)) {
      return;
    }
    const answer = await membersOf(c.res.clone());
    // Only what is declared: another `kind` in the query would let a viewer's `value` pass. And as it was parsed: the id of
    // an upload may have been given with its secret.
    const valid = (of: 'query' | 'param') => c.req.valid(of as never) as Facts | undefined;
    const target = targetOf({ ...answer, ...valid('query'), ...valid('param') });
    const fields = c.req.method === 'PATCH' ? Object.keys(await membersOf(c.req)) : null;
    const { caller, requestId } = c.var;
    log.info({ event: 'audit', requestId, token: caller.id, action, target, ...(fields && { fields }) });
    const assetId = assetOf(operation, target, answer);
    const clientIp = addressOf(c.req.raw.headers);
    await storeChange(
      c.env.CATALOG,
      { caller, operation: action, target, assetId, fields, requestId, clientIp },
      Date.now(),
    );
  };
}
