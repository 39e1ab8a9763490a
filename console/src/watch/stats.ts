/** What is measured while the video plays: one reading from the element and the player. Draws nothing. */
import type { Format } from './address.ts';
import type { Player, Rendition } from './player.ts';
import type { BitRate } from './text.ts';

export type Reading = {
  /** What is on the screen, not what is being fetched. Zero-sized before the first frame. */
  width: number;
  height: number;
  /** The rendition of that size, where the player tells. */
  rendition: Rendition | null;
  bitRate: BitRate | null;
  bufferAheadSeconds: number;
  droppedFrames: number;
  decodedFrames: number;
  estimatedBandwidth: number | null;
  format: Format;
  positionSeconds: number;
  durationSeconds: number;
};

/** Ranges that touch within this count as one: players keep tiny seams between segments. */
const SEAM_SECONDS = 0.1;

export type Sources = {
  video: HTMLVideoElement;
  player: Player | null;
  format: Format;
  bitRates: ReadonlyMap<number, BitRate>;
};

export function readStats({ video, player, format, bitRates }: Sources): Reading {
  const { videoWidth: width, videoHeight: height } = video;
  const quality = video.getVideoPlaybackQuality();
  return {
    width,
    height,
    rendition: player?.renditions().find((rendition) => rendition.height === height) ?? null,
    bitRate: bitRates.get(height) ?? null,
    bufferAheadSeconds: bufferAhead(video.buffered, video.currentTime),
    droppedFrames: quality.droppedVideoFrames,
    decodedFrames: quality.totalVideoFrames,
    estimatedBandwidth: player?.estimatedBandwidth() ?? null,
    format,
    positionSeconds: video.currentTime,
    durationSeconds: video.duration,
  };
}

/** How far playback could go on from `position` without another byte. */
export function bufferAhead(ranges: Pick<TimeRanges, 'length' | 'start' | 'end'>, position: number): number {
  let end = position;
  for (let index = 0; index < ranges.length; index += 1) {
    if (ranges.start(index) <= end + SEAM_SECONDS && ranges.end(index) > end) {
      end = ranges.end(index);
    }
  }
  return end - position;
}
