/** The colours of an SDR source → BT.709 in limited range, or as near to it as one swscale step can finish. Pure. */
import type { VideoFacts } from '../../src/protocol/source-facts.ts';

/** From this height on an untagged source counts as BT.709, below it as BT.601, as in broadcast and in players. */
const HD_HEIGHT = 720;
const HD_WIDTH = 1024;

/**
 * Matrices that zscale converts exactly. swscale converts through 8-bit RGB and is up to 2.5 codes off; it gets BT.709
 * and RGB only. zscale gives wrong colours for `bt2020c` and knows no path from `ictcp` in SDR and `smpte2085`.
 */
const CONVERTED_MATRICES: ReadonlySet<string> = new Set([
  ...['fcc', 'bt470bg', 'smpte170m', 'smpte240m', 'ycgco', 'bt2020nc', 'chroma-derived-nc'],
]);
/** What one swscale step reads as it is. */
const SCALED_MATRICES: ReadonlySet<string> = new Set(['bt709', 'gbr']);

/**
 * Primaries whose colours are converted. Those of standard definition (bt470m, bt470bg, smpte170m, smpte240m, ebu3213) are
 * shown as BT.709: broadcast converts only the matrix between SD and HD, and television sets do.
 */
const WIDE_PRIMARIES: ReadonlySet<string> = new Set(['bt2020', 'smpte431', 'smpte432', 'film']);
/**
 * Transfers whose codes look wrong on a BT.709 display. All others (BT.601, BT.2020, sRGB, gamma 2.2 and 2.8, xvYCC) are
 * shown as BT.709, as players do; PAL broadcasts are tagged with gamma 2.8 and were never graded for it.
 */
const CONVERTED_TRANSFERS: ReadonlySet<string> = new Set(['linear', 'log100', 'log316']);

/**
 * Saturated colours of BT.709 lie at the edge of the gamut, where the display's power law makes 13 codes of one step of
 * the source's. So near colours are moved onto the edge: this much saturation is added in linear light, to grey none. Others
 * change by one or two codes.
 */
const EDGE_SATURATION = 0.005;

/**
 * zscale gets no 8-bit grey: ffmpeg takes that for full range whatever its tag says, where grey as luma is copied. The `j`
 * formats are full range by name.
 */
const ZSCALE_INPUTS = [
  ...['', '10le', '12le', '16le'].flatMap((depth) => [420, 422, 444].map((chroma) => `yuv${chroma}p${depth}`)),
  ...['yuv410p', 'yuv411p', 'yuv440p', 'yuvj420p', 'yuvj422p', 'yuvj440p', 'yuvj444p'],
  ...['gbrp', 'gbrp10le', 'gbrp12le', 'gbrp16le'],
].join('|');

/** As players guess it where there is no tag. */
const guessedMatrix = ({ codedWidth, codedHeight }: VideoFacts): string =>
  codedHeight >= HD_HEIGHT || codedWidth > HD_WIDTH ? 'bt709' : 'smpte170m';

/** Of the source, or guessed. */
export function matrixOf(source: VideoFacts): string {
  const { matrix } = source.color;
  return CONVERTED_MATRICES.has(matrix) || SCALED_MATRICES.has(matrix) ? matrix : guessedMatrix(source);
}

const isWide = ({ color }: VideoFacts): boolean =>
  WIDE_PRIMARIES.has(color.primaries) || CONVERTED_TRANSFERS.has(color.transfer);

/** If not, `scale` alone gives BT.709. Of SDR sources. */
export const needsColorFilters = (source: VideoFacts): boolean =>
  isWide(source) || CONVERTED_MATRICES.has(matrixOf(source));

function saturate(): string {
  const own = (1 + (2 * EDGE_SATURATION) / 3).toFixed(6);
  const other = (-EDGE_SATURATION / 3).toFixed(6);
  const gains = [...'rgb'].flatMap((to) => [...'rgb'].map((from) => `${to}${from}=${to === from ? own : other}`));
  return `colorchannelmixer=${gains.join(':')}`;
}

/**
 * Filters at the source's even size. Wide colours are converted in linear light (by BT.1886, as in BT.2087) and clipped
 * as RGB: clipped as Y'CbCr they would change their hue.
 */
export function colorFilters(source: VideoFacts): string[] {
  if (!needsColorFilters(source)) {
    return [];
  }
  const { color, bitDepth } = source;
  const primaries = WIDE_PRIMARIES.has(color.primaries) ? color.primaries : 'bt709';
  const transfer = CONVERTED_TRANSFERS.has(color.transfer) ? color.transfer : 'bt709';
  const range = color.range === 'pc' ? 'pc' : 'tv';
  // Some files have Y'CbCr under the tag of RGB, which zscale refuses. With RGB it ignores both matrix and range.
  const matrix = color.matrix === 'gbr' ? guessedMatrix(source) : matrixOf(source);
  const asRgb = [
    ...['zscale=primaries=bt709:transfer=linear', 'format=gbrpf32le', saturate()],
    ...['zscale=transfer=bt709', `format=${bitDepth > 8 ? 'gbrp10le' : 'gbrp'}`],
  ];
  return [
    `format=${ZSCALE_INPUTS}`,
    // Frames may lack the container's tags, and zscale does not guess.
    `setparams=range=${range}:color_primaries=${primaries}:color_trc=${transfer}:colorspace=${matrix}`,
    ...(isWide(source) ? asRgb : []),
    // Deep pictures would show bands in 8 bits.
    `zscale=matrix=bt709:range=tv${bitDepth > 8 ? ':dither=ordered' : ''}`,
    'format=yuv420p',
  ];
}

/** As `colorFilters` leave the picture. */
export const isBt709 = (source: VideoFacts): boolean => needsColorFilters(source) || source.videoRange !== 'SDR';
