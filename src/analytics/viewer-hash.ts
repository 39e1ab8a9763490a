/**
 * Viewers as counters know them: 16 hex digits, a salted hash of the fingerprint in a session's token. The salt changes
 * after VIEWER_SALT_DAYS. It is made from the session secret and the period's number, so it is not stored anywhere.
 */
import { type Config, MAX_SESSION_SECONDS } from '../config.ts';
import { toHex } from '../platform/encodings.ts';
import { LruMap } from '../platform/lru-map.ts';
import { FORGET_AFTER_MS } from './facts.ts';

const DAY_SECONDS = 86_400;
/** 64 bits: of a million viewers, two share a hash once in 37 million assets. */
const HASH_BYTES = 8;
/** Keeps these keys apart from those of session tokens, which come from the same secret. */
const PURPOSE = 'sluice viewer salt';

const encoder = new TextEncoder();
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

const keyOf = (bytes: BufferSource): Promise<CryptoKey> => crypto.subtle.importKey('raw', bytes, HMAC, false, ['sign']);
const sign = async (key: CryptoKey, text: string): Promise<ArrayBuffer> =>
  crypto.subtle.sign('HMAC', key, encoder.encode(text));

const newSalt = async (secret: string, period: number): Promise<CryptoKey> =>
  keyOf(await sign(await keyOf(encoder.encode(secret)), `${PURPOSE} ${period}`));

export type ViewerHashConfig = Pick<Config, 'SESSION_SECRET' | 'SESSION_SECRET_PREVIOUS' | 'VIEWER_SALT_DAYS'>;

export class ViewerHasher {
  readonly #config: ViewerHashConfig;
  /** Values, not promises: those would belong to the request that made them. */
  readonly #salts = new LruMap<string, CryptoKey>(16);

  constructor(config: ViewerHashConfig) {
    this.#config = config;
  }

  /** By the session's start: the hash stays the same while the session lives. */
  hash(viewer: string, startedAtSeconds: number): Promise<string> {
    return this.#hash(this.#config.SESSION_SECRET, this.#periodOf(startedAtSeconds), viewer);
  }

  /** Every hash of this viewer that a counter may still hold, under both secrets. */
  async allOf(viewer: string, nowSeconds: number): Promise<string[]> {
    const { SESSION_SECRET, SESSION_SECRET_PREVIOUS } = this.#config;
    const secrets = [SESSION_SECRET, SESSION_SECRET_PREVIOUS].filter((secret) => secret !== undefined);
    // A day more on either side: counters drop sessions some time after their end, and clocks differ.
    const oldest = nowSeconds - MAX_SESSION_SECONDS - FORGET_AFTER_MS / 1000 - DAY_SECONDS;
    const [first, last] = [this.#periodOf(oldest), this.#periodOf(nowSeconds + DAY_SECONDS)];
    const periods = Array.from({ length: last - first + 1 }, (_, index) => first + index);
    return Promise.all(secrets.flatMap((secret) => periods.map((period) => this.#hash(secret, period, viewer))));
  }

  #periodOf(seconds: number): number {
    return Math.floor(seconds / (this.#config.VIEWER_SALT_DAYS * DAY_SECONDS));
  }

  async #hash(secret: string, period: number, viewer: string): Promise<string> {
    const name = `${period} ${secret}`;
    const salt = this.#salts.get(name) ?? (await newSalt(secret, period));
    this.#salts.set(name, salt);
    return toHex(new Uint8Array(await sign(salt, viewer), 0, HASH_BYTES));
  }
}
