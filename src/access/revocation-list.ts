/**
 * `edge/revocations.json` and how it is searched. Pure, but for hashing.
 *
 * Every entry is one record of four 32-bit words: 96 bits of SHA-256 over kind and value, and the second it expires at.
 * Records are sorted and packed into one typed array; the first bits of a fingerprint, which are as good as random, lead
 * through a small index to the one or two records that begin like it. Why not Sets of the values: ids may have 128
 * characters each, so 100,000 of them are up to 25 MB of strings in every isolate and as much JSON to parse after each
 * change; records and index are 2.1 MB, always, decoded from one base64 string. Hashing is done once per session, not per
 * request (revocations.ts). `npm run bench -- revocations` prints what a look-up costs.
 *
 * Why 96 bits of a cryptographic hash: where viewers choose their own names, nobody must be able to get a name revoked
 * that has another viewer's fingerprint. A random hit is out of reach: 100,000 / 2^96 for each look-up.
 */
import { base64url } from 'jose';
import { z } from 'zod';

export const REVOCATION_KINDS = ['session', 'link', 'viewer', 'asset', 'key'] as const;
export type RevocationKind = (typeof REVOCATION_KINDS)[number];

/** 3.2 MB in each isolate, twice what is promised to be fast; more than this is a case for deleting a key. */
export const MAX_REVOCATIONS = 200_000;
/** On top, for keys alone: a list that is full must not keep anyone from deleting a key. */
export const RESERVED_FOR_KEYS = 1000;

export const FINGERPRINT_WORDS = 3;
const RECORD_WORDS = 4;
const RECORD_BYTES = RECORD_WORDS * 4;
/** Base64url has four characters for three bytes; the rest is the JSON around them. */
export const MAX_REVOCATION_LIST_BYTES =
  Math.ceil(((MAX_REVOCATIONS + RESERVED_FOR_KEYS) * RECORD_BYTES * 4) / 3) + 1024;

/** In the place of a time: does not expire. */
const NEVER = 0xffff_ffff;

const listSchema = z.strictObject({
  schema: z.literal(1),
  /** Base64url of the records. */
  records: z.string(),
});

/** Three words. Kinds have no colon, so no two pairs of kind and value are hashed alike. */
export async function fingerprintOf(kind: RevocationKind, value: string): Promise<Uint32Array> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${kind}:${value}`));
  const view = new DataView(digest);
  return Uint32Array.from({ length: FINGERPRINT_WORDS }, (_, index) => view.getUint32(index * 4));
}

/** 24 digits; sorts as text in the order of the records. */
export const fingerprintToHex = (words: Uint32Array): string =>
  Array.from(words, (word) => word.toString(16).padStart(8, '0')).join('');

/** The other way, to where `words[offset]` begins. */
export function putFingerprint(words: Uint32Array, offset: number, hex: string): void {
  for (let word = 0; word < FINGERPRINT_WORDS; word++) {
    words[offset + word] = Number.parseInt(hex.slice(word * 8, word * 8 + 8), 16);
  }
}

export type RevocationRecord = {
  /** As `fingerprintToHex` writes it. */
  fingerprint: string;
  /** Null: never. */
  expiresAtMs: number | null;
};

/** The text of `edge/revocations.json`. `records` come sorted by fingerprint, each once. */
export function formatRevocations(records: readonly RevocationRecord[]): string {
  const words = new Uint32Array(records.length * RECORD_WORDS);
  for (const [index, { fingerprint, expiresAtMs }] of records.entries()) {
    putFingerprint(words, index * RECORD_WORDS, fingerprint);
    // Rounded up: an entry may outlive its time by a fraction of a second, never the other way.
    words[index * RECORD_WORDS + FINGERPRINT_WORDS] =
      expiresAtMs === null ? NEVER : Math.min(Math.ceil(expiresAtMs / 1000), NEVER - 1);
  }
  const list: z.input<typeof listSchema> = { schema: 1, records: base64url.encode(new Uint8Array(words.buffer)) };
  return JSON.stringify(list);
}

export class RevocationList {
  static readonly EMPTY = new RevocationList(new Uint32Array());

  /** Sorted records. Words are little-endian in the file, as on every machine that runs workerd. */
  readonly #words: Uint32Array;
  readonly size: number;
  /** Records whose first word begins with the bits `b` are those from `#starts[b]` to before `#starts[b + 1]`. */
  readonly #starts: Uint32Array;
  /** How far a word is shifted for the bits that the index is by. */
  readonly #shift: number;

  private constructor(words: Uint32Array) {
    this.#words = words;
    this.size = words.length / RECORD_WORDS;
    // About one record for each place of the index. Never 0 bits: a shift by 32 shifts by nothing.
    const bits = Math.max(1, Math.ceil(Math.log2(Math.max(1, this.size))));
    this.#shift = 32 - bits;
    this.#starts = this.#index(2 ** bits);
  }

  /** Throws for anything that `formatRevocations` did not write: a list that cannot be searched must not pass as empty. */
  static parse(text: string): RevocationList {
    const { records } = listSchema.parse(JSON.parse(text));
    // A copy begins at a word's boundary, whatever the decoder gave.
    const bytes = base64url.decode(records).slice();
    if (bytes.length % RECORD_BYTES !== 0) {
      throw new RangeError(`${bytes.length} bytes are no whole number of records`);
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

  /** Throws RangeError where records are not sorted, or one is there twice. */
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

  /** Below, equal to or above 0, as the record comes before, is or comes after the fingerprint at `words[offset]`. */
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
