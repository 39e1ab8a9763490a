/** H.264 levels and RFC 6381 codec strings (ISO/IEC 14496-10 table A-1, High profile). */

/** Level number ×10, macroblocks/s, macroblocks per frame, VBV kb/s in High profile (1.25 × the Main figure). */
const AVC_LEVELS = [
  { level: 13, mbPerSecond: 11_880, mbPerFrame: 396, highKbps: 960 },
  { level: 20, mbPerSecond: 11_880, mbPerFrame: 396, highKbps: 2_500 },
  { level: 21, mbPerSecond: 19_800, mbPerFrame: 792, highKbps: 5_000 },
  { level: 22, mbPerSecond: 20_250, mbPerFrame: 1_620, highKbps: 5_000 },
  { level: 30, mbPerSecond: 40_500, mbPerFrame: 1_620, highKbps: 12_500 },
  { level: 31, mbPerSecond: 108_000, mbPerFrame: 3_600, highKbps: 17_500 },
  { level: 32, mbPerSecond: 216_000, mbPerFrame: 5_120, highKbps: 25_000 },
  { level: 40, mbPerSecond: 245_760, mbPerFrame: 8_192, highKbps: 25_000 },
  { level: 42, mbPerSecond: 522_240, mbPerFrame: 8_704, highKbps: 62_500 },
  { level: 50, mbPerSecond: 589_824, mbPerFrame: 22_080, highKbps: 168_750 },
  { level: 51, mbPerSecond: 983_040, mbPerFrame: 36_864, highKbps: 300_000 },
  { level: 52, mbPerSecond: 2_073_600, mbPerFrame: 36_864, highKbps: 300_000 },
] as const;

/**
 * The lowest High-profile level (×10) that allows this size, rate and peak (HAS 1.11: no higher than needed);
 * null above level 5.2, which Apple's players do not take (HAS 1.3).
 */
export function findAvcLevel(
  width: number,
  height: number,
  framesPerSecond: number,
  maxrateKbps: number,
): number | null {
  const mbPerFrame = Math.ceil(width / 16) * Math.ceil(height / 16);
  // Table A-1's side limit: no side longer than sqrt(8 × MaxFS) macroblocks.
  const longestSide = Math.max(Math.ceil(width / 16), Math.ceil(height / 16));
  const fit = AVC_LEVELS.find(
    (row) =>
      mbPerFrame <= row.mbPerFrame &&
      longestSide <= Math.sqrt(8 * row.mbPerFrame) &&
      mbPerFrame * framesPerSecond <= row.mbPerSecond &&
      maxrateKbps <= row.highKbps,
  );
  return fit?.level ?? null;
}

/** Codec strings a track may declare: H.264 High or below as `avc1`, AAC-LC / HE-AAC as `mp4a.40.N` (HAS 1.1, 1.10). */
export const CODEC_PATTERN = /^(avc1\.[0-9a-f]{6}|mp4a\.40\.(2|5|29))$/;

/** EXT-X-STREAM-INF VIDEO-RANGE (RFC 8216bis 4.4.6.2). */
export const VIDEO_RANGES = ['SDR', 'PQ', 'HLG'] as const;
export type VideoRange = (typeof VIDEO_RANGES)[number];

export const X264_PRESETS = [
  'ultrafast',
  'superfast',
  'veryfast',
  'faster',
  'fast',
  'medium',
  'slow',
  'slower',
  'veryslow',
] as const;
export type X264Preset = (typeof X264_PRESETS)[number];
