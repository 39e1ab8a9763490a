/** H.264 (ISO/IEC 14496-10), High profile. Levels are numbers × 10: 40 is level 4.0. */
import { toHex } from '../../platform/encodings.ts';
import { type Box, type BoxReader, CmafError, requireBox } from '../boxes/boxes.ts';
import type { EncodedPicture, VideoCodecRow, VideoEntry } from './codec.ts';
import { PRESET_FACTOR } from './presets.ts';

/** Table A-1: level, macroblocks/s, macroblocks per frame, VBV kb/s in High profile (1.25 × the Main figure). */
const LEVELS = [
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

/** The lowest High-profile level for the picture (HAS 1.11). Null above 5.2, the highest of Apple's players (HAS 1.3). */
function findLevel({ width, height, framesPerSecond, maxrateKbps }: EncodedPicture): number | null {
  const [columns, rows] = [Math.ceil(width / 16), Math.ceil(height / 16)];
  const mbPerFrame = columns * rows;
  const fit = LEVELS.find(
    (row) =>
      mbPerFrame <= row.mbPerFrame &&
      // Table A-1: no side is longer than sqrt(8 × MaxFS) macroblocks.
      Math.max(columns, rows) <= Math.sqrt(8 * row.mbPerFrame) &&
      mbPerFrame * framesPerSecond <= row.mbPerSecond &&
      maxrateKbps <= row.highKbps,
  );
  return fit?.level ?? null;
}

const VISUAL_FIELDS_BYTES = 78;

/** ISO/IEC 14496-15 5.4. */
function readEntry(reader: BoxReader, entry: Box): VideoEntry {
  const avcC = requireBox(reader.children(entry, VISUAL_FIELDS_BYTES), 'avcC');
  reader.requireBytes(avcC.contentStart, 4, avcC.end);
  const configuration = reader.bytes.subarray(avcC.contentStart, avcC.contentStart + 4);
  const [version] = configuration;
  if (version !== 1) {
    throw new CmafError('malformed', `avcC configurationVersion ${version}`);
  }
  return {
    kind: 'video',
    fourcc: entry.type,
    // `avc1.PPCCLL`: profile, constraints and level follow the version (RFC 6381 3.3).
    codec: `${entry.type}.${toHex(configuration.subarray(1))}`,
    width: reader.view.getUint16(entry.contentStart + 24),
    height: reader.view.getUint16(entry.contentStart + 26),
  };
}

/** x264 `medium`. */
const NANOSECONDS_PER_PIXEL = 48;

export const AVC: VideoCodecRow = {
  kind: 'video',
  name: 'H.264',
  trackPrefix: 'v',
  /** Parameter sets in the sample entry: `avc1`, not `avc3` (HAS 1.1, 1.4; docs/architecture/conformance.md D20). */
  codecString: /^avc1\.[0-9a-f]{6}$/,
  sampleEntries: ['avc1', 'avc3'],
  readEntry,
  findLevel,
  highestLevel: '5.2',
  crf: 23,
  rateFactor: 1,
  encodeNanosecondsPerPixel: (preset) => NANOSECONDS_PER_PIXEL * PRESET_FACTOR[preset],
};
