/**
 * Grants: what the holder of a lease may do in the bucket, as a signed token, so that objects are written without asking
 * the board for each. An encoder gets one with its lease and a new one with every heartbeat.
 */
import { jwtVerify, SignJWT } from 'jose';
import type { Config } from '../../../config.ts';
import { AppError } from '../../../errors.ts';
import { type TaskScope, taskScopeSchema } from './task-scope.ts';

/**
 * Longer than the board is away when it restarts, so that a chunk that is encoded is uploaded meanwhile. With a lease that
 * was lost it allows no more than new objects of the attempt that was lost.
 */
export const GRANT_SECONDS = 300;

/** 32 track ids of 32 characters and a source's key of 1,024 bytes, in base 64, and the rest. */
const MAX_GRANT_LENGTH = 4096;

type GrantConfig = Pick<Config, 'SESSION_SECRET' | 'SESSION_SECRET_PREVIOUS'>;
type Keys = readonly [signing: Uint8Array, ...others: Uint8Array[]];

const keys = new WeakMap<GrantConfig, Keys>();

/** Derived, so that a grant can never be taken for a session or the other way round. Encoders know neither secret. */
async function deriveKey(sessionSecret: string): Promise<Uint8Array> {
  const text = new TextEncoder();
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', text.encode(sessionSecret), hmac, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, text.encode('sluice: grants of encoders')));
}

/** The key that signs; while SESSION_SECRET is rotated, also that of the other isolates' grants. */
async function keysOf(config: GrantConfig): Promise<Keys> {
  const known = keys.get(config);
  if (known !== undefined) {
    return known;
  }
  const { SESSION_SECRET, SESSION_SECRET_PREVIOUS } = config;
  const previous = SESSION_SECRET_PREVIOUS === undefined ? [] : [await deriveKey(SESSION_SECRET_PREVIOUS)];
  const derived: Keys = [await deriveKey(SESSION_SECRET), ...previous];
  keys.set(config, derived);
  return derived;
}

export async function mintGrant(config: GrantConfig, taskId: string, scope: TaskScope, nowMs: number): Promise<string> {
  const [key] = await keysOf(config);
  return await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(taskId)
    .setExpirationTime(Math.floor(nowMs / 1000) + GRANT_SECONDS)
    .sign(key);
}

/** What the grant allows on this task. Throws AppError `grant_invalid`. */
export async function readGrant(
  config: GrantConfig,
  grant: string | undefined,
  taskId: string,
  nowMs: number,
): Promise<TaskScope> {
  if (grant === undefined || grant.length > MAX_GRANT_LENGTH) {
    throw new AppError('grant_invalid');
  }
  const options = { algorithms: ['HS256'], subject: taskId, requiredClaims: ['exp'], currentDate: new Date(nowMs) };
  const tries = await Promise.allSettled((await keysOf(config)).map((key) => jwtVerify(grant, key, options)));
  const verified = tries.find((result) => result.status === 'fulfilled');
  const scope = taskScopeSchema.safeParse(verified?.value.payload['scope']);
  if (!scope.success) {
    throw new AppError('grant_invalid');
  }
  return scope.data;
}
