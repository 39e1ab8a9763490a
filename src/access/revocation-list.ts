/**
 * `edge/revocations.json` and how it is searched. Pure, but for hashing.
 *
 * An entry is a record of four 32-bit words: 96 bits of SHA-256 over kind and value, and the second it expires at.
 * Sorted records fill one typed array, and an index by the first bits of a fingerprint, which are as good as random,
 * leads to one or two records. Sets of the values would take up to 25 MB of strings in every isolate for 100,000 ids;
 * this takes 2.1 MB. `npm run bench -- revocations` prints what a look-up costs. Hashing is done once per session
 * (revocations.ts).
 *
 * The hash is cryptographic because viewers may choose their own names: nobody can find a name with the fingerprint of
 * another viewer and get it revoked. A random hit has a chance of 100,000 / 2^96 for each look-up.
 */
import { base64url } from 'jose';
import { z } from 'zod';

export const REVOCATION_KINDS = ['session', 'link', 'viewer', 'asset', 'key'] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/** 3.2 MB in each isolate. Deleting a key is better than revoking more links. */
export const MAX_REVOCATIONS = 200_000;
/** In addition, for keys only: a full list must not keep anyone from deleting a key. */
export const RESERVED_FOR_KEYS = 1000;

export const FINGERPRINT_WORDS = 3;
const RECORD_WORDS = 4;
const RECORD_BYTES = RECORD_WORDS * 4;
/** Base64url has four characters for three bytes. The rest is for the JSON around them. */
export const MAX_REVOCATION_LIST_BYTES =
  Math.ceil(((MAX_REVOCATIONS + RESERVED_FOR_KEYS) * RECORD_BYTES * 4) / 3) + 1024;

/** The time of an entry that does not expire. */
const NEVER = 0xffff_ffff;

/** `records`: in base64url. */
const listSchema = z.strictObject({ schema: z.literal(1), records: z.string() });

/** Three words. Kinds have no colon, so two pairs of kind and value never have the same hash input. */
export async function fingerprintOf(kind: RevocationKind, value: string): Promise<Uint32Array> {
  const view = new DataView(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${kind}:${value}`)));
  return Uint32Array.from({ length: FINGERPRINT_WORDS }, (_, index) => view.getUint32(index * 4));
}

/** 24 digits. As text they sort in the order of the records. */
export const fingerprintToHex = (words: Uint32Array): string =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');

/** Writes the words of a fingerprint from `words[offset]` on. */
export function putFingerprint(words: Uint32Array, offset: number, hex: string): void {
  for (let word = 0; word < FINGERPRINT_WORDS; word++) {
    words[offset + word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16);
  }
}

/** `fingerprint`: in hexadecimal digits. `expiresAtMs`: null for never. */
export type RevocationRecord = { fingerprint: string; expiresAtMs: number | null };

/** The text of `edge/revocations.json`. `records` come sorted by fingerprint, each once. */
export function formatRevocations(records: readonly RevocationRecord[]): string {
  const words = new Uint32Array(records.length * RECORD_WORDS);
  for (const [index, { fingerprint, expiresAtMs }] of records.entries()) {
    putFingerprint(words, index * RECORD_WORDS, fingerprint);
    // Rounded up: an entry may outlive its time by a fraction of a second, but never ends before it.
    const expiresAt = expiresAtMs === null ? NEVER : Math.min(Math.ceil(expiresAtMs / 1000), NEVER - 1);
    words[index * RECORD_WORDS + FINGERPRINT_WORDS] = expiresAt;
  }
  const list: z.input<typeof listSchema> = { schema: 1, records: base64url.encode(new Uint8Array(words.buffer)) };
  return JSON.stringify(list);
}

export class RevocationList {
  static readonly EMPTY = new RevocationList(new Uint32Array());

  /** Sorted records. Words are little-endian in the file, as they are on every machine that runs workerd. */
  readonly #words: Uint32Array;
  readonly size: number;
  /** Records whose first word begins with the bits `b` are those from `#starts[b]` up to `#starts[b + 1]`. */
  readonly #starts: Uint32Array;
  /** A word, shifted by this, gives the bits of the index. */
  readonly #shift: number;

  private constructor(words: Uint32Array) {
    this.#words = words;
    this.size = words.length / RECORD_WORDS;
    // About one record for each place of the index. At least 1 bit: a shift by 32 would shift by nothing.
    const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, this.size))));
    this.#shift = 32 - bits;
    this.#starts = this.#index(2 ** bits);
  }

  /** Throws for anything that `formatRevocations` did not write: a broken list must not pass as an empty one. */
  static parse(text: string): RevocationList {
    const { records } = listSchema.parse(JSON.parse(text));
    // A copy begins at the boundary of a word; what the decoder gives may not.
    const bytes = base64url.decode(records).slice();
    if (bytes.length % RECORD_BYTES !== 0) {
      throw new RangeError(`${bytes.length} bytes are not a whole number of records`);
    }
    return new RevocationList(new Uint32Array(bytes.buffer));
  }

  /** Whether the fingerprint that begins at `words[offset]` is revoked at this time. */
  has(words: Uint32Array, offset: number, nowSeconds: number): boolean {
    const place = (words[offset] ?? 0) >>> this.#shift;
    const end = this.#starts[place + 1] ?? 0;
    for (let record = this.#starts[place] ?? 0; record < end; record++) {
      if (this.#compare(record, words, offset) === 0) {
        const expiresAt = this.#words[record * RECORD_WORDS + FINGERPRINT_WORDS] ?? NEVER;
        return expiresAt === NEVER || nowSeconds < expiresAt;
      }
    }
    return false;
  }

  /** Throws RangeError for records that are not sorted or not unique. */
  #index(places: number): Uint32Array {
    const starts = new Uint32Array(places + 1);
    let filled = 0;
    for (let record = 0; record < this.size; record++) {
      if (record > 0 && this.#compare(record, this.#words, (record - 1) * RECORD_WORDS) <= 0) {
        throw new RangeError(`record ${record} is not in its place`);
      }
      const place = (this.#words[record * RECORD_WORDS] ?? 0) >>> this.#shift;
      // Places up to this one begin here at the latest.
      while (filled < place) {
        filled += 1;
        starts[filled] = record;
      }
    }
    return starts.fill(this.size, filled + 1);
  }

  /** Negative, 0 or positive: the record comes before, equals or comes after the fingerprint at `words[offset]`. */
  #compare(record: number, words: Uint32Array, offset: number): number {
    for (let word = 0; word < FINGERPRINT_WORDS; word++) {
      const difference = (this.#words[record * RECORD_WORDS + word] ?? 0) - (words[offset + word] ?? 0);
      if (difference !== 0) {
        return difference;
      }
    }
    return 0;
  }
}
