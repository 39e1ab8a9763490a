/** Sessions (docs/architecture/decisions/link-to-session.md), and as the bytes that session-tokens.ts seals. Pure. */

import { z } from 'zod';
import { assetIdSchema, trackIdSchema, versionIdSchema } from '../media/ids.ts';
import { MAX_DURATION_SECONDS, MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../media/limits.ts';
import type { MainKind, Measure } from '../media/measure.ts';
import { fromHex, toHex } from '../platform/encodings.ts';
import { randomId } from '../platform/random-id.ts';
import type { ConcurrencyLimits } from './concurrency/limits.ts';

/** What a session's views are counted by. The token has it, so that delivery reads no presentation for a segment. */
export type SessionViews = {
  main: MainKind;
  measure: Measure;
  /** The asset's counter that counts the session. */
  shard: number;
  startedAtSeconds: number;
};

/** The link that started the session. Ids are fingerprints (revocation-list.ts), never the app's own. */
export type SessionLink = {
  jti?: string | undefined;
  viewer?: string | undefined;
  kid: string;
  limits?: ConcurrencyLimits | undefined;
};

export type Session = {
  sessionId: string;
  assetId: string;
  version: string;
  revision: number;
  /** Of the link: the highest rendition. */
  maxHeight?: number | undefined;
  /** Ids of the tracks that the link allows, in sessions that an earlier release began. */
  tracks?: string[] | undefined;
  expiresAtSeconds: number;
  /** Absent from sessions of an earlier release, which are served and not counted. */
  views?: SessionViews | undefined;
  link?: SessionLink | undefined;
};

export const MAX_DURATION_MS = MAX_DURATION_SECONDS * 1000;

/** Whether tokens can carry it. A film beyond our limits plays and is not counted. */
export const isCarried = ({ segmentMs, segments, durationMs }: Measure): boolean =>
  segmentMs <= MAX_DURATION_MS && segments <= MAX_SEGMENTS_PER_TRACK && durationMs <= MAX_DURATION_MS;

/** View counters of one asset. */
export const MAX_SHARDS = 4_096;

/** 80 bits, like asset ids. */
export const SESSION_ID_LENGTH = 16;
export const newSessionId = (): string => randomId(SESSION_ID_LENGTH);

/** Long enough to watch with pauses, short enough for a leaked URL: min(configured, duration × 2 + 1 h). */
export function sessionExpiry(nowSeconds: number, durationSeconds: number, sessionSecondsMax: number): number {
  return Math.floor(nowSeconds) + Math.min(sessionSecondsMax, Math.ceil(durationSeconds * 2) + 3600);
}

/** The first byte, so that a token of another release with the same secret is not misread. */
const FORMAT = 1;
/** With one number more, `maxHeight`. An earlier release, which would show every rendition, refuses it. */
const LIMITED_FORMAT = 2;

/** Bits of the second byte: which parts follow, and two choices. */
const HAS_VIEWS = 1;
const BY_AUDIO = 2;
const HAS_LINK = 4;
const HAS_JTI = 8;
const HAS_VIEWER = 16;
const HAS_LIMITS = 32;
const EVICTS = 64;
/** Only in sessions of earlier releases. */
const HAS_TRACKS = 128;

const FINGERPRINT_BYTES = 12;

/** The text at the end, between commas, which ids do not have. */
const idsSchema = z.tuple([assetIdSchema, versionIdSchema]).rest(trackIdSchema);

const flag = (bit: number, isSet: boolean): number => (isSet ? bit : 0);

/** Seven bits a byte, the lowest first. The highest bit says that more follow. */
function uintBytes(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + 128);
  }
  return [...bytes, rest];
}

