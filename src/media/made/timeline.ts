/**
 * Times of the made tracks. The film begins at a media time C, the same in both tracks: so much sound is before it, which
 * primes the decoder (ISO/IEC 14496-24). No decode time is negative, and there is no edit list (CMAF 9.2.1).
 */
import { MAX_TIMESCALE } from '../limits.ts';
import { NotStandard } from '../source/not-standard.ts';
import type { SampleCursor, SourceAudio, SourceVideo } from '../source/standard-source.ts';

/** C is a whole number of ticks of the sound. In ticks of the picture it is wrong by less than 0.05 ms so. */
const MIN_TIMESCALE = 10_000;

/** Packets before the first one that is heard. HE-AAC needs one more: its bands are made of the packet before. */
const primingPackets = ({ codec }: SourceAudio): number => (codec === 'mp4a.40.2' ? 1 : 2);

export type VideoTimeline = {
  /** Ticks of the made track in one of the source's. */
  scale: number;
  timescale: number;
  presentationOffset: number;
  /** Decode time of the first frame, which is also its presentation time. */
  startTicks: number;
};

export type AudioTimeline = {
  presentationOffset: number;
  startTicks: number;
  /** Packets at the beginning of the source that are left out. */
  skipped: number;
};

const scaled = (value: number, by: number, per: number, rounding: 'nearest' | 'up'): number => {
  const add = rounding === 'nearest' ? BigInt(per) / 2n : BigInt(per) - 1n;
  // Times are not negative here, so the division rounds down.
  return Number((BigInt(value) * BigInt(by) + add) / BigInt(per));
};

/** Ticks from the film's start to the cursor's sample. */
const filmTicks = ({ decodeTicks, compositionOffsetTicks }: SampleCursor, startTicks: number): number =>
  decodeTicks + compositionOffsetTicks - startTicks;

/** Throws NotStandard where the film ends before any sound. */
export function audioTimeline(audio: SourceAudio): AudioTimeline {
  const cursor = audio.samples();
  const kept = primingPackets(audio);
  /** Of the last packets. */
  const times: number[] = [];
  while (cursor.next()) {
    const time = filmTicks(cursor, audio.startTicks);
    times.push(time);
    times.splice(0, times.length - 1 - kept);
    if (time + cursor.durationTicks > 0) {
      const [first = time] = times;
      const skipped = cursor.index + 1 - times.length;
      const presentationOffset = Math.max(0, -first);
      return { presentationOffset, startTicks: presentationOffset + first, skipped };
    }
  }
  throw new NotStandard('tracks_unequal', 'all sound is before the film');
}

/** `offset`: presentation offset of the sound, in ticks of `audio`. */
export function videoTimeline(video: SourceVideo, audio: SourceAudio | null, offset: number): VideoTimeline {
  const cursor = video.samples();
  const first = cursor.next() ? filmTicks(cursor, video.startTicks) : 0;
  if (first < 0) {
    throw new NotStandard('edit_list', 'the first frame is not shown');
  }
  const scale = Math.ceil(MIN_TIMESCALE / video.timescale);
  const timescale = scale * video.timescale;
  if (timescale > MAX_TIMESCALE) {
    throw new NotStandard('timing', `${video.timescale} ticks a second`);
  }
  const presentationOffset = audio === null ? 0 : scaled(offset, timescale, audio.timescale, 'nearest');
  return { scale, timescale, presentationOffset, startTicks: presentationOffset + scale * first };
}

/** The first tick of the sound that belongs to the next segment, for a border of the picture. Both from the film's start. */
export const audioBorder = (videoTicks: number, video: VideoTimeline, audio: SourceAudio): number =>
  scaled(videoTicks, audio.timescale, video.timescale, 'up');
