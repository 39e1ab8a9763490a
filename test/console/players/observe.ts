/** Watches a media element from outside the player: ranges, seams, the picture's clock. */
import type { Range, Snapshot } from '../../e2e/browser/player-driver.ts';

const SAMPLE_MS = 100;
/** Ends of ranges are floating point. */
const TOUCHING_SECONDS = 0.000_5;

export const rangesOf = (ranges: TimeRanges): Range[] =>
  Array.from({ length: ranges.length }, (_, index) => [ranges.start(index), ranges.end(index)]);

/** Cues at the position, all of them: a cue that is there twice is shown twice. */
export const shownCues = (video: HTMLVideoElement): Snapshot['cues'] =>
  [...video.textTracks]
    .filter(({ mode }) => mode === 'showing')
    .flatMap(({ activeCues }) => [...(activeCues ?? [])])
    .map((cue) => ({ text: cue instanceof VTTCue ? cue.text : '', start: cue.startTime, end: cue.endTime }));

/** Must run before a player makes its source buffers. */
export function watchSourceBuffers(): () => Snapshot['tracks'] {
  const buffers: { kind: 'video' | 'audio'; buffer: SourceBuffer; owner: MediaSource }[] = [];
  const add = MediaSource.prototype.addSourceBuffer;
  MediaSource.prototype.addSourceBuffer = function (this: MediaSource, type) {
    const buffer = add.call(this, type);
    buffers.push({ kind: type.startsWith('audio/') ? 'audio' : 'video', buffer, owner: this });
    return buffer;
  };
  const rangesOfKind = (wanted: 'video' | 'audio'): Range[] =>
    buffers
      // A removed buffer throws when asked.
      .filter(({ kind, buffer, owner }) => kind === wanted && [...owner.sourceBuffers].includes(buffer))
      .flatMap(({ buffer }) => rangesOf(buffer.buffered));
  return () => ({ video: rangesOfKind('video'), audio: rangesOfKind('audio') });
}

/** Returns all that was ever buffered, merged. */
export function collectBuffered(video: HTMLVideoElement): () => Range[] {
  let seen: Range[] = [];
  const collect = (): Range[] => {
    seen = merge([...seen, ...rangesOf(video.buffered)]);
    return seen;
  };
  setInterval(collect, SAMPLE_MS);
  return collect;
}

function merge(ranges: readonly Range[]): Range[] {
  const merged: Range[] = [];
  for (const [start, end] of [...ranges].sort(([a], [b]) => a - b)) {
    const last = merged.at(-1);
    if (last !== undefined && start <= last[1] + TOUCHING_SECONDS) {
      merged[merged.length - 1] = [last[0], Math.max(last[1], end)];
    } else {
      merged.push([start, end]);
    }
  }
  return merged;
}

/** Sound drives the element's clock, so a frame's own time against it is how far picture and sound are apart. */
export function collectDrifts(video: HTMLVideoElement): number[] {
  const drifts: number[] = [];
  const onFrame = (_now: number, { mediaTime }: VideoFrameCallbackMetadata): void => {
    if (!video.paused && !video.seeking) {
      drifts.push(mediaTime - video.currentTime);
    }
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  return drifts;
}
