/**
 * Sessions of earlier versions, whose tokens were JWTs (HS256) that showed viewer, jti and kid. They are read and no longer
 * made: seven days after the last isolate of such a version, none is left.
 */

import { compactVerify, errors } from 'jose';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { assetIdSchema, opaqueIdSchema, trackIdSchema, versionIdSchema } from '../media/ids.ts';
import { MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../media/limits.ts';
import { type ConcurrencyLimits, concurrencyLimitsSchema } from './concurrency/limits.ts';
import { isCanonicalSignature } from './jws.ts';
import { fingerprintLink } from './revocations.ts';
import { MAX_DURATION_MS, MAX_SHARDS, type Session, type SessionViews } from './sessions.ts';

const milliseconds = z.int().min(1).max(MAX_DURATION_MS);
/** Main kind, measure (segment, segments, whole), shard, and for how many seconds the session lives. */
const viewsSchema = z.tuple([
  z.enum(['v', 'a']),
  milliseconds,
  z.int().min(1).max(MAX_SEGMENTS_PER_TRACK),
  milliseconds,
  z
    .int()
    .min(0)
    .max(MAX_SHARDS - 1),
  z.int().min(1),
]);

const claimsSchema = z.strictObject({
  i: z.string().min(1).max(32),
  a: assetIdSchema,
  v: versionIdSchema,
  r: z.int().min(1),
  t: z.array(trackIdSchema).max(MAX_TRACKS).optional(),
  j: opaqueIdSchema.optional(),
  u: opaqueIdSchema.optional(),
  k: z.string().min(1).max(64).optional(),
  /** The stream limit, where the link claims one: how many sessions, and how it is kept. */
  n: concurrencyLimitsSchema.shape.sessions.optional(),
  p: z.enum(['e']).optional(),
  w: viewsSchema.optional(),
  exp: z.int(),
});

function viewsOf(claim: z.infer<typeof viewsSchema>, expiresAtSeconds: number): SessionViews {
  const [letter, segmentMs, segments, durationMs, shard, lifeSeconds] = claim;
  return {
    main: letter === 'v' ? 'video' : 'audio',
    measure: { segmentMs, segments, durationMs },
    shard,
    startedAtSeconds: expiresAtSeconds - lifeSeconds,
  };
}

async function sessionOf({ i, a, v, r, t, j, u, k, n, p, w, exp }: z.infer<typeof claimsSchema>): Promise<Session> {
  const limits: ConcurrencyLimits | undefined =
    n === undefined ? undefined : { sessions: n, policy: p === 'e' ? 'evict-oldest' : 'reject-new' };
  const link = k === undefined ? undefined : await fingerprintLink({ jti: j, viewer: u, kid: k, limits });
  const views = w === undefined ? undefined : viewsOf(w, exp);
  return { sessionId: i, assetId: a, version: v, revision: r, tracks: t, expiresAtSeconds: exp, views, link };
}

export const SESSION_JWT = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

/** Null where another secret signed it. Throws AppError `session_malformed` or `session_signature`. */
export async function readSessionJwt(token: string, secret: string): Promise<Session | null> {
  const payload = await verifiedPayload(token, new TextEncoder().encode(secret));
  if (payload === null) {
    return null;
  }
  const claims = claimsSchema.safeParse(jsonOf(payload));
  if (!claims.success) {
    throw new AppError('session_malformed', { cause: claims.error });
  }
  return sessionOf(claims.data);
}

function jsonOf(payload: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(payload));
  } catch (cause) {
    throw new AppError('session_malformed', { cause });
  }
}

async function verifiedPayload(token: string, secret: Uint8Array): Promise<Uint8Array | null> {
  try {
    const { payload } = await compactVerify(token, secret, { algorithms: ['HS256'] });
    return isCanonicalSignature(token) ? payload : null;
  } catch (cause) {
    if (cause instanceof errors.JWSSignatureVerificationFailed) {
      return null;
    }
    throw new AppError('session_signature', { cause });
  }
}
