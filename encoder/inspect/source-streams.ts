/** ffprobe's entry of the picture → the facts of the protocol. Pure. */
import { type Fraction, fractionToNumber, reduceFraction } from '../../src/media/fraction.ts';
import type { VideoRange } from '../../src/media/presentation.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { TaskFailure } from '../failure/task-failure.ts';
import type { RawStream } from './probe-schema.ts';

/** `30000/1001` or `64:45` → fraction; null for `0/0`, `0:1`, `N/A` and the like. */
export function parseRatio(text: string | undefined): Fraction | null {
  const [, num, den] = /^(\d{1,10})[/:](\d{1,10})$/.exec(text ?? '') ?? [];
  return Number(num) >= 1 && Number(den) >= 1 ? reduceFraction(Number(num), Number(den)) : null;
}

/** From names of pixel formats such as yuv420p10le, p010le, gray12be, rgba64le; 8 where the name has no depth. */
export function bitDepthOf(pixelFormat = ''): number {
  if (/(?:48|64|f16|f32)(?:le|be)$/.test(pixelFormat)) {
    return 16;
  }
  const depth = /(9|10|12|14|16)(?:le|be)$/.exec(pixelFormat)?.[1];
  return Number(depth ?? (pixelFormat.startsWith('nv20') ? 10 : 8));
}

const ALPHA_FORMATS = /^(?:yuva|gbrap|rgba|bgra|argb|abgr|ya|ayuv|vuya)/;

/** Palettes have alpha in every format, but only PNG uses it. */
export const hasAlpha = ({ codec_name, pix_fmt = '', tags }: Omit<RawStream, 'index'>): boolean =>
  ALPHA_FORMATS.test(pix_fmt) ||
  (pix_fmt === 'pal8' && codec_name === 'png') ||
  // The alpha of VP8 and VP9 lies beside the picture, where ffmpeg's own decoders do not see it.
  (tags?.alpha_mode === '1' && (codec_name === 'vp8' || codec_name === 'vp9'));

function rotationOf(stream: RawStream): VideoFacts['rotation'] {
  const counterclockwise = stream.side_data_list?.find(({ rotation }) => rotation !== undefined)?.rotation ?? 0;
  const quarterTurns = ((Math.round(-counterclockwise / 90) % 4) + 4) % 4;
  return ([0, 90, 180, 270] as const)[quarterTurns] ?? 0;
}

function videoRangeOf(transfer: string | undefined): VideoRange {
  if (transfer === 'smpte2084') {
    return 'PQ';
  }
  return transfer === 'arib-std-b67' ? 'HLG' : 'SDR';
}

const MAX_NITS = 10_000;

/** MaxCLL, or else the peak of the mastering display, of whatever has declared them. Zero means "unknown" (CTA-861.3). */
export function peakNitsOf(sideData: RawStream['side_data_list']): number | undefined {
  const declared = [
    ...(sideData ?? []).map(({ max_content }) => max_content),
    ...(sideData ?? []).map(({ max_luminance }) => {
      const ratio = parseRatio(max_luminance);
      return ratio === null ? undefined : fractionToNumber(ratio);
    }),
  ];
  return declared.find((nits) => nits !== undefined && nits >= 1 && nits <= MAX_NITS);
}

/** Square pixels, upright. The larger side of a non-square sample is kept, so that no detail is lost. */
export function displaySize(
  width: number,
  height: number,
  sampleAspectRatio: Fraction,
  rotation: VideoFacts['rotation'],
): { displayWidth: number; displayHeight: number } {
  const ratio = fractionToNumber(sampleAspectRatio);
  const squareWidth = Math.max(1, Math.round(width * Math.max(1, ratio)));
  const squareHeight = Math.max(1, Math.round(height / Math.min(1, ratio)));
  const isSideways = rotation === 90 || rotation === 270;
  return {
    displayWidth: isSideways ? squareHeight : squareWidth,
    displayHeight: isSideways ? squareWidth : squareHeight,
  };
}

/** Size, shape and colour. */
export function describePicture(stream: RawStream) {
  const codedWidth = stream.width ?? 0;
  const codedHeight = stream.height ?? 0;
  const sampleAspectRatio = parseRatio(stream.sample_aspect_ratio) ?? { num: 1, den: 1 };
  const rotation = rotationOf(stream);
  const videoRange = videoRangeOf(stream.color_transfer);
  const peakNits = videoRange === 'SDR' ? undefined : peakNitsOf(stream.side_data_list);
  return {
    codedWidth,
    codedHeight,
    ...displaySize(codedWidth, codedHeight, sampleAspectRatio, rotation),
    rotation,
    sampleAspectRatio,
    bitDepth: bitDepthOf(stream.pix_fmt),
    videoRange,
    color: {
      primaries: stream.color_primaries ?? 'unknown',
      transfer: stream.color_transfer ?? 'unknown',
      matrix: stream.color_space ?? 'unknown',
      range: stream.color_range ?? 'unknown',
    },
    ...(hasAlpha(stream) ? { alpha: true as const } : {}),
    ...(peakNits === undefined ? {} : { peakNits }),
  };
}

/** Matrices, primaries and transfers that no filter converts (docs/architecture/color.md), as a person knows them. */
const UNKNOWN_COLOURS: Readonly<Record<string, string>> = {
  ictcp: 'ICtCp',
  smpte2085: 'YDzDx (SMPTE ST 2085)',
  bt2020c: 'BT.2020 with constant luminance',
  'chroma-derived-c': 'a matrix derived from the primaries, with constant luminance',
  smpte428: 'XYZ (SMPTE ST 428)',
};
/** Dolby Vision profiles whose base layer is an ordinary picture, whatever the compatibility id says. */
const COMPATIBLE_PROFILES = [2, 4, 6, 7, 8, 9];

/** Throws TaskFailure `source_unsupported` for colours that would come out wrong. */
export function checkColour({
  color_space,
  color_primaries,
  color_transfer,
  side_data_list,
}: Omit<RawStream, 'index'>): void {
  const dolby = side_data_list?.find(({ dv_profile }) => dv_profile !== undefined);
  if (
    dolby?.dv_profile !== undefined &&
    (dolby.dv_bl_signal_compatibility_id ?? 0) === 0 &&
    !COMPATIBLE_PROFILES.includes(dolby.dv_profile)
  ) {
    throw new TaskFailure(
      'source_unsupported',
      `The picture is Dolby Vision profile ${dolby.dv_profile}, whose colours need a Dolby decoder. ` +
        'Export it as profile 8.1 or 8.4, HDR10, HLG or SDR.',
    );
  }
  // The tone map of HDR takes ICtCp.
  const isHdr = videoRangeOf(color_transfer) !== 'SDR';
  const matrix = isHdr && color_space === 'ictcp' ? undefined : color_space;
  const unknown = [matrix, color_primaries, color_transfer].find(
    (name) => name !== undefined && name in UNKNOWN_COLOURS,
  );
  if (unknown !== undefined) {
    throw new TaskFailure(
      'source_unsupported',
      `The colours of the picture are coded with ${UNKNOWN_COLOURS[unknown]}, which cannot be converted. Export it with BT.709 or BT.2020.`,
    );
  }
}
