/**
 * Session tokens. They are in the path of every URL that a player fetches, hence in logs. So a token is the session's
 * id, which is random, and the rest encrypted (AES-256-GCM, whose 128-bit tag also protects against forgery), in
 * base64url.
 *
 * The key is derived (HKDF-SHA-256) from SESSION_SECRET for this id. No key is used twice, so one nonce serves all.
 *
 * Link, viewer and key are sealed as fingerprints (revocation-list.ts), which do not depend on the secret: revocations
 * and stream limits match the same viewer before, during and after a rotation.
 */
import { base64url } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { meter } from '../metrics/meter.ts';
import { LruMap } from '../platform/lru-map.ts';
import { canonicalBytes } from './jws.ts';
import { refusal } from './refusal.ts';
import { readSessionJwt, SESSION_JWT } from './session-jwts.ts';
import { SESSION_ID_LENGTH, type Session, sessionFromBytes, sessionToBytes } from './sessions.ts';

/** A token has some 160; those of earlier releases also have ids of up to 32 tracks, and JWTs those of the app. */
export const MAX_SESSION_TOKEN_LENGTH = 4096;
/** About 1 KB each: 4 MB of the isolate's 128. Only genuine tokens are remembered. */
const MAX_REMEMBERED = 4096;

const TOKEN = new RegExp(`^[0-9a-z]{${SESSION_ID_LENGTH}}[A-Za-z0-9_-]+$`);
/** Keeps these keys apart from others that are derived from the secret. */
const PURPOSE = 'sluice session ';
/** A key seals one message. */
const CIPHER = { name: 'AES-GCM', iv: new Uint8Array(12) };

const encoder = new TextEncoder();

type DerivedKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

class Seal {
  readonly #secret: string;
  /** A value, not a promise, which would belong to the request that made it. */
  #master: DerivedKey | undefined;

  constructor(secret: string) {
    this.#secret = secret;
  }

  async #keyOf(sessionId: string): Promise<DerivedKey> {
    this.#master ??= await crypto.subtle.importKey('raw', encoder.encode(this.#secret), 'HKDF', false, ['deriveKey']);
    const info = encoder.encode(PURPOSE + sessionId);
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    const aes = { name: 'AES-GCM', length: 256 };
    return crypto.subtle.deriveKey(derivation, this.#master, aes, false, ['encrypt', 'decrypt']);
  }

  async seal(session: Session): Promise<string> {
    const { sessionId } = session;
    const sealed = await crypto.subtle.encrypt(CIPHER, await this.#keyOf(sessionId), sessionToBytes(session));
    return sessionId + base64url.encode(new Uint8Array(sealed));
  }

  /** Null for a token of another secret. Throws AppError `session_malformed`, or `session_signature` for a JWT. */
  async open(token: string): Promise<Session | null> {
    if (!TOKEN.test(token)) {
      return readSessionJwt(token, this.#secret);
    }
    const sessionId = token.slice(0, SESSION_ID_LENGTH);
    const sealed = canonicalBytes(token.slice(SESSION_ID_LENGTH));
    const bytes = sealed && (await this.#decrypt(sessionId, sealed));
    try {
      return bytes && sessionFromBytes(sessionId, bytes);
    } catch (cause) {
      // The secret is ours, so the token is from a newer Sluice.
      throw new AppError('session_malformed', { cause });
    }
  }

  async #decrypt(sessionId: string, sealed: Uint8Array): Promise<Uint8Array | null> {
    const key = await this.#keyOf(sessionId);
    try {
      return new Uint8Array(await crypto.subtle.decrypt(CIPHER, key, sealed));
    } catch {
      return null;
    }
  }
}

type NoteSession = (session: Session) => void;

export class SessionTokens {
  /** The first one seals. During a rotation the second one, of the previous or next secret, opens too. */
  readonly #seals: readonly [Seal, ...Seal[]];
  /** A player fetches hundreds of URLs with one token: all but the first cost a Map hit instead of a decryption. */
  readonly #verified = new LruMap<string, Session>(MAX_REMEMBERED);
  readonly #noteNew: NoteSession;

  /** `noteNew` is told of genuine sessions that are not remembered, most of which are new to this isolate. */
  constructor(secret: string, previousSecret?: string, noteNew: NoteSession = () => {}) {
    this.#noteNew = noteNew;
    this.#seals = [new Seal(secret), ...(previousSecret === undefined ? [] : [new Seal(previousSecret)])];
  }

  async mint(session: Session): Promise<string> {
    return this.#seals[0].seal(session);
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
    if (token.length > MAX_SESSION_TOKEN_LENGTH || !(TOKEN.test(token) || SESSION_JWT.test(token))) {
      throw new AppError('session_malformed');
    }
    const session = await meter.countVerification('session', this.#open(token));
    this.#verified.set(token, session);
    this.#noteNew(session);
    return session;
  }

  /** A token does not say which secret made it, so each is tried. */
  async #open(token: string): Promise<Session> {
    for (const seal of this.#seals) {
      const session = await seal.open(token);
      if (session !== null) {
        return session;
      }
    }
    throw new AppError('session_signature');
  }
}

const tokensByConfig = new WeakMap<object, SessionTokens>();

/** The isolate's SessionTokens of this configuration, with `noteNew` of the first call. */
export function sessionTokensOf(config: Config, noteNew?: NoteSession): SessionTokens {
  const known = tokensByConfig.get(config);
  if (known !== undefined) {
    return known;
  }
  const tokens = new SessionTokens(config.SESSION_SECRET, config.SESSION_SECRET_PREVIOUS, noteNew);
  tokensByConfig.set(config, tokens);
  return tokens;
}
