/**
 * The publish check, part one: everything that can be computed from plan, reports and presentation. Pure. A version with a
 * violation is not published. Rule names are those of docs/architecture/conformance.md.
 */

import { measureBandwidth } from '../../../media/bandwidth.ts';
import { audioCodecRow, codecRowOf } from '../../../media/codecs/codecs.ts';
import { fractionToNumber } from '../../../media/fraction.ts';
import { MAX_FRAME_RATE } from '../../../media/limits.ts';
import {
  segmentsOf,
  type Track,
  trackDurationSeconds,
  type Unnumbered,
  videoTracks,
} from '../../../media/presentation.ts';
import { type AudioPlan, audioSampleCount, type EncodePlan } from '../../../protocol/plan-schema.ts';
import { partsOf, type ReportedChunk, type TrackPart } from './assemble.ts';
import type { Violation } from './violation.ts';

/** HAS 1.26, 1.27: measured within 10 % of declared. */
const BANDWIDTH_TOLERANCE = 0.1;
/** HAS 7.7: no segment longer than the target duration plus this. */
const SEGMENT_OVERRUN_SECONDS = 0.5;

/** Every part of a track has the same init segment, codec and clock (CMAF 7.3.2.4: one header for all fragments). */
function checkInits(trackId: string, parts: readonly TrackPart[]): Violation[] {
  const [first] = parts;
  return parts
    .filter(
      (part) =>
        part.init.sha256 !== first?.init.sha256 || part.codec !== first.codec || part.timescale !== first.timescale,
    )
    .map((part) => ({
      rule: 'cmaf-init-equal',
      where: `${trackId}, segment ${part.firstNumber}`,
      message: `init segment differs from the one of segment ${first?.firstNumber ?? '?'}`,
    }));
}

const areKeyframeLengths = (lengths: readonly number[], segments: TrackPart['segments']): boolean =>
  lengths.length === segments.length && segments.every(([, bytes], index) => (lengths[index] ?? 0) <= bytes);

/** HAS 7.1, 7.3, CMAF 7.3.2.2: each part begins where the one before ends, in time and in number. */
function checkContinuity(trackId: string, parts: readonly TrackPart[]): Violation[] {
  const violations: Violation[] = [];
  let ticks = 0;
  let number = 1;
  for (const part of parts) {
    const where = `${trackId}, segment ${part.firstNumber}`;
    if (part.firstNumber !== number) {
      violations.push({ rule: 'number-continuous', where, message: `expected segment ${number}` });
    }
    if (part.baseDecodeTime !== ticks) {
      violations.push({ rule: 'has-7.3', where, message: `tfdt is ${part.baseDecodeTime}, expected ${ticks}` });
    }
    if (part.keyframeBytes !== undefined && !areKeyframeLengths(part.keyframeBytes, part.segments)) {
      violations.push({ rule: 'has-6.10', where, message: 'not one key frame length per segment, within it' });
    }
    ticks = part.baseDecodeTime + part.segments.reduce((sum, [duration]) => sum + duration, 0);
    number = part.firstNumber + part.segments.length;
  }
  return violations;
}

/** Exactly the planned frames; every segment but the last as long as planned (HAS 8.22: aligned across renditions). */
function checkVideoDurations(track: Track, plan: Pick<EncodePlan, 'video'>): Violation[] {
  const { segmentFrames, frameTicks, frameCount, timescale } = plan.video;
  const violations: Violation[] = [];
  if (track.timescale !== timescale) {
    return [
      { rule: 'plan-timescale', where: track.id, message: `timescale is ${track.timescale}, planned ${timescale}` },
    ];
  }
  let framesLeft = frameCount;
  for (const segment of segmentsOf(track)) {
    const expected = Math.min(segmentFrames, framesLeft) * frameTicks;
    if (segment.durationTicks !== expected) {
      const message = `lasts ${segment.durationTicks} ticks, planned ${expected}`;
      violations.push({ rule: 'has-8.22', where: `${track.id}, segment ${segment.number}`, message });
    }
    framesLeft -= segment.durationTicks / frameTicks;
  }
  if (framesLeft !== 0) {
    violations.push({
      rule: 'frames-complete',
      where: track.id,
      message: `${framesLeft} frames short of ${frameCount}`,
    });
  }
  return violations;
}

