/** Takes a reading of the video element and the player while the video plays. */
import type { Format } from './address.ts';
import type { Player, Rendition } from './player.ts';
import type { BitRate } from './text.ts';

export type Reading = {
  /** The picture on the screen, not the one being fetched. 0 before the first frame. */
  width: number;
  height: number;
  /** The rendition of that size, if the player reveals it. */
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

/** Buffered ranges with a smaller gap count as one: players leave tiny gaps between segments. */
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

/** How many seconds playback can continue from `position` without fetching more. */
export function bufferAhead(ranges: Pick<TimeRanges, 'length' | 'start' | 'end'>, position: number): number {
  let end = position;
  for (let index = 0; index < ranges.length; index += 1) {
    if (ranges.start(index) <= end + SEAM_SECONDS && ranges.end(index) > end) {
      end = ranges.end(index);
    }
  }
  return end - position;
}
