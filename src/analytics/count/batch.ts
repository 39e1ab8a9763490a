/**
 * Text of a batch → Batch, or why it is none. By loops: a schema library takes several microseconds for each of the
 * thousands of elements in workerd, these some nanoseconds. Pure, and the only place that trusts nothing of a batch.
 */
import { MAX_SHARDS } from '../../access/sessions.ts';
import { assetIdSchema, trackIdSchema, versionIdSchema } from '../../media/ids.ts';
import { MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../../media/limits.ts';
import type { Measure } from '../../media/measure.ts';
import { type Batch, DEVICE_CLASSES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, type SessionFacts } from '../facts.ts';

export type ParsedBatch = { batch: Batch; events: number } | { reason: string };

/** Of one asset at one time: a version is replaced by hand, so more of them in one batch is not our collector. */
const MAX_VERSIONS = 16;
const MAX_RUNS = 512;
/** So that characters are bytes, and a batch fits a row. */
const PRINTABLE = /^[\x20-\x7e]*$/;
const SESSION_ID = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const VIEWER = /^(?:[0-9a-f]{16})?$/;
const COUNTRY = /^[A-Z0-9]{2}$/;
/** Twelve hours are the longest film; doubled, since a measure is rounded. */
const MAX_DURATION_MS = 24 * 3_600_000;

/** Text of any origin, also none of ours. */
export function parseBatch(text: unknown): ParsedBatch {
  if (typeof text !== 'string' || text.length > MAX_BATCH_BYTES || !PRINTABLE.test(text)) {
    return { reason: 'not a text of this size' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { reason: 'not JSON' };
  }
  return checkBatch(value);
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isInteger = (value: unknown, from: number, to: number): value is number =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to;

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

function checkBatch(value: unknown): ParsedBatch {
  if (!isRecord(value) || value['schema'] !== 1) {
    return { reason: 'not a batch of this schema' };
  }
  const { assetId, shard, versions } = value;
  if (!assetIdSchema.safeParse(assetId).success || !isInteger(shard, 0, MAX_SHARDS - 1)) {
    return { reason: 'assetId or shard' };
  }
  if (!Array.isArray(versions) || versions.length === 0 || versions.length > MAX_VERSIONS) {
    return { reason: 'versions' };
  }
  let events = 0;
  for (const version of versions) {
    const counted = checkVersion(version);
    if (typeof counted === 'string') {
      return { reason: counted };
    }
    events += counted;
  }
  return events > MAX_BATCH_EVENTS ? { reason: 'too many events' } : { batch: value as Batch, events };
}

/** Its events, or what is wrong. */
function checkVersion(value: unknown): number | string {
  if (!isRecord(value) || !versionIdSchema.safeParse(value['version']).success) {
    return 'version';
  }
  const { measure, tracks, sessions } = value;
  if (!isMeasure(measure)) {
    return 'measure';
  }
  const areTracks =
    Array.isArray(tracks) && tracks.length <= MAX_TRACKS && tracks.every((id) => trackIdSchema.safeParse(id).success);
  if (!areTracks || new Set(tracks).size !== tracks.length) {
    return 'tracks';
  }
  if (!Array.isArray(sessions) || sessions.length > MAX_BATCH_EVENTS) {
    return 'sessions';
  }
  let events = 0;
  for (const session of sessions) {
    const counted = countEvents(session, tracks.length, measure.segments);
    if (counted === 0 || events + counted > MAX_BATCH_EVENTS) {
      return counted === 0 ? 'session facts' : 'too many events';
    }
    events += counted;
  }
  return events;
}

const isMeasure = (value: unknown): value is Measure =>
  isRecord(value) &&
  isInteger(value['segments'], 1, MAX_SEGMENTS_PER_TRACK) &&
  isDuration(value['segmentMs']) &&
  isDuration(value['durationMs']);

const isDuration = (value: unknown): boolean => isInteger(value, 1, MAX_DURATION_MS);

/** Segments that the facts of a session name; 0 where they are not facts. */
function countEvents(value: unknown, tracks: number, segments: number): number {
  if (!Array.isArray(value) || value.length !== 6) {
    return 0;
  }
  const [id, expiresAt, viewer, country, device, runs] = value as SessionFacts;
  const isSound =
    isText(id, SESSION_ID) &&
    isInteger(expiresAt, 0, 2 ** 40) &&
    isText(viewer, VIEWER) &&
    isText(country, COUNTRY) &&
    isInteger(device, 0, DEVICE_CLASSES.length - 1);
  if (!isSound || !Array.isArray(runs) || runs.length > MAX_RUNS) {
    return 0;
  }
  let events = 0;
  for (const run of runs) {
    if (!Array.isArray(run) || run.length !== 3) {
      return 0;
    }
    const [track, first, last] = run;
    if (!isInteger(track, 0, tracks - 1) || !isInteger(first, 1, segments) || !isInteger(last, first, segments)) {
      return 0;
    }
    events += last - first + 1;
  }
  return events;
}
