/**
 * `Idempotency-Key` on POST: a call that is repeated with the same key runs once, and every repetition has its answer
 * (draft-ietf-httpapi-idempotency-key-header).
 */
import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import { AppError, invalidMember } from '../errors.ts';
import type { Bindings } from '../platform/bindings.ts';
import { sha256Hex } from '../platform/encodings.ts';
import { log } from '../platform/log.ts';
import { bearerOf } from './bearer.ts';
import { type CallKeys, deriveCallKeys } from './idempotency-keys.ts';
import { claimCall, forgetCall, keepAnswer } from './idempotent-calls.ts';
import type { FindOperation } from './operations.ts';

/** Printable ASCII. */
export const IDEMPOTENCY_KEY = /^[\x20-\x7e]{1,255}$/;
/** A row of D1 holds 2 MB, and sealed text is a third longer. */
const MAX_ANSWER_CHARACTERS = 1024 * 1024;
const RETRY_AFTER_SECONDS = '2';
/** Of this answer, not of the call. */
const NOT_KEPT = ['x-request-id', 'content-length'];

const answerSchema = z.object({
  status: z.int(),
  headers: z.array(z.tuple([z.string(), z.string()])),
  body: z.string(),
});

async function hashRequest(c: Context): Promise<string> {
  const body = await c.req.arrayBuffer().catch((cause: unknown) => {
    throw new AppError('request_aborted', { cause });
  });
  const { pathname, search } = new URL(c.req.url);
  const type = c.req.header('content-type') ?? '';
  const head = new TextEncoder().encode(`${c.req.method} ${pathname}${search}\n${type}\n`);
  return sha256Hex(await new Blob([head, body]).arrayBuffer());
}

async function replay(c: Context, keys: CallKeys, sealed: string): Promise<Response> {
  if (sealed === '') {
    throw new AppError('idempotency_answer_too_large');
  }
  const { status, headers, body } = answerSchema.parse(JSON.parse(await keys.open(sealed)));
  const all = { ...Object.fromEntries(headers), 'idempotent-replayed': 'true' };
  return body === '' ? c.body(null, status as 204, all) : c.body(body, status as ContentfulStatusCode, all);
}

/** Faults, and calls that did not run, may be repeated. Never throws: the caller gets its answer in any case. */
async function settle(db: D1Database, keys: CallKeys, attempt: string, response: Response): Promise<void> {
  try {
    if (response.status >= 500 || response.status === 429) {
      await forgetCall(db, keys.id, attempt);
      return;
    }
    const headers = [...response.headers].filter(([name]) => !NOT_KEPT.includes(name));
    const text = JSON.stringify({ status: response.status, headers, body: await response.clone().text() });
    await keepAnswer(db, keys.id, attempt, text.length > MAX_ANSWER_CHARACTERS ? '' : await keys.seal(text));
  } catch (error) {
    log.error({ event: 'idempotent_answer_unstored', reason: String(error) });
  }
}

/** For POST operations that need an API token. */
export function runOnce(operationOf: FindOperation): MiddlewareHandler<{ Bindings: Pick<Bindings, 'CATALOG'> }> {
  return async function runOnce(c, next) {
    const given = c.req.header('idempotency-key');
    const token = bearerOf(c.req.raw.headers);
    if (given === undefined || token === undefined || c.req.method !== 'POST' || operationOf(c) === undefined) {
      return next();
    }
    if (!IDEMPOTENCY_KEY.test(given)) {
      throw invalidMember('idempotency-key', 'must be 1 to 255 printable ASCII characters');
    }
    const { CATALOG } = c.env;
    const [keys, requestHash] = await Promise.all([deriveCallKeys(token, given), hashRequest(c)]);
    const claim = await claimCall(CATALOG, keys.id, requestHash, Date.now());
    switch (claim.state) {
      case 'answered':
        return await replay(c, keys, claim.answer);
      case 'other_request':
        throw new AppError('idempotency_key_reused');
      case 'running':
        throw new AppError('idempotency_running', { headers: { 'retry-after': RETRY_AFTER_SECONDS } });
      case 'mine':
        await next();
        await settle(CATALOG, keys, claim.attempt, c.res);
        return;
    }
  };
}
