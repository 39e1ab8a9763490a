/** Merges the reports of tasks into one presentation. Pure. It sorts and adds up; check.ts finds what is wrong. */

import { measureBandwidth } from '../../../media/bandwidth.ts';
import type { VersionRef } from '../../../media/keys.ts';
import type { AudioTrack, Loudness, TrackChunk, Unnumbered, VideoTrack } from '../../../media/presentation.ts';
import type { EncodeResult, TrackReport } from '../../../protocol/encode-result.ts';
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

/** Whether `part` begins where `chunk` ends, in the same folder of the bucket. */
const continues = (chunk: TrackChunk, part: TrackPart): boolean =>
  chunk.attempt === part.attempt &&
  chunk.firstNumber + chunk.segments.length === part.firstNumber &&
  (chunk.keyframeBytes === undefined) === (part.keyframeBytes === undefined);

/**
 * Successive parts of one attempt are one chunk of the presentation. A chunk for each task would be a third of the JSON of a
 * long film, and no player needs it.
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

function commonFacts(id: string, reports: readonly ReportedChunk[]) {
  const parts = partsOf(reports, id);
  const [first] = parts;
  if (first === undefined) {
    throw new JobFailure('check_failed', `[complete] ${id}: no task reported this track`);
  }
  const { codec, timescale, init } = first;
  const segments = parts.flatMap((part) => part.segments);
  const bandwidth = measureBandwidth(segments, timescale);
  return { id, codec, timescale, presentationOffset: 0, bandwidth, init, chunks: chunksOf(parts) };
}

/** Of the task that heard the whole track: the only one, or the first of several parts. */
const loudnessOf = (track: string, reports: readonly ReportedChunk[]): Loudness | undefined =>
  reports.find(({ loudness, tracks }) => loudness !== undefined && tracks.some((report) => report.track === track))
    ?.loudness;

/** `isMain`: it is the film's own sound that is heard first. */
export function audioTrack(plan: AudioPlan, isMain: boolean, reports: readonly ReportedChunk[]): AudioTrack {
  const { track, channels, sampleRate, language, name, role, formatOf } = plan;
  const loudness = loudnessOf(track, reports);
  return {
    ...commonFacts(track, reports),
    kind: 'audio',
    channels,
    sampleRate,
    language,
    role: role ?? (isMain ? 'main' : 'alternate'),
    ...(name === undefined ? {} : { name }),
    ...(formatOf === undefined ? {} : { formatOf }),
    ...(loudness === undefined ? {} : { loudness }),
  };
}

/** The plan's renditions and sound as a presentation of the version. Throws JobFailure where a planned track has no report. */
export function assemblePresentation(
  ref: VersionRef,
  facts: SourceFacts,
  plan: Pick<EncodePlan, 'video' | 'audio'>,
  reports: readonly ReportedChunk[],
): Unnumbered {
  const { video } = facts;
  const main = plan.audio[0]?.track;
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
      ...plan.video.renditions.map(
        ({ track, width, height }): VideoTrack => ({
          ...commonFacts(track, reports),
          kind: 'video',
          width,
          height,
          frameRate: plan.video.frameRate,
          // All output is SDR for now; a rendition that keeps its range will say so in the plan.
          videoRange: 'SDR',
        }),
      ),
      ...plan.audio.map((audio) => audioTrack(audio, (audio.formatOf ?? audio.track) === main, reports)),
    ],
  };
}
