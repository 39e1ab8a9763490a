/** Reads sessions of earlier versions: JWTs (HS256). None is left seven days after the last isolate of such a version. */

import { z } from 'zod';
import { AppError } from '../errors.ts';
import { assetIdSchema, opaqueIdSchema, trackIdSchema, versionIdSchema } from '../media/ids.ts';
import { MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../media/limits.ts';
import { type ConcurrencyLimits, concurrencyLimitsSchema } from './concurrency/limits.ts';
import { verifiedPayload } from './jws.ts';
import { fingerprintLink } from './revocations.ts';
import { MAX_DURATION_MS, MAX_SHARDS, type Session, type SessionViews } from './sessions.ts';

const milliseconds = z.int().min(1).max(MAX_DURATION_MS);
const shardSchema = z.int().nonnegative().lt(MAX_SHARDS);
/** Main kind, measure (segment, segments, whole), shard, and the session's life in seconds. */
const viewsSchema = z.tuple([
  z.enum(['v', 'a']),
  milliseconds,
  z.int().min(1).max(MAX_SEGMENTS_PER_TRACK),
  milliseconds,
  shardSchema,
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
  /** The stream limit of the link: the number of sessions, and `e` for evict-oldest. */
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
  const key = new TextEncoder().encode(secret);
  const payload = await verifiedPayload(token, key, 'HS256').catch((cause: unknown) => {
    throw new AppError('session_signature', { cause });
  });
  if (payload === null) {
    return null;
  }
  let claims: z.infer<typeof claimsSchema>;
  try {
    claims = claimsSchema.parse(JSON.parse(new TextDecoder().decode(payload)));
  } catch (cause) {
    throw new AppError('session_malformed', { cause });
  }
  return sessionOf(claims);
}
