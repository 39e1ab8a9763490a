/** The ladder: the video renditions of a source. Pure arithmetic over one table. */
import { z } from 'zod';
import { DEFAULT_VIDEO_CODEC, VIDEO_CODECS, type VideoCodec, videoCodecRow } from '../media/codecs/codecs.ts';
import { trackIdSchema } from '../media/ids.ts';
import { MAX_DIMENSION, MAX_TRACKS } from '../media/limits.ts';

const renditionSchema = z.strictObject({
  /** The codec's prefix and the short side: `v1080`. */
  track: trackIdSchema,
  /** Left out: H.264. Encoders of earlier releases refuse a rendition that has this member. */
  codec: z.enum(VIDEO_CODECS).optional(),
  /** Square pixels, even numbers (4:2:0 chroma). */
  width: z.int().min(2).max(MAX_DIMENSION).multipleOf(2),
  height: z.int().min(2).max(MAX_DIMENSION).multipleOf(2),
  /** Constant rate factor in the scale of the codec's software encoder: the quality target below the cap. */
  crf: z.number().min(0).max(63),
  maxrateKbps: z.int().min(50).max(100_000),
  bufsizeKbps: z.int().min(50).max(200_000),
  /** In the scale of the codec's row: 40 is H.264's 4.0. */
  level: z.int().min(0).max(255),
});
export type Rendition = z.infer<typeof renditionSchema>;
export const renditionsSchema = z.array(renditionSchema).min(1).max(MAX_TRACKS);

/**
 * Rungs go by the picture's short side, so that portrait and landscape films get the same quality steps. `maxrateKbps`
 * is for ≤ 30 fps and follows Apple's authoring table (HAS, "Video average bit rates"), at about 1.4 × the average of
 * live-action film with x264's CRF 23. Other codecs take a share of it (`rateFactor`).
 */
const LADDER = [
  { shortSide: 240, maxrateKbps: 400 },
  { shortSide: 360, maxrateKbps: 900 },
  { shortSide: 480, maxrateKbps: 1_600 },
  { shortSide: 540, maxrateKbps: 2_200 },
  { shortSide: 720, maxrateKbps: 4_000 },
  { shortSide: 1080, maxrateKbps: 7_500 },
  { shortSide: 1440, maxrateKbps: 13_000 },
  { shortSide: 2160, maxrateKbps: 22_000 },
] as const;

/** What live-action film has on average, as a share of `maxrateKbps`. */
export const AVERAGE_SHARE = 1 / 1.4;

/** 50 and 60 fps take about half as much again, not twice as much: neighbouring frames are more alike. */
const HIGH_FRAME_RATE_FACTOR = 1.5;
/** Two seconds of buffer at the cap: players hold at least this much, and it keeps peaks within HAS 1.30. */
const BUFFER_SECONDS = 2;

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

/**
 * The renditions for a picture of `displayWidth` × `displayHeight` (square pixels, upright): every rung not larger than
 * the source, ascending; a source below the lowest rung gets one rendition at its own size. Never upscaled. Left out is
 * a rung at which a wide picture exceeds every level of the codec (4320×2160 at 60 fps). Throws RangeError where none
 * is left.
 */
export function chooseLadder(
  displayWidth: number,
  displayHeight: number,
  framesPerSecond: number,
  codec: VideoCodec = DEFAULT_VIDEO_CODEC,
): Rendition[] {
  const row = videoCodecRow(codec);
  const sourceShortSide = Math.min(displayWidth, displayHeight);
  const rateFactor = row.rateFactor * (framesPerSecond > 30 ? HIGH_FRAME_RATE_FACTOR : 1);
  const [lowest] = LADDER;
  const fitting = LADDER.filter((rung) => rung.shortSide <= sourceShortSide);
  const rungs = fitting.length > 0 ? fitting : [{ ...lowest, shortSide: sourceShortSide }];
  const renditions = rungs.flatMap((rung): Rendition[] => {
    const scale = rung.shortSide / sourceShortSide;
    const width = Math.min(even(displayWidth * scale), MAX_DIMENSION);
    const height = Math.min(even(displayHeight * scale), MAX_DIMENSION);
    const maxrateKbps = Math.round(rateFactor * rung.maxrateKbps);
    const level = row.findLevel({ width, height, framesPerSecond, maxrateKbps });
    const track = `${row.trackPrefix}${rung.shortSide}`;
    const named = codec === DEFAULT_VIDEO_CODEC ? {} : { codec };
    const bufsizeKbps = maxrateKbps * BUFFER_SECONDS;
    return level === null ? [] : [{ track, ...named, width, height, crf: row.crf, maxrateKbps, bufsizeKbps, level }];
  });
  if (renditions.length === 0) {
    const picture = `${displayWidth}x${displayHeight} at ${framesPerSecond} fps`;
    throw new RangeError(`no ${row.name} level up to ${row.highestLevel} fits ${picture}`);
  }
  return renditions;
}