/** Everything but the id, which precedes the bytes in the token. */
export function sessionToBytes(session: Session): Uint8Array<ArrayBuffer> {
  const { views, link, maxHeight, expiresAtSeconds } = session;
  const limits = link?.limits;
  const flags =
    flag(HAS_VIEWS, views !== undefined) +
    flag(BY_AUDIO, views?.main === 'audio') +
    flag(HAS_LINK, link !== undefined) +
    flag(HAS_JTI, link?.jti !== undefined) +
    flag(HAS_VIEWER, link?.viewer !== undefined) +
    flag(HAS_LIMITS, limits !== undefined) +
    flag(EVICTS, limits?.policy === 'evict-oldest');
  const { segmentMs = 0, segments = 0, durationMs = 0 } = views?.measure ?? {};
  const numbers = [session.revision, expiresAtSeconds];
  if (views !== undefined) {
    numbers.push(segmentMs, segments, durationMs, views.shard, expiresAtSeconds - views.startedAtSeconds);
  }
  if (limits !== undefined) {
    numbers.push(limits.sessions);
  }
  if (maxHeight !== undefined) {
    numbers.push(maxHeight);
  }
  const fingerprints = [link?.kid, link?.jti, link?.viewer].map((hex = '') => fromHex(hex));
  const text = [session.assetId, session.version].join(',');
  return Uint8Array.from([
    ...[maxHeight === undefined ? FORMAT : LIMITED_FORMAT, flags],
    ...numbers.flatMap(uintBytes),
    ...fingerprints.flatMap((bytes) => [...bytes]),
    ...new TextEncoder().encode(text),
  ]);
}

/** Reads one part after the other. Throws RangeError where the bytes end too early. */
function partsOf(bytes: Uint8Array) {
  let at = 0;
  const take = (count: number): Uint8Array => {
    const taken = bytes.subarray(at, at + count);
    if (taken.length < count) {
      throw new RangeError('the session ends too early');
    }
    at += count;
    return taken;
  };
  const uint = (): number => {
    for (let value = 0, scale = 1; ; scale *= 128) {
      const [byte = 0] = take(1);
      value += (byte % 128) * scale;
      if (byte < 128) {
        return value;
      }
    }
  };
  return { take, uint, text: () => new TextDecoder().decode(bytes.subarray(at)) };
}

/** Throws for bytes that `sessionToBytes` did not write. */
export function sessionFromBytes(sessionId: string, bytes: Uint8Array): Session {
  const { take, uint, text } = partsOf(bytes);
  const [format, flags = 0] = take(2);
  if (format !== FORMAT && format !== LIMITED_FORMAT) {
    throw new RangeError(`sessions of format ${format} are not known`);
  }
  const has = (bit: number): boolean => (flags & bit) !== 0;
  const fingerprint = (bit: number) => (has(bit) ? toHex(take(FINGERPRINT_BYTES)) : undefined);
  // The order of the reads is the order of the bytes.
  const [revision, expiresAtSeconds] = [uint(), uint()];
  const views: SessionViews | undefined = has(HAS_VIEWS)
    ? {
        main: has(BY_AUDIO) ? 'audio' : 'video',
        measure: { segmentMs: uint(), segments: uint(), durationMs: uint() },
        shard: uint(),
        startedAtSeconds: expiresAtSeconds - uint(),
      }
    : undefined;
  const policy = has(EVICTS) ? 'evict-oldest' : 'reject-new';
  const limits: SessionLink['limits'] = has(HAS_LIMITS) ? { sessions: uint(), policy } : undefined;
  const maxHeight = format === LIMITED_FORMAT ? uint() : undefined;
  const [kid, jti, viewer] = [fingerprint(HAS_LINK), fingerprint(HAS_JTI), fingerprint(HAS_VIEWER)];
  const [assetId, version, ...limitedTo] = idsSchema.parse(text().split(','));
  const tracks = has(HAS_TRACKS) ? limitedTo : undefined;
  if (limitedTo.length > (tracks === undefined ? 0 : MAX_TRACKS)) {
    throw new RangeError('the session names too many tracks');
  }
  const link = kid === undefined ? undefined : { kid, jti, viewer, limits };
  return { sessionId, assetId, version, revision, maxHeight, tracks, expiresAtSeconds, views, link };
}
