/**
 * The publish check, part two: what is really in the bucket. Encoder reports are not believed: every object's size comes
 * from a listing, the init segment and the first segment of every task are read and parsed.
 */

import { CmafError } from '../../../media/boxes/cmaf-error.ts';
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
import type { Violation } from './violation.ts';

/** A moof of 240 samples is about 4 KB; the rest leaves room for more per sample. */
const SEGMENT_HEAD_BYTES = 16 * 1024;
/** Ranged reads at a time. */
const READ_CONCURRENCY = 6;
/** Objects of losing attempts stand beside the winners': allow several times the segments, not without end. */
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

/** A codec string, a clock and no edit list, as the presentation says (CMAF 9.2.1, RFC 6381). */
function checkInitFacts(track: Track, facts: InitFacts): Violation[] {
  const where = `${track.id}, init segment`;
  const found: Violation[] = [];
  if (facts.timescale !== track.timescale) {
    found.push({
      rule: 'cmaf-timescale',
      where,
      message: `timescale ${facts.timescale}, presented ${track.timescale}`,
    });
  }
  if (facts.hasEditList) {
    found.push({ rule: 'cmaf-9.2.1', where, message: 'has an edit list beside signed composition offsets' });
  }
  if (facts.entry.codec !== track.codec) {
    found.push({ rule: 'has-9.1', where, message: `codec ${facts.entry.codec}, presented ${track.codec}` });
  }
  if (
    track.kind === 'video' &&
    facts.entry.kind === 'video' &&
    (facts.entry.width !== track.width || facts.entry.height !== track.height)
  ) {
    found.push({ rule: 'has-9.3', where, message: `${facts.entry.width}x${facts.entry.height}` });
  }
  return found;
}

async function sha256(bytes: ArrayBuffer): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return toHex(digest);
}

async function checkInitObject(bucket: R2Bucket, ref: VersionRef, track: Track): Promise<Violation[]> {
  const where = `${track.id}, init segment`;
  const object = await bucket.get(initKey(ref, track.id));
  if (object === null || object.size !== track.init.bytes) {
    await object?.body.cancel();
    return [{ rule: 'object-present', where, message: object === null ? 'missing' : `${object.size} bytes` }];
  }
  const bytes = await object.arrayBuffer();
  if ((await sha256(bytes)) !== track.init.sha256) {
    return [{ rule: 'cmaf-init-equal', where, message: 'is not the one that was reported' }];
  }
  return parsed(where, () => checkInitFacts(track, readInit(new Uint8Array(bytes))));
}

/** Bytes that cannot be parsed are a violation, not a crash. */
function parsed(where: string, check: () => Violation[]): Violation[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof CmafError) {
      return [{ rule: 'cmaf-parse', where, message: error.message }];
    }
    throw error;
  }
}

type Rule = [rule: string, holds: boolean, message: string];

/** What older encoders did not write: a job that began with one must not fail when it is finished by another. */
const layoutRules = (facts: SegmentFacts, segment: NumberedSegment, layout: number): Rule[] =>
  layout < 2
    ? []
    : [
        [
          'isobmff-8.8.5',
          facts.sequenceNumber === segment.number,
          `mfhd has number ${facts.sequenceNumber}, expected ${segment.number}`,
        ],
        [
          'dash-6.3.4.2',
          SEGMENT_BRANDS.every((brand) => facts.brands.includes(brand)),
          `brands ${facts.brands.join(' ')}, expected ${SEGMENT_BRANDS.join(' ')}`,
        ],
      ];

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
  return parsed(where, () => {
    const facts = readSegment(bytes);
    const rules: Rule[] = [
      ...layoutRules(facts, segment, layout),
      [
        'has-7.3',
        facts.baseDecodeTime === segment.startTicks,
        `tfdt ${facts.baseDecodeTime}, expected ${segment.startTicks}`,
      ],
      [
        'has-8.1',
        facts.durationTicks === segment.durationTicks,
        `lasts ${facts.durationTicks}, presented ${segment.durationTicks}`,
      ],
      ['has-7.4', facts.firstSampleIsSync, 'does not begin with a sync sample'],
      ['has-2.17', facts.trafCount === 1, `${facts.trafCount} track fragments`],
      ['cmaf-7.3.2.3', facts.dataWithinMdat !== false, 'samples lie outside mdat'],
      ['cmaf-9.2.1', track.kind === 'audio' || facts.trunVersion === 1, `trun version ${facts.trunVersion}`],
      [
        'av-offset',
        facts.firstCompositionOffset === 0,
        `first frame is shown ${facts.firstCompositionOffset} ticks late`,
      ],
      [
        'has-6.10',
        segment.keyframeBytes === undefined || segment.keyframeBytes === facts.firstSampleBytesEnd,
        `key frame ends at ${facts.firstSampleBytesEnd}, presented ${segment.keyframeBytes ?? 0}`,
      ],
    ];
    return rules.filter(([, holds]) => !holds).map(([rule, , message]) => ({ rule, where, message }));
  });
}

function checkSizes(
  ref: VersionRef,
  track: Track,
  segments: readonly NumberedSegment[],
  sizes: ReadonlyMap<string, number>,
): Violation[] {
  return segments.flatMap((segment) => {
    const size = sizes.get(segmentKey(ref, track.id, segment.attempt, segment.number));
    const where = `${track.id}, segment ${segment.number}`;
    return size === segment.bytes
      ? []
      : [
          {
            rule: 'object-present',
            where,
            message: size === undefined ? 'missing' : `${size} bytes, reported ${segment.bytes}`,
          },
        ];
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
  const missing = checkSizes(ref, track, segments, sizes);
  if (missing.length > 0) {
    return missing;
  }
  const violations = await checkInitObject(bucket, ref, track);
  const measured = segments.map(
    ({ durationTicks, attempt, number }) =>
      [durationTicks, sizes.get(segmentKey(ref, track.id, attempt, number)) ?? 0] as const,
  );
  violations.push(...checkBandwidth(track, measured));

  const layouts = new Map(parts.map(({ firstNumber, layout }) => [firstNumber, layout]));
  const heads = segments.filter(({ number }) => layouts.has(number));
  const checked = await inGroups(heads, READ_CONCURRENCY, (segment) =>
    checkSegmentHead(bucket, ref, track, segment, layouts.get(segment.number) ?? 1),
  );
  violations.push(...checked.flat());
  return violations;
}
