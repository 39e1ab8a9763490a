/**
 * Grants: what the holder of a lease may do in the bucket, as a signed token. So the board is not asked for each object. An
 * encoder gets one with its lease and a new one with every heartbeat.
 */
import { jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import type { Config } from '../../../config.ts';
import { AppError } from '../../../errors.ts';
import { assetIdSchema, attemptSchema, trackIdSchema, versionIdSchema } from '../../../media/ids.ts';
import {
  CUES_FILE,
  cuesKey,
  headersFile,
  headersKey,
  initKey,
  isSourceKey,
  MAX_SEGMENT_NUMBER,
  parseTrackFile,
  segmentKey,
} from '../../../media/keys.ts';
import {
  MAX_INIT_BYTES,
  MAX_SEGMENT_BYTES,
  MAX_TEXT_BYTES,
  MAX_TRACKS,
  maxHeadersBytes,
} from '../../../media/limits.ts';
import { trackMediaType } from '../../../media/media-types.ts';
import { type TaskInput, writesOf } from '../../../protocol/task-kinds.ts';

/**
 * Longer than a restart of the board takes: uploads go on meanwhile. After its lease is lost, an encoder can still write new
 * objects of its own attempt, and nothing else.
 */
export const GRANT_SECONDS = 300;

/** MAX_TEXT_TRACKS track ids of 32 characters, a source's key of 1,024 bytes and the rest, in base 64. */
const MAX_GRANT_LENGTH = 8192;

const HEADERS_TYPE = 'application/octet-stream';

const segmentNumberSchema = z.int().min(1).max(MAX_SEGMENT_NUMBER);

/** The task's source, and the segments and init segments, or the cues, that its plan names. */
export const taskScopeSchema = z.strictObject({
  source: z.string().refine(isSourceKey),
  /** Null: an inspection writes nothing. */
  writes: z
    .strictObject({
      assetId: assetIdSchema,
      version: versionIdSchema,
      attempt: attemptSchema,
      tracks: z.array(trackIdSchema).min(1).max(MAX_TRACKS),
      firstNumber: segmentNumberSchema,
      lastNumber: segmentNumberSchema,
      cues: z.literal(true).optional(),
    })
    .nullable(),
});
type TaskScope = z.infer<typeof taskScopeSchema>;

export function scopeOf(input: TaskInput, attempt: string): TaskScope {
  const writes = writesOf(input);
  return { source: input.source.key, writes: writes && { ...writes, attempt } };
}

type GrantConfig = Pick<Config, 'SESSION_SECRET' | 'SESSION_SECRET_PREVIOUS'>;

/** Derived, so that a grant can never pass for a session or the other way round. Encoders know neither secret. */
async function deriveKey(sessionSecret: string): Promise<Uint8Array> {
  const text = new TextEncoder();
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const secret = await crypto.subtle.importKey('raw', text.encode(sessionSecret), hmac, false, ['sign']);
  return new Uint8Array(await crypto.subtle.sign('HMAC', secret, text.encode('sluice: grants of encoders')));
}

export async function mintGrant(config: GrantConfig, taskId: string, scope: TaskScope, nowMs: number): Promise<string> {
  return await new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256' })
    .setSubject(taskId)
    .setExpirationTime(Math.floor(nowMs / 1000) + GRANT_SECONDS)
    .sign(await deriveKey(config.SESSION_SECRET));
}

/** What the grant allows on this task. Throws AppError `grant_invalid`. */
export async function readGrant(
  { SESSION_SECRET, SESSION_SECRET_PREVIOUS }: GrantConfig,
  grant: string | undefined,
  taskId: string,
  nowMs: number,
): Promise<TaskScope> {
  if (grant === undefined || grant.length > MAX_GRANT_LENGTH) {
    throw new AppError('grant_invalid');
  }
  const options = { algorithms: ['HS256'], subject: taskId, requiredClaims: ['exp'], currentDate: new Date(nowMs) };
  // While SESSION_SECRET is rotated, some isolates still sign with the previous one.
  const secrets = [SESSION_SECRET, SESSION_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
  const tries = secrets.map(async (secret) => await jwtVerify(grant, await deriveKey(secret), options));
  const verified = await Promise.any(tries).catch(() => null);
  const scope = taskScopeSchema.safeParse(verified?.payload['scope']);
  if (!scope.success) {
    throw new AppError('grant_invalid');
  }
  return scope.data;
}

export type WritableObject = { key: string; contentType: string; maxBytes: number };

/**
 * The object that a task calls `{track}/{name}`, `init.mp4`, `{number}.m4s`, `{number}.headers` or `cues`; null where it is not one of the task's. Its key
 * is built from the scope, never from a request.
 */
export function writableObject({ writes }: TaskScope, track: string, name: string): WritableObject | null {
  if (writes === null || !writes.tracks.includes(track)) {
    return null;
  }
  if (writes.cues) {
    const key = cuesKey(writes, track, writes.attempt);
    return name === CUES_FILE ? { key, contentType: 'text/vtt', maxBytes: MAX_TEXT_BYTES } : null;
  }
  if (name === headersFile(writes.firstNumber)) {
    const maxBytes = maxHeadersBytes(writes.lastNumber - writes.firstNumber + 1);
    return { key: headersKey(writes, track, writes.attempt, writes.firstNumber), contentType: HEADERS_TYPE, maxBytes };
  }
  const file = parseTrackFile(name);
  if (file === 'init') {
    return { key: initKey(writes, track), contentType: trackMediaType(track, 'init'), maxBytes: MAX_INIT_BYTES };
  }
  if (file === null || file < writes.firstNumber || file > writes.lastNumber) {
    return null;
  }
  const key = segmentKey(writes, track, writes.attempt, file);
  return { key, contentType: trackMediaType(track, 'segment'), maxBytes: MAX_SEGMENT_BYTES };
}
