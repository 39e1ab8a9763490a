/**
 * Grants: what the holder of a lease may do in the bucket, as a signed token, so that objects are written without asking
 * the board for each. An encoder gets one with its lease and a new one with every heartbeat.
 */
import { jwtVerify, SignJWT } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { type TaskScope, taskScopeSchema } from './task-scope.ts';

/**
 * Longer than the board is away when it restarts, so that a chunk that is encoded is uploaded meanwhile. With a lease that
 * was lost it allows no more than new objects of the attempt that was lost.
 */
export const GRANT_SECONDS = 300;

/** 32 track ids of 32 characters and a source's key of 1,024 bytes, in base 64, and the rest. */
const MAX_GRANT_LENGTH = 4096;

const keys = new WeakMap<Config, Uint8Array>();

/** Derived, so that a grant can never be taken for a session or the other way round. Encoders know neither secret. */
async function keyOf(config: Config): Promise<Uint8Array> {
  const known = keys.get(config);
  if (known !== undefined) {
    return known;
  }
  const text = new TextEncoder();
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', text.encode(config.SESSION_SECRET), hmac, false, ['sign']);
  const key = new Uint8Array(await crypto.subtle.sign('HMAC', secret, text.encode('sluice: grants of encoders')));
  keys.set(config, key);
  return key;
}

export async function mintGrant(config: Config, taskId: string, scope: TaskScope, nowMs: number): Promise<string> {
  return await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(taskId)
    .setExpirationTime(Math.floor(nowMs / 1000) + GRANT_SECONDS)
    .sign(await keyOf(config));
}

/** What the grant allows on this task. Throws AppError `grant_invalid`. */
export async function readGrant(
  config: Config,
  grant: string | undefined,
  taskId: string,
  nowMs: number,
): Promise<TaskScope> {
  if (grant === undefined || grant.length > MAX_GRANT_LENGTH) {
    throw new AppError('grant_invalid');
  }
  try {
    const { payload } = await jwtVerify(grant, await keyOf(config), {
      ...{ algorithms: ['HS256'], subject: taskId, requiredClaims: ['exp'] },
      currentDate: new Date(nowMs),
    });
    return taskScopeSchema.parse(payload['scope']);
  } catch (cause) {
    throw new AppError('grant_invalid', { cause });
  }
}
