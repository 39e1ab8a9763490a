/**
 * The publish check, part one: what can be computed from plan, reports and presentation. Pure. A version with a violation is
 * not published. Rule names are those of docs/architecture/conformance.md.
 */

import { measureBandwidth, type SegmentEntry } from '../../../media/bandwidth.ts';
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
import { checkSounds } from './check-sound.ts';
import { brokenRules, type CheckedRule, type Violation } from './violations.ts';

/** HAS 1.26, 1.27: measured within 10 % of declared. */
const BANDWIDTH_TOLERANCE = 0.1;
/** HAS 7.7: no segment longer than the target duration plus this. */
const SEGMENT_OVERRUN_SECONDS = 0.5;

/** Every part of a track has the same init segment, codec and clock (CMAF 7.3.2.4: one header for all fragments). */
function checkInits(trackId: string, parts: readonly TrackPart[]): Violation[] {
  const [first] = parts;
  const isSameInit = ({ init, codec, timescale }: TrackPart): boolean =>
    init.sha256 === first?.init.sha256 && codec === first.codec && timescale === first.timescale;
  const message = `init segment differs from the one of segment ${first?.firstNumber ?? '?'}`;
  return parts.flatMap((part) =>
    brokenRules(`${trackId}, segment ${part.firstNumber}`, [['cmaf-init-equal', isSameInit(part), message]]),
  );
}

const hasKeyframeLengths = ({ keyframeBytes: lengths, segments }: TrackPart): boolean =>
  lengths === undefined ||
  (lengths.length === segments.length && segments.every(([, bytes], index) => (lengths[index] ?? 0) <= bytes));

/** HAS 7.1, 7.3, CMAF 7.3.2.2: each part begins where the one before ends, in time and in number. */
function checkContinuity(trackId: string, parts: readonly TrackPart[]): Violation[] {
  const violations: Violation[] = [];
  let ticks = 0;
  let number = 1;
  for (const part of parts) {
    const broken = brokenRules(`${trackId}, segment ${part.firstNumber}`, [
      ['number-continuous', part.firstNumber === number, `expected segment ${number}`],
      ['has-7.3', part.baseDecodeTime === ticks, `tfdt is ${part.baseDecodeTime}, expected ${ticks}`],
      ['has-6.10', hasKeyframeLengths(part), 'not one key frame length per segment, within it'],
    ]);
    violations.push(...broken);
    ticks = part.baseDecodeTime + part.segments.reduce((sum, [duration]) => sum + duration, 0);
    number = part.firstNumber + part.segments.length;
  }
  return violations;
}

/** Exactly the planned frames; every segment but the last as long as planned (HAS 8.22: aligned across renditions). */
function checkVideoDurations(track: Track, plan: Pick<EncodePlan, 'video'>): Violation[] {
  const { segmentFrames, frameTicks, frameCount, timescale } = plan.video;
  if (track.timescale !== timescale) {
    const message = `timescale is ${track.timescale}, planned ${timescale}`;
    return [{ rule: 'plan-timescale', where: track.id, message }];
  }
  const violations: Violation[] = [];
  let framesLeft = frameCount;
  for (const { number, durationTicks } of segmentsOf(track)) {
    const expected = Math.min(segmentFrames, framesLeft) * frameTicks;
    const message = `lasts ${durationTicks} ticks, planned ${expected}`;
    violations.push(
      ...brokenRules(`${track.id}, segment ${number}`, [['has-8.22', durationTicks === expected, message]]),
    );
    framesLeft -= durationTicks / frameTicks;
  }
  const message = `${framesLeft} frames short of ${frameCount}`;
  return [...violations, ...brokenRules(track.id, [['frames-complete', framesLeft === 0, message]])];
}

/** HAS 2.15, 8.3: sound covers the picture and is longer by less than one access unit. */
function checkAudioDuration(track: Track, plan: AudioPlan, videoSeconds: number): Violation[] {
  const planned = audioSampleCount(plan) / plan.sampleRate;
  const actual = trackDurationSeconds(track);
  const half = audioCodecRow(plan.codec).frameSamples / plan.sampleRate / 2;
  const holds = Math.abs(actual - planned) <= half && actual >= videoSeconds - half;
  const message = `lasts ${actual.toFixed(3)} s, the picture ${videoSeconds.toFixed(3)} s`;
  return brokenRules(track.id, [['has-8.3', holds, message]]);
}