/** HAS 2.15, 8.3: sound covers the picture and runs over by less than one access unit. */
function checkAudioDuration(track: Track, plan: AudioPlan, videoSeconds: number): Violation[] {
  const planned = audioSampleCount(plan) / plan.sampleRate;
  const actual = trackDurationSeconds(track);
  const half = audioCodecRow(plan.codec).frameSamples / plan.sampleRate / 2;
  return Math.abs(actual - planned) > half || actual < videoSeconds - half
    ? [
        {
          rule: 'has-8.3',
          where: track.id,
          message: `lasts ${actual.toFixed(3)} s, the picture ${videoSeconds.toFixed(3)} s`,
        },
      ]
    : [];
}

/** Against the planned length: the target duration of the playlist follows the longest segment, however long that is. */
function checkTargetDuration(track: Track, plannedSeconds: number): Violation[] {
  const limit = (Math.max(1, Math.round(plannedSeconds)) + SEGMENT_OVERRUN_SECONDS) * track.timescale;
  return [...segmentsOf(track)].flatMap(({ number, durationTicks }) =>
    durationTicks > limit
      ? [
          {
            rule: 'has-7.7',
            where: `${track.id}, segment ${number}`,
            message: `lasts ${durationTicks / track.timescale} s, planned ${plannedSeconds.toFixed(3)} s`,
          },
        ]
      : [],
  );
}

/** Declared against measured: `segments` may be the reported ones or the ones found in the bucket. */
export function checkBandwidth(track: Track, segments: readonly (readonly [number, number])[]): Violation[] {
  const measured = measureBandwidth(segments, track.timescale);
  return (['average', 'peak'] as const).flatMap((kind) => {
    const declared = track.bandwidth[kind];
    return Math.abs(measured[kind] - declared) > BANDWIDTH_TOLERANCE * declared
      ? [
          {
            rule: kind === 'average' ? 'has-1.26' : 'has-1.27',
            where: track.id,
            message: `${kind} is ${measured[kind]} b/s, declared ${declared}`,
          },
        ]
      : [];
  });
}

/** HAS 1.1, 1.19, 1.33, 2.3: what the set of tracks has to be. */
function checkTrackSet(presentation: Unnumbered): Violation[] {
  const violations: Violation[] = [];
  const videos = videoTracks(presentation);
  if (videos.length === 0) {
    violations.push({ rule: 'has-1.24', where: 'presentation', message: 'no video track' });
  }
  const ids = presentation.tracks.map(({ id }) => id);
  if (new Set(ids).size !== ids.length) {
    violations.push({ rule: 'track-unique', where: 'presentation', message: 'two tracks have the same id' });
  }
  for (const track of presentation.tracks) {
    if (codecRowOf(track.codec)?.kind !== track.kind) {
      violations.push({ rule: 'has-1.1', where: track.id, message: `codec ${track.codec}` });
    }
    if (track.kind === 'video' && fractionToNumber(track.frameRate) > MAX_FRAME_RATE + 0.01) {
      violations.push({ rule: 'has-1.19', where: track.id, message: 'more than 60 frames per second' });
    }
    if (track.kind === 'audio' && track.channels !== 2) {
      violations.push({ rule: 'has-2.3', where: track.id, message: `${track.channels} channels` });
    }
  }
  return violations;
}

/** All violations, none when the version may go on to the check of its objects. */
export function checkPresentation(
  plan: Pick<EncodePlan, 'video' | 'audio'>,
  reports: readonly ReportedChunk[],
  presentation: Unnumbered,
): Violation[] {
  const { frameCount, segmentFrames, frameTicks, timescale } = plan.video;
  const videoSeconds = (frameCount * frameTicks) / timescale;
  const videoSegmentSeconds = (segmentFrames * frameTicks) / timescale;
  const perTrack = presentation.tracks.flatMap((track) => {
    const parts = partsOf(reports, track.id);
    const audioPlan = plan.audio.find((audio) => audio.track === track.id);
    return [
      ...checkInits(track.id, parts),
      ...checkContinuity(track.id, parts),
      ...(audioPlan === undefined
        ? checkVideoDurations(track, plan)
        : checkAudioDuration(track, audioPlan, videoSeconds)),
      ...checkTargetDuration(track, audioPlan?.segmentSeconds ?? videoSegmentSeconds),
      ...checkBandwidth(
        track,
        parts.flatMap((part) => part.segments),
      ),
    ];
  });
  return [...checkTrackSet(presentation), ...perTrack];
}
