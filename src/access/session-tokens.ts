/**
 * Session tokens: in the path of everything one player fetches, hence in the logs of every hop. So all but the session's
 * id, which is random, is encrypted: AES-256-GCM, whose 128-bit tag also protects against forgery. A token is the id and
 * what it seals, in base64url.
 *
 * The key is derived (HKDF-SHA-256) from SESSION_SECRET for this id alone. So one nonce does for all: no key is used twice.
 *
 * What is sealed names link, viewer and key by their fingerprints (revocation-list.ts), which no secret goes into:
 * revocations and stream limits match the same viewer before, during and after a rotation of the secret.
 */
import { base64url } from 'jose';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import { meter } from '../metrics/meter.ts';
import { LruMap } from '../platform/lru-map.ts';
import { canonicalBytes } from './jws.ts';
import { refusal } from './refusal.ts';
import { readSessionJwt, SESSION_JWT } from './session-jwts.ts';
import { sessionFromBytes, sessionToBytes } from './session-wire.ts';
import { SESSION_ID_LENGTH, type Session } from './sessions.ts';

/** 32 track ids fit well, and the ids of JWTs; the token stands in every URL a player fetches. */
export const MAX_SESSION_TOKEN_LENGTH = 4096;
/** About 1 KB each: 4 MB of the isolate's 128. Only tokens that we made get in. */
const MAX_REMEMBERED = 4096;

const TOKEN = new RegExp(`^([0-9a-z]{${SESSION_ID_LENGTH}})([A-Za-z0-9_-]+)$`);
/** Keeps these keys apart from others that are derived from the secret. */
const PURPOSE = 'sluice session ';
/** Of one key, which seals one message. */
const NONCE = new Uint8Array(12);

const encoder = new TextEncoder();

type Key = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

class Seal {
  readonly secret: string;
  /** A value, not a promise: that would belong to the request that made it. */
  #master: Key | undefined;

  constructor(secret: string) {
    this.secret = secret;
  }

  async #keyOf(sessionId: string): Promise<Key> {
    this.#master ??= await crypto.subtle.importKey('raw', encoder.encode(this.secret), 'HKDF', false, ['deriveKey']);
    const info = encoder.encode(PURPOSE + sessionId);
    const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(), info };
    const aes = { name: 'AES-GCM', length: 256 };
    return crypto.subtle.deriveKey(derivation, this.#master, aes, false, ['encrypt', 'decrypt']);
  }

  async seal(session: Session): Promise<string> {
    const { sessionId } = session;
    const key = await this.#keyOf(sessionId);
    const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv: NONCE }, key, sessionToBytes(session));
    return sessionId + base64url.encode(new Uint8Array(sealed));
  }

  /** Null where another secret sealed it. */
  async open(sessionId: string, sealed: Uint8Array): Promise<Uint8Array | null> {
    const key = await this.#keyOf(sessionId);
    try {
      return new Uint8Array(await crypto.subtle.decrypt({ name: 'AES-GCM', iv: NONCE }, key, sealed));
    } catch {
      return null;
    }
  }
}

export type NoteSession = (session: Session) => void;

export class SessionTokens {
  /** The one that seals, and while the secret is rotated the one before or after it, which only opens. */
  readonly #seals: readonly [Seal, ...Seal[]];
  /** A player fetches hundreds of URLs with one token: all but the first cost a Map hit instead of a decryption. */
  readonly #verified = new LruMap<string, Session>(MAX_REMEMBERED);
  readonly #noteNew: NoteSession;

  /** `noteNew` is told of genuine sessions that are not remembered: mostly, that were never met before. */
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
    const session = await meter.countVerification('session', this.#read(token));
    this.#verified.set(token, session);
    this.#noteNew(session);
    return session;
  }

  /** Tokens do not say which secret they were made with: the other one is tried where there is one and the first fails. */
  async #read(token: string): Promise<Session> {
    for (const seal of this.#seals) {
      const session = await (TOKEN.test(token) ? open(token, seal) : readSessionJwt(token, seal.secret));
      if (session !== null) {
        return session;
      }
    }
    throw new AppError('session_signature');
  }
}

async function open(token: string, seal: Seal): Promise<Session | null> {
  const [, sessionId = '', text = ''] = TOKEN.exec(token) ?? [];
  const sealed = canonicalBytes(text);
  const bytes = sealed === null ? null : await seal.open(sessionId, sealed);
  if (bytes === null) {
    return null;
  }
  try {
    return sessionFromBytes(sessionId, bytes);
  } catch (cause) {
    // Made by us, so this is a token of a newer Sluice with the same secret.
    throw new AppError('session_malformed', { cause });
  }
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
