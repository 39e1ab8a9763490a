/** A session as bytes, as short as they get: they are in every URL that a player fetches. Pure. */
import { z } from 'zod';
import { assetIdSchema, trackIdSchema, versionIdSchema } from '../media/ids.ts';
import { MAX_TRACKS } from '../media/limits.ts';
import { fromHex, toHex } from '../platform/encodings.ts';
import type { Session, SessionLink, SessionViews } from './sessions.ts';

/** The first byte. A token of another Sluice with the same secret must not be read as something else. */
const FORMAT = 1;

/** Bits of the second byte: what follows, and two choices. */
const HAS_VIEWS = 1;
const BY_AUDIO = 2;
const HAS_LINK = 4;
const HAS_JTI = 8;
const HAS_VIEWER = 16;
const HAS_LIMITS = 32;
const EVICTS = 64;
const HAS_TRACKS = 128;

const FINGERPRINT_BYTES = 12;

/** What stands as text at the end, between commas: ids have none. */
const idsSchema = z.tuple([assetIdSchema, versionIdSchema]).rest(trackIdSchema);

const flag = (bit: number, isSet: boolean): number => (isSet ? bit : 0);

/** Seven bits a byte, the lowest first; the highest bit says that more follow. */
function uintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + 128);
  }
  return [...bytes, rest];
}

/** All but the id, which stands before the bytes in the token. */
export function sessionToBytes(session: Session): Uint8Array<ArrayBuffer> {
  const { views, link, tracks, expiresAtSeconds } = session;
  const limits = link?.limits;
  const flags =
    flag(HAS_VIEWS, views !== undefined) +
    flag(BY_AUDIO, views?.main === 'audio') +
    flag(HAS_LINK, link !== undefined) +
    flag(HAS_JTI, link?.jti !== undefined) +
    flag(HAS_VIEWER, link?.viewer !== undefined) +
    flag(HAS_LIMITS, limits !== undefined) +
    flag(EVICTS, limits?.policy === 'evict-oldest') +
    flag(HAS_TRACKS, tracks !== undefined);
  const { segmentMs = 0, segments = 0, durationMs = 0 } = views?.measure ?? {};
  const numbers = [session.revision, expiresAtSeconds];
  if (views !== undefined) {
    numbers.push(segmentMs, segments, durationMs, views.shard, expiresAtSeconds - views.startedAtSeconds);
  }
  if (limits !== undefined) {
    numbers.push(limits.sessions);
  }
  const fingerprints = [link?.kid, link?.jti, link?.viewer].map((hex = '') => fromHex(hex));
  const text = [session.assetId, session.version, ...(tracks ?? [])].join(',');
  return Uint8Array.from([
    ...[FORMAT, flags],
    ...numbers.flatMap(uintBytes),
    ...fingerprints.flatMap((bytes) => [...bytes]),
    ...new TextEncoder().encode(text),
  ]);
}

class Reader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  take(count: number): Uint8Array {
    const end = this.#at + count;
    if (end > this.#bytes.length) {
      throw new RangeError('the session ends too early');
    }
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }

  uint(): number {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const [byte = 0] = this.take(1);
      value += (byte % 128) * scale;
      if (byte < 128) {
        return value;
      }
    }
  }

  rest(): string {
    return new TextDecoder().decode(this.take(this.#bytes.length - this.#at));
  }
}

function readViews(reader: Reader, flags: number, expiresAtSeconds: number): SessionViews {
  const measure = { segmentMs: reader.uint(), segments: reader.uint(), durationMs: reader.uint() };
  const main = (flags & BY_AUDIO) === 0 ? 'video' : 'audio';
  return { main, measure, shard: reader.uint(), startedAtSeconds: expiresAtSeconds - reader.uint() };
}

function readLink(reader: Reader, flags: number): SessionLink {
  const policy = (flags & EVICTS) === 0 ? 'reject-new' : 'evict-oldest';
  const limits = (flags & HAS_LIMITS) === 0 ? undefined : ({ sessions: reader.uint(), policy } as const);
  const fingerprint = (bit: number) => ((flags & bit) === 0 ? undefined : toHex(reader.take(FINGERPRINT_BYTES)));
  return { kid: fingerprint(HAS_LINK) ?? '', jti: fingerprint(HAS_JTI), viewer: fingerprint(HAS_VIEWER), limits };
}

/** Throws for bytes that `sessionToBytes` did not write. */
export function sessionFromBytes(sessionId: string, bytes: Uint8Array): Session {
  const reader = new Reader(bytes);
  const [format, flags = 0] = reader.take(2);
  if (format !== FORMAT) {
    throw new RangeError(`sessions of format ${format} are not known`);
  }
  const [revision, expiresAtSeconds] = [reader.uint(), reader.uint()];
  const views = (flags & HAS_VIEWS) === 0 ? undefined : readViews(reader, flags, expiresAtSeconds);
  const link = (flags & HAS_LINK) === 0 ? undefined : readLink(reader, flags);
  const [assetId, version, ...limitedTo] = idsSchema.parse(reader.rest().split(','));
  const tracks = (flags & HAS_TRACKS) === 0 ? undefined : limitedTo;
  if (limitedTo.length > (tracks === undefined ? 0 : MAX_TRACKS)) {
    throw new RangeError('the session names too many tracks');
  }
  return { sessionId, assetId, version, revision, tracks, expiresAtSeconds, views, link };
}
