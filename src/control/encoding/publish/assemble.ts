/** Merges what the tasks reported into one presentation. Pure: sorting and adding up, no judgement (that is check.ts). */

import { measureBandwidth } from '../../../media/bandwidth.ts';
import type { VersionRef } from '../../../media/keys.ts';
import type { Track, TrackChunk, Unnumbered } from '../../../media/presentation.ts';
import type { EncodeResult, TrackReport } from '../../../protocol/encode-result.ts';
import type { Rendition } from '../../../protocol/ladder.ts';
import type { AudioPlan, EncodePlan } from '../../../protocol/plan-schema.ts';
import type { SourceFacts } from '../../../protocol/source-facts.ts';
import { JobFailure } from '../job-failure.ts';

/** A task's report and the attempt that won. */
export type ReportedChunk = EncodeResult & { attempt: string };

export type TrackPart = TrackReport & Pick<ReportedChunk, 'attempt' | 'layout'>;

/** One track's reports of all tasks, in presentation order. */
export function partsOf(reports: readonly ReportedChunk[], trackId: string): TrackPart[] {
  return reports
    .flatMap(({ attempt, layout, tracks }) =>
      tracks.filter(({ track }) => track === trackId).map((part) => ({ ...part, attempt, layout })),
    )
    .sort((a, b) => a.firstNumber - b.firstNumber);
}

/** Whether `part` goes on where `chunk` ends, in the same folder of the bucket. */
const continues = (chunk: TrackChunk, part: TrackPart): boolean =>
  chunk.attempt === part.attempt &&
  chunk.firstNumber + chunk.segments.length === part.firstNumber &&
  (chunk.keyframeBytes === undefined) === (part.keyframeBytes === undefined);

/**
 * Parts of one attempt in a row are one chunk of the presentation: naming each task would make up a third of the JSON of
 * a long film, for nothing that a player needs.
 */
function chunksOf(parts: readonly TrackPart[]): TrackChunk[] {
  const chunks: TrackChunk[] = [];
  for (const part of parts) {
    const last = chunks.at(-1);
    if (last !== undefined && continues(last, part)) {
      last.segments.push(...part.segments);
      last.keyframeBytes?.push(...(part.keyframeBytes ?? []));
    } else {
      chunks.push({
        attempt: part.attempt,
        firstNumber: part.firstNumber,
        segments: [...part.segments],
        ...(part.keyframeBytes === undefined ? {} : { keyframeBytes: [...part.keyframeBytes] }),
      });
    }
  }
  return chunks;
}

function commonFacts(trackId: string, parts: readonly TrackPart[]) {
  const [first] = parts;
  if (first === undefined) {
    throw new JobFailure('check_failed', `[complete] ${trackId}: no task reported this track`);
  }
  return {
    id: trackId,
    codec: first.codec,
    timescale: first.timescale,
    presentationOffset: 0,
    bandwidth: measureBandwidth(
      parts.flatMap((part) => part.segments),
      first.timescale,
    ),
    init: first.init,
    chunks: chunksOf(parts),
  };
}

function videoTrack(rendition: Rendition, plan: Pick<EncodePlan, 'video'>, parts: readonly TrackPart[]): Track {
  return {
    ...commonFacts(rendition.track, parts),
    kind: 'video',
    width: rendition.width,
    height: rendition.height,
    frameRate: plan.video.frameRate,
    // Everything is made SDR for now; a rendition that keeps its range will say so in the plan.
    videoRange: 'SDR',
  };
}

function audioTrack(audio: AudioPlan, index: number, parts: readonly TrackPart[]): Track {
  return {
    ...commonFacts(audio.track, parts),
    kind: 'audio',
    channels: audio.channels,
    sampleRate: audio.sampleRate,
    language: audio.language,
    role: index === 0 ? 'main' : 'alternate',
  };
}

/**
 * The plan's renditions and sound as a presentation of the version. Throws JobFailure where a planned track has no report at
 * all.
 */
export function assemblePresentation(
  ref: VersionRef,
  facts: SourceFacts,
  plan: Pick<EncodePlan, 'video' | 'audio'>,
  reports: readonly ReportedChunk[],
): Unnumbered {
  const { video } = facts;
  return {
    schema: 1,
    assetId: ref.assetId,
    version: ref.version,
    source: {
      container: facts.container,
      sizeBytes: facts.sizeBytes,
      width: video.displayWidth,
      height: video.displayHeight,
      frameRate: video.frameRate,
      frameCount: video.frameCount,
      durationSeconds: video.durationSeconds,
      videoCodec: video.codec,
    },
    tracks: [
      ...plan.video.renditions.map((rendition) => videoTrack(rendition, plan, partsOf(reports, rendition.track))),
      ...plan.audio.map((audio, index) => audioTrack(audio, index, partsOf(reports, audio.track))),
    ],
  };
}
