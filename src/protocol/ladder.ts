/** The ladder: which video renditions a source gets. Pure arithmetic over one table. */
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
  /** Constant rate factor, as the codec's software encoder counts it; quality target below the cap. */
  crf: z.number().min(0).max(63),
  maxrateKbps: z.int().min(50).max(100_000),
  bufsizeKbps: z.int().min(50).max(200_000),
  /** As the codec's row counts levels: 40 is H.264's 4.0. */
  level: z.int().min(0).max(255),
});
export type Rendition = z.infer<typeof renditionSchema>;
export const renditionsSchema = z.array(renditionSchema).min(1).max(MAX_TRACKS);

/**
 * Rungs by the picture's short side, so that a portrait film gets the same quality steps as a landscape one.
 * `maxrateKbps` is for ≤ 30 fps; it follows Apple's authoring table (HAS, "Video average bit rates") with the cap at
 * about 1.4 × the average that x264's CRF 23 gives live-action film. Other codecs take a share of it (`rateFactor`).
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

/** 50 and 60 fps carry about half as much again at the same quality, not twice: neighbouring frames are more alike. */
const HIGH_FRAME_RATE_FACTOR = 1.5;
/** Two seconds of buffer at the cap: what players hold at least, and what keeps peaks within HAS 1.30. */
const BUFFER_SECONDS = 2;

const even = (value: number): number => Math.max(2, Math.round(value / 2) * 2);

type Rung = { shortSide: number; maxrateKbps: number };

/** The rung's rendition of this picture; null where no level of the codec takes it. */
function renditionOf(
  codec: VideoCodec,
  rung: Rung,
  picture: { width: number; height: number },
  framesPerSecond: number,
): Rendition | null {
  const row = videoCodecRow(codec);
  const scale = rung.shortSide / Math.min(picture.width, picture.height);
  const width = Math.min(even(picture.width * scale), MAX_DIMENSION);
  const height = Math.min(even(picture.height * scale), MAX_DIMENSION);
  const maxrateKbps = Math.round(
    row.rateFactor * rung.maxrateKbps * (framesPerSecond > 30 ? HIGH_FRAME_RATE_FACTOR : 1),
  );
  const level = row.findLevel({ width, height, framesPerSecond, maxrateKbps });
  return level === null
    ? null
    : {
        track: `${row.trackPrefix}${rung.shortSide}`,
        ...(codec === DEFAULT_VIDEO_CODEC ? {} : { codec }),
        width,
        height,
        crf: row.crf,
        maxrateKbps,
        bufsizeKbps: maxrateKbps * BUFFER_SECONDS,
        level,
      };
}

/**
 * The renditions for a picture of `displayWidth` × `displayHeight` (square pixels, upright): every rung not larger than
 * the source, ascending; a source below the lowest rung gets one rendition at its own size. Never upscaled. A rung that
 * a wide picture makes too large for any level of the codec (4320×2160 at 60 fps) is left out. Throws RangeError where none is left.
 */
export function chooseLadder(
  displayWidth: number,
  displayHeight: number,
  framesPerSecond: number,
  codec: VideoCodec = DEFAULT_VIDEO_CODEC,
): Rendition[] {
  const sourceShortSide = Math.min(displayWidth, displayHeight);
  const [lowest] = LADDER;
  const fitting: readonly Rung[] = LADDER.filter((rung) => rung.shortSide <= sourceShortSide);
  const rungs = fitting.length > 0 ? fitting : [{ ...lowest, shortSide: sourceShortSide }];
  const picture = { width: displayWidth, height: displayHeight };
  const renditions = rungs.flatMap((rung) => renditionOf(codec, rung, picture, framesPerSecond) ?? []);
  if (renditions.length === 0) {
    const { name, highestLevel } = videoCodecRow(codec);
    const picture = `${displayWidth}x${displayHeight} at ${framesPerSecond} fps`;
    throw new RangeError(`no ${name} level up to ${highestLevel} fits ${picture}`);
  }
  return renditions;
}
