/**
 * The publish check, part two: the objects in the bucket. It does not trust the reports of encoders: every object's size
 * comes from a listing, and the init segment and the first segment of every task are read and parsed.
 */

import { CmafError } from '../../../media/boxes/boxes.ts';
import { SEGMENT_BRANDS } from '../../../media/cmaf/finish-segment.ts';
import { type InitFacts, readInit } from '../../../media/cmaf/init-segment.ts';
import { readSegment, type SegmentFacts } from '../../../media/cmaf/media-segment.ts';
import { initKey, segmentKey, type VersionRef, versionPrefix } from '../../../media/keys.ts';
import { MAX_SEGMENTS_PER_TRACK } from '../../../media/limits.ts';
import { type NumberedSegment, segmentsOf, type Track } from '../../../media/presentation.ts';
import { inGroups } from '../../../platform/at-once.ts';
import { toHex } from '../../../platform/encodings.ts';
import type { TrackPart } from './assemble.ts';
import { checkBandwidth } from './check.ts';
import { brokenRules, type CheckedRule, type Violation } from './violations.ts';

/** A moof of 240 samples is about 4 KB; the rest leaves room for more per sample. */
const SEGMENT_HEAD_BYTES = 16 * 1024;
/** Ranged reads at a time. */
const READ_CONCURRENCY = 6;
/** Several times the segments of a track: objects of attempts that lost are listed too. */
const MAX_LISTED = 4 * MAX_SEGMENTS_PER_TRACK;

async function listSizes(bucket: R2Bucket, prefix: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  let cursor: string | undefined;
  do {
    const page: R2Objects = await bucket.list({ prefix, ...(cursor === undefined ? {} : { cursor }) });
    for (const { key, size } of page.objects) {
      sizes.set(key, size);
    }
    cursor = page.truncated ? page.cursor : undefined;
  } while (cursor !== undefined && sizes.size < MAX_LISTED);
  return sizes;
}

/** Codec, clock, size or channels as the presentation says, and no edit list (CMAF 9.2.1, RFC 6381). */
function initRules(track: Track, { timescale, hasEditList, entry }: InitFacts): CheckedRule[] {
  const rules: CheckedRule[] = [
    ['cmaf-timescale', timescale === track.timescale, `timescale ${timescale}, presented ${track.timescale}`],
    ['cmaf-9.2.1', !hasEditList, 'has an edit list beside signed composition offsets'],
    ['has-9.1', entry.codec === track.codec, `codec ${entry.codec}, presented ${track.codec}`],
  ];
  if (track.kind === 'video' && entry.kind === 'video') {
    const isSameSize = entry.width === track.width && entry.height === track.height;
    rules.push(['has-9.3', isSameSize, `${entry.width}x${entry.height}`]);
  }
  if (track.kind === 'audio' && entry.kind === 'audio') {
    const isSameSound = entry.channels === track.channels && entry.sampleRate === track.sampleRate;
    rules.push(['has-2.11', isSameSound, `${entry.channels} channels at ${entry.sampleRate} Hz`]);
  }
  return rules;
}

async function checkInitObject(bucket: R2Bucket, ref: VersionRef, track: Track): Promise<Violation[]> {
  const where = `${track.id}, init segment`;
  const object = await bucket.get(initKey(ref, track.id));
  if (object === null || object.size !== track.init.bytes) {
    await object?.body.cancel();
    return [{ rule: 'object-present', where, message: object === null ? 'missing' : `${object.size} bytes` }];
  }
  const bytes = await object.arrayBuffer();
  const digest = await crypto.subtle.digest('SHA-256', bytes);
  if (toHex(new Uint8Array(digest)) !== track.init.sha256) {
    return [{ rule: 'cmaf-init-equal', where, message: 'is not the one that was reported' }];
  }
  return parseAndCheck(where, () => initRules(track, readInit(new Uint8Array(bytes))));
}

/** Bytes that cannot be parsed are a violation, not a crash. */
function parseAndCheck(where: string, parse: () => CheckedRule[]): Violation[] {
  try {
    return brokenRules(where, parse());
  } catch (error) {
    if (error instanceof CmafError) {
      return [{ rule: 'cmaf-parse', where, message: error.message }];
    }
    throw error;
  }
}

