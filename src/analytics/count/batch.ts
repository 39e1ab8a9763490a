/**
 * Text of a batch → Batch, or why it is none; from then on it is trusted. Loops check each of thousands of elements in
 * nanoseconds, a schema library takes several microseconds in workerd. Pure.
 */
import { MAX_SHARDS } from '../../access/sessions.ts';
import { MAX_SESSION_SECONDS } from '../../config.ts';
import { assetIdSchema, trackIdSchema, versionIdSchema } from '../../media/ids.ts';
import { MAX_SEGMENTS_PER_TRACK, MAX_TRACKS } from '../../media/limits.ts';
import type { Measure } from '../../media/measure.ts';
import { type Batch, DEVICE_CLASSES, MAX_BATCH_BYTES, MAX_BATCH_EVENTS, type SessionFacts } from '../facts.ts';

/** Versions of one asset are replaced by hand: our collector never has more of them at one time. */
const MAX_VERSIONS = 16;
const MAX_RUNS = 512;
/** So that characters are bytes, and a batch fits a row. */
const PRINTABLE = /^[\x20-\x7e]*$/;
const SESSION_ID = /^[a-z0-9][a-z0-9_-]{0,31}$/;
const VIEWER = /^(?:[0-9a-f]{16})?$/;
const COUNTRY = /^[A-Z0-9]{2}$/;
/** Twelve hours are the longest film; doubled, since a measure is rounded. */
const MAX_DURATION_MS = 24 * 3_600_000;

function must(holds: boolean, reason: string): asserts holds {
  if (!holds) {
    throw new TypeError(reason);
  }
}

export function parseBatch(text: unknown): { batch: Batch; events: number } | { reason: string } {
  try {
    must(typeof text === 'string' && text.length <= MAX_BATCH_BYTES && PRINTABLE.test(text), 'not a text of this size');
    const batch = JSON.parse(text);
    return { batch, events: checkBatch(batch) };
  } catch (error) {
    return { reason: error instanceof TypeError ? error.message : 'not JSON' };
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isInteger = (value: unknown, from: number, to: number): value is number =>
  Number.isInteger(value) && (value as number) >= from && (value as number) <= to;

const isText = (value: unknown, pattern: RegExp): boolean => typeof value === 'string' && pattern.test(value);

/** Returns the number of its events, as the functions below do. Throws a TypeError with the reason. */
function checkBatch(value: unknown): number {
  must(isRecord(value) && value['schema'] === 1, 'not a batch of this schema');
  const { assetId, shard, silent = [], versions } = value;
  must(Array.isArray(silent) && silent.length <= MAX_BATCH_EVENTS && silent.every(isSilence), 'silent');
  must(assetIdSchema.safeParse(assetId).success && isInteger(shard, 0, MAX_SHARDS - 1), 'assetId or shard');
  must(Array.isArray(versions) && versions.length > 0 && versions.length <= MAX_VERSIONS, 'versions');
  let events = 0;
  for (const version of versions) {
    events += checkVersion(version);
  }
  must(events <= MAX_BATCH_EVENTS, 'too many events');
  return events;
}

const isSilence = (value: unknown): boolean =>
  Array.isArray(value) &&
  value.length === 3 &&
  isText(value[0], SESSION_ID) &&
  value.slice(1).every((seconds) => isInteger(seconds, 0, MAX_SESSION_SECONDS));

function checkVersion(value: unknown): number {
  must(isRecord(value) && versionIdSchema.safeParse(value['version']).success, 'version');
  const { measure, tracks, sessions } = value;
  must(isMeasure(measure), 'measure');
  must(Array.isArray(tracks) && tracks.length <= MAX_TRACKS && new Set(tracks).size === tracks.length, 'tracks');
  const areNamed = tracks.every((id) => trackIdSchema.safeParse(id).success);
  must(areNamed, 'tracks');
  must(Array.isArray(sessions) && sessions.length <= MAX_BATCH_EVENTS, 'sessions');
  let events = 0;
  for (const session of sessions) {
    events += checkSession(session, tracks.length, measure.segments);
  }
  return events;
}

const isMeasure = (value: unknown): value is Measure =>
  isRecord(value) &&
  isInteger(value['segments'], 1, MAX_SEGMENTS_PER_TRACK) &&
  isInteger(value['segmentMs'], 1, MAX_DURATION_MS) &&
  isInteger(value['durationMs'], 1, MAX_DURATION_MS);

function checkSession(value: unknown, tracks: number, segments: number): number {
  must(Array.isArray(value) && value.length === 6, 'session facts');
  const [id, expiresAt, viewer, country, device, runs] = value as SessionFacts;
  must(isText(id, SESSION_ID) && isInteger(expiresAt, 0, 2 ** 40) && isText(viewer, VIEWER), 'session facts');
  must(isText(country, COUNTRY) && isInteger(device, 0, DEVICE_CLASSES.length - 1), 'session facts');
  must(Array.isArray(runs) && runs.length > 0 && runs.length <= MAX_RUNS, 'runs');
  let events = 0;
  for (const run of runs) {
    must(Array.isArray(run) && run.length === 3, 'run');
    const [track, first, last] = run;
    must(isInteger(track, 0, tracks - 1) && isInteger(first, 1, segments) && isInteger(last, first, segments), 'run');
    events += last - first + 1;
  }
  return events;
}
