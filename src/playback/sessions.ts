/** Session tokens: HS256 JWTs of ours, in the path of everything one player fetches (design 5). */
import { compactVerify, errors, SignJWT } from 'jose';
import { z } from 'zod';
import type { Config } from '../config.ts';
import { assetIdSchema, opaqueIdSchema, randomId, trackIdSchema, versionIdSchema } from '../contract/ids.ts';
import { MAX_DURATION_SECONDS, MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../contract/limits.ts';
import { AppError } from '../errors.ts';
import { meter } from '../metrics/meter.ts';
import { type StreamLimits, streamLimitsSchema } from '../streams/limits.ts';
import type { MainKind } from '../views/collector/countable.ts';
import { MAX_SHARDS, type Measure } from '../views/protocol.ts';
import { isCanonicalSignature } from './jws.ts';
import { LruMap } from './lru-map.ts';
import { refusal } from './refusal.ts';

/** What a session's views are counted by. In the token, so that delivery reads no presentation for a segment. */
export type SessionViews = {
  /** The tracks that count. */
  main: MainKind;
  measure: Measure;
  /** Of the asset's counters, for as long as the session lives. */
  shard: number;
  startedAtSeconds: number;
};

export type Session = {
  sessionId: string;
  assetId: string;
  version: string;
  revision: number;
  /** Track ids, where the link limits them. */
  tracks?: string[] | undefined;
  expiresAtSeconds: number;
  /** Absent from sessions of an earlier Sluice: they are served and not counted. */
  views?: SessionViews | undefined;
  /** Of the link that started the session, for revocation and the viewer's stream limit. */
  link?:
    | { jti?: string | undefined; viewer?: string | undefined; kid: string; limits?: StreamLimits | undefined }
    | undefined;
};

/** 32 track ids and two opaque ids of a link fit well; the token stands in every URL a player fetches. */
export const MAX_SESSION_TOKEN_LENGTH = 4096;
/** About 1 KB each: 4 MB of the isolate's 128. Only tokens that we signed get in. */
const MAX_REMEMBERED = 4096;

const MAX_DURATION_MS = MAX_DURATION_SECONDS * 1000;
const milliseconds = z.int().min(1).max(MAX_DURATION_MS);
/** Main kind, measure (segment, segments, whole), shard, and for how many seconds the session lives. */
const viewsWireSchema = z.tuple([
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

/** Whether tokens can carry it: a film beyond every limit of ours is played, and not counted. */
export const isCarried = ({ segmentMs, segments, durationMs }: Measure): boolean =>
  segmentMs <= MAX_DURATION_MS && segments <= MAX_SEGMENTS_PER_TRACK && durationMs <= MAX_DURATION_MS;

/** One-letter names: the token is repeated in every segment URL. */
const wireSchema = z.strictObject({
  i: z.string().min(1).max(32),
  a: assetIdSchema,
  v: versionIdSchema,
  r: z.int().min(1),
  t: z.array(trackIdSchema).max(MAX_TRACKS).optional(),
  j: opaqueIdSchema.optional(),
  u: opaqueIdSchema.optional(),
  k: z.string().min(1).max(64).optional(),
  /** The stream limit, where the link claims one: how many sessions, and how it is kept. */
  n: streamLimitsSchema.shape.sessions.optional(),
  p: z.enum(['e']).optional(),
  w: viewsWireSchema.optional(),
  exp: z.int(),
});

type ViewsWire = z.infer<typeof viewsWireSchema>;

function viewsToWire({ main, measure, shard, startedAtSeconds }: SessionViews, expiresAtSeconds: number): ViewsWire {
  const { segmentMs, segments, durationMs } = measure;
  const letter = main === 'video' ? 'v' : 'a';
  return [letter, segmentMs, segments, durationMs, shard, expiresAtSeconds - startedAtSeconds];
}

function viewsFromWire(wire: ViewsWire, expiresAtSeconds: number): SessionViews {
  const [letter, segmentMs, segments, durationMs, shard, lifeSeconds] = wire;
  return {
    main: letter === 'v' ? 'video' : 'audio',
    measure: { segmentMs, segments, durationMs },
    shard,
    startedAtSeconds: expiresAtSeconds - lifeSeconds,
  };
}

/** Without what is undefined: JSON drops it anyway, exactOptionalPropertyTypes wants it gone. */
function toWire(session: Session): z.input<typeof wireSchema> {
  const { tracks, link, views, expiresAtSeconds } = session;
  return {
    i: session.sessionId,
    a: session.assetId,
    v: session.version,
    r: session.revision,
    t: tracks,
    j: link?.jti,
    u: link?.viewer,
    k: link?.kid,
    n: link?.limits?.sessions,
    p: link?.limits?.policy === 'evict-oldest' ? 'e' : undefined,
    w: views === undefined ? undefined : viewsToWire(views, expiresAtSeconds),
    exp: expiresAtSeconds,
  };
}

function fromWire({ i, a, v, r, t, j, u, k, n, p, w, exp }: z.infer<typeof wireSchema>): Session {
  const limits: StreamLimits | undefined =
    n === undefined ? undefined : { sessions: n, policy: p === 'e' ? 'evict-oldest' : 'reject-new' };
  const link = k === undefined ? undefined : { jti: j, viewer: u, kid: k, limits };
  const views = w === undefined ? undefined : viewsFromWire(w, exp);
  return { sessionId: i, assetId: a, version: v, revision: r, tracks: t, expiresAtSeconds: exp, views, link };
}

/** 80 bits, like asset ids. */
export const newSessionId = (): string => randomId(16);

/** Long enough to watch with pauses, short enough that a leaked URL dies: min(configured, duration × 2 + 1 h). */
export function sessionExpiry(nowSeconds: number, durationSeconds: number, sessionSecondsMax: number): number {
  return Math.floor(nowSeconds) + Math.min(sessionSecondsMax, Math.ceil(durationSeconds * 2) + 3600);
}

const JWT_SHAPE = /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/;

export type NoteSession = (session: Session) => void;

export class SessionTokens {
  readonly #secret: Uint8Array;
  /** Of the secret before this one, while it is being rotated: verified with, never signed with. */
  readonly #previousSecret: Uint8Array | undefined;
  /** A player fetches hundreds of URLs with one token: all but the first cost a Map hit instead of an HMAC. */
  readonly #verified = new LruMap<string, Session>(MAX_REMEMBERED);

  readonly #noteNew: NoteSession;

  /** `noteNew` is told of genuine sessions that are not remembered: mostly, that were never met before. */
  constructor(secret: string, previousSecret?: string, noteNew: NoteSession = () => {}) {
    this.#noteNew = noteNew;
    this.#secret = new TextEncoder().encode(secret);
    this.#previousSecret = previousSecret === undefined ? undefined : new TextEncoder().encode(previousSecret);
  }

  async mint(session: Session): Promise<string> {
    return new SignJWT(toWire(session)).setProtectedHeader({ alg: 'HS256' }).sign(this.#secret);
  }

  /** Throws AppError `session_malformed`, `session_signature` or `session_expired`. */
  async verify(token: string, nowSeconds: number): Promise<Session> {
    const known = this.#verified.get(token);
    if (known !== undefined) {
      meter.countCacheHit();
    }
    const session = known ?? (await this.#check(token));
    if (nowSeconds >= session.expiresAtSeconds) {
      throw refusal('session_expired');
    }
    return session;
  }

  async #check(token: string): Promise<Session> {
    if (token.length > MAX_SESSION_TOKEN_LENGTH || !JWT_SHAPE.test(token)) {
      throw new AppError('session_malformed');
    }
    const payload = await meter.countVerification('session', this.#payload(token));
    // Signed by us, so the parse fails only for tokens of an older or newer Sluice with the same secret.
    const claims = wireSchema.safeParse(JSON.parse(new TextDecoder().decode(payload)));
    if (!claims.success) {
      throw new AppError('session_malformed', { cause: claims.error });
    }
    const session = fromWire(claims.data);
    this.#verified.set(token, session);
    this.#noteNew(session);
    return session;
  }

  /** Tokens do not say which secret signed them: the old one is tried where there is one and the new one fails. */
  async #payload(token: string): Promise<Uint8Array> {
    try {
      return await verifyWith(this.#secret, token);
    } catch (cause) {
      if (this.#previousSecret === undefined || !(cause instanceof errors.JWSSignatureVerificationFailed)) {
        throw new AppError('session_signature', { cause });
      }
    }
    try {
      return await verifyWith(this.#previousSecret, token);
    } catch (cause) {
      throw new AppError('session_signature', { cause });
    }
  }
}

async function verifyWith(secret: Uint8Array, token: string): Promise<Uint8Array> {
  const { payload } = await compactVerify(token, secret, { algorithms: ['HS256'] });
  if (!isCanonicalSignature(token)) {
    throw new errors.JWSSignatureVerificationFailed();
  }
  return payload;
}

const tokensByConfig = new WeakMap<object, SessionTokens>();

/** The isolate's SessionTokens of this configuration; `noteNew` is that of the first call. */
export function sessionTokensOf(config: Config, noteNew?: NoteSession): SessionTokens {
  const known = tokensByConfig.get(config);
  if (known !== undefined) {
    return known;
  }
  const tokens = new SessionTokens(config.SESSION_SECRET, config.SESSION_SECRET_PREVIOUS, noteNew);
  tokensByConfig.set(config, tokens);
  return tokens;
}