/** Older encoders do not write these: a job that began with one must not fail when another one finishes it. */
function layoutRules({ sequenceNumber, brands }: SegmentFacts, number: number, layout: number): CheckedRule[] {
  if (layout < 2) {
    return [];
  }
  const hasBrands = SEGMENT_BRANDS.every((brand) => brands.includes(brand));
  return [
    ['isobmff-8.8.5', sequenceNumber === number, `mfhd has number ${sequenceNumber}, expected ${number}`],
    ['dash-6.3.4.2', hasBrands, `brands ${brands.join(' ')}, expected ${SEGMENT_BRANDS.join(' ')}`],
  ];
}

function segmentRules(track: Track, segment: NumberedSegment, facts: SegmentFacts): CheckedRule[] {
  const { baseDecodeTime, durationTicks, firstSampleBytesEnd: keyframeEnd, firstCompositionOffset: offset } = facts;
  const { startTicks, keyframeBytes } = segment;
  return [
    ['has-7.3', baseDecodeTime === startTicks, `tfdt ${baseDecodeTime}, expected ${startTicks}`],
    ['has-8.1', durationTicks === segment.durationTicks, `lasts ${durationTicks}, presented ${segment.durationTicks}`],
    ['has-7.4', facts.firstSampleIsSync, 'does not begin with a sync sample'],
    ['has-2.17', facts.trafCount === 1, `${facts.trafCount} track fragments`],
    ['cmaf-7.3.2.3', facts.dataWithinMdat !== false, 'samples lie outside mdat'],
    ['cmaf-9.2.1', track.kind === 'audio' || facts.trunVersion === 1, `trun version ${facts.trunVersion}`],
    ['av-offset', offset === 0, `first frame is shown ${offset} ticks late`],
    [
      'has-6.10',
      keyframeBytes === undefined || keyframeBytes === keyframeEnd,
      `key frame ends at ${keyframeEnd}, presented ${keyframeBytes ?? 0}`,
    ],
  ];
}

/** HAS 7.3 and 7.4, CMAF 7.3.2 and 9.2.1, on the bytes of one segment, of the layout that its encoder promised. */
async function checkSegmentHead(
  bucket: R2Bucket,
  ref: VersionRef,
  track: Track,
  segment: NumberedSegment,
  layout: number,
): Promise<Violation[]> {
  const where = `${track.id}, segment ${segment.number}`;
  const length = Math.min(SEGMENT_HEAD_BYTES, segment.bytes);
  const object = await bucket.get(segmentKey(ref, track.id, segment.attempt, segment.number), {
    range: { offset: 0, length },
  });
  if (object === null) {
    return [{ rule: 'object-present', where, message: 'missing' }];
  }
  const bytes = new Uint8Array(await object.arrayBuffer());
  return parseAndCheck(where, () => {
    const facts = readSegment(bytes);
    return [...layoutRules(facts, segment.number, layout), ...segmentRules(track, segment, facts)];
  });
}

/**
 * All violations of one track's objects. `parts`: what the track's tasks reported; each one's first segment is read.
 * Reads: one listing page per 1,000 objects, one object per task, the init segment.
 */
export async function checkTrackObjects(
  bucket: R2Bucket,
  ref: VersionRef,
  track: Track,
  parts: readonly Pick<TrackPart, 'firstNumber' | 'layout'>[],
): Promise<Violation[]> {
  const segments = [...segmentsOf(track)];
  const sizes = await listSizes(bucket, `${versionPrefix(ref)}${track.id}/`);
  const missing = segments.flatMap(({ attempt, number, bytes }) => {
    const size = sizes.get(segmentKey(ref, track.id, attempt, number));
    const message = size === undefined ? 'missing' : `${size} bytes, reported ${bytes}`;
    return brokenRules(`${track.id}, segment ${number}`, [['object-present', size === bytes, message]]);
  });
  if (missing.length > 0) {
    return missing;
  }
  const ofInit = await checkInitObject(bucket, ref, track);
  const ofBandwidth = checkBandwidth(
    track,
    segments.map(({ durationTicks, bytes }) => [durationTicks, bytes]),
  );
  const layouts = new Map(parts.map(({ firstNumber, layout }) => [firstNumber, layout]));
  const heads = segments.filter(({ number }) => layouts.has(number));
  const checked = await inGroups(heads, READ_CONCURRENCY, (segment) =>
    checkSegmentHead(bucket, ref, track, segment, layouts.get(segment.number) ?? 1),
  );
  return [...ofInit, ...ofBandwidth, ...checked.flat()];
}
