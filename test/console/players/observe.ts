/** Watches a media element from outside the player: ranges, seams, the picture's clock. */
import type { Range, Snapshot } from '../../e2e/browser/player-driver.ts';

export const rangesOf = (ranges: TimeRanges): Range[] =>
  Array.from({ length: ranges.length }, (_, index) => [ranges.start(index), ranges.end(index)]);

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