/** Against the planned length: the target duration of the playlist follows the longest segment, however long that is. */
function checkTargetDuration(track: Track, plannedSeconds: number): Violation[] {
  const limit = (Math.max(1, Math.round(plannedSeconds)) + SEGMENT_OVERRUN_SECONDS) * track.timescale;
  return [...segmentsOf(track)].flatMap(({ number, durationTicks }) => {
    const message = `lasts ${durationTicks / track.timescale} s, planned ${plannedSeconds.toFixed(3)} s`;
    return brokenRules(`${track.id}, segment ${number}`, [['has-7.7', durationTicks <= limit, message]]);
  });
}

/** Declared against measured: `segments` may be the reported ones or the ones found in the bucket. */
export function checkBandwidth(track: Track, segments: readonly SegmentEntry[]): Violation[] {
  const measured = measureBandwidth(segments, track.timescale);
  const ruleOf = (rule: string, kind: 'average' | 'peak'): CheckedRule => {
    const declared = track.bandwidth[kind];
    const holds = Math.abs(measured[kind] - declared) <= BANDWIDTH_TOLERANCE * declared;
    return [rule, holds, `${kind} is ${measured[kind]} b/s, declared ${declared}`];
  };
  return brokenRules(track.id, [ruleOf('has-1.26', 'average'), ruleOf('has-1.27', 'peak')]);
}

/** HAS 1.1, 1.19, 1.24: what the set of tracks has to be. */
export function checkTrackSet(presentation: Unnumbered): Violation[] {
  const ids = presentation.tracks.map(({ id }) => id);
  const ofSet = brokenRules('presentation', [
    ['has-1.24', videoTracks(presentation).length > 0, 'no video track'],
    ['track-unique', new Set(ids).size === ids.length, 'two tracks have the same id'],
  ]);
  const ofTracks = presentation.tracks.flatMap((track) =>
    brokenRules(track.id, [
      ['has-1.1', codecRowOf(track.codec)?.kind === track.kind, `codec ${track.codec}`],
      [
        'has-1.19',
        track.kind === 'audio' || fractionToNumber(track.frameRate) <= MAX_FRAME_RATE + 0.01,
        'more than 60 frames per second',
      ],
    ]),
  );
  return [...ofSet, ...ofTracks, ...checkSounds(presentation)];
}

/** All violations. Without any, the objects of the version are checked next. */
export function checkPresentation(
  plan: Pick<EncodePlan, 'video' | 'audio'>,
  reports: readonly ReportedChunk[],
  presentation: Unnumbered,
): Violation[] {
  const { frameCount, segmentFrames, frameTicks, timescale } = plan.video;
  const videoSeconds = (frameCount * frameTicks) / timescale;
  const videoSegmentSeconds = (segmentFrames * frameTicks) / timescale;
  const perTrack = presentation.tracks.flatMap((track) => {
    const audioPlan = plan.audio.find((audio) => audio.track === track.id);
    return audioPlan === undefined
      ? [...checkVideoDurations(track, plan), ...checkParts(track, reports, videoSegmentSeconds)]
      : checkAudioTrack(track, reports, audioPlan, videoSeconds);
  });
  return [...checkTrackSet(presentation), ...perTrack];
}

/** Also of a track that is added to a version later. */
export const checkAudioTrack = (
  track: Track,
  reports: readonly ReportedChunk[],
  plan: AudioPlan,
  videoSeconds: number,
): Violation[] => [
  ...checkAudioDuration(track, plan, videoSeconds),
  ...checkParts(track, reports, plan.segmentSeconds),
];

function checkParts(track: Track, reports: readonly ReportedChunk[], segmentSeconds: number): Violation[] {
  const parts = partsOf(reports, track.id);
  return [
    ...checkInits(track.id, parts),
    ...checkContinuity(track.id, parts),
    ...checkTargetDuration(track, segmentSeconds),
    ...checkBandwidth(
      track,
      parts.flatMap((part) => part.segments),
    ),
  ];
}
