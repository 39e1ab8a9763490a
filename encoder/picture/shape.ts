/** Size, shape and transparency of source frames → opaque frames of one size. Pure. */
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { matrixOf } from './color.ts';

/** swscale rounds, and keeps chroma at full resolution, on its way to RGB. */
const EXACT_FLAGS = 'lanczos+accurate_rnd+full_chroma_int+full_chroma_inp';
/** ffprobe's matrix names → those of swscale. */
const SCALE_MATRICES: Readonly<Record<string, string>> = {
  smpte170m: 'smpte170m',
  bt470bg: 'bt470',
  smpte240m: 'smpte240m',
  fcc: 'fcc',
  bt2020nc: 'bt2020',
};
/** Not the `j` formats, which are full range by name. */
const LIMITED_FORMATS = [
  ...['', '10le', '12le', '16le'].flatMap((depth) => [420, 422, 444].map((chroma) => `yuv${chroma}p${depth}`)),
  ...['yuva420p', 'yuva444p', 'yuva444p10le', 'yuva444p12le', 'gbrp', 'gbrap', 'gbrp10le', 'gbrp16le', 'gbrap16le'],
].join('|');

const even = (value: number): number => Math.max(2, 2 * Math.ceil(value / 2));

const TRANSPOSE: Readonly<Record<VideoFacts['rotation'], readonly string[]>> = {
  0: [],
  90: ['transpose=clock'],
  180: ['hflip', 'vflip'],
  270: ['transpose=cclock'],
};

const isSideways = ({ rotation }: VideoFacts): boolean => rotation === 90 || rotation === 270;

/** ffmpeg turns pictures before the graph, but its filter takes all frames to be as large as the first. */
export const turnsInGraph = (source: VideoFacts): boolean => source.sizeChanges === true && source.rotation !== 0;

/**
 * Where sizes or sample aspect ratios change midway: boxes each frame into the displayed shape, upright, before any filter
 * that looks at two frames. Each field of an interlaced frame is scaled by itself. Lines stay where they are unless the
 * height changes. Full range becomes limited, as `pad` has no other black. `eval=frame` evaluates the expressions anew when a frame
 * differs from the one before.
 */
export function unifySize(source: VideoFacts): string[] {
  if (source.sizeChanges !== true) {
    return [];
  }
  const { displayWidth, displayHeight, color } = source;
  const [width, height] = (isSideways(source) ? [displayHeight, displayWidth] : [displayWidth, displayHeight]).map(
    even,
  );
  const boxed = (full: number | undefined, length: string): string => `'min(${full},2*max(1,round(${length}/2)))'`;
  const toLimited = color.range === 'pc';
  return [
    `scale=w=${boxed(width, `${height}*dar`)}:h=${boxed(height, `${width}/dar`)}:eval=frame:interl=-1:flags=lanczos${toLimited ? ':in_range=pc:out_range=tv' : ''}`,
    ...(toLimited ? [`format=${LIMITED_FORMATS}`] : []),
    // Multiples of four: the chroma lines of 4:2:0 alternate between fields, too.
    `pad=w=${width}:h=${height}:x='2*trunc((ow-iw)/4)':y='4*trunc((oh-ih)/8)':eval=frame`,
    'setsar=1',
    ...(turnsInGraph(source) ? ['sidedata=mode=delete:type=DISPLAYMATRIX', ...TRANSPOSE[source.rotation]] : []),
  ];
}

/** Over black. As R'G'B' of full depth: each format with transparency becomes it without loss, and nothing is subsampled. */
export function composeAlpha(source: VideoFacts): string[] {
  if (source.alpha !== true) {
    return [];
  }
  const matrix = SCALE_MATRICES[matrixOf(source)] ?? 'bt709';
  const range = source.color.range === 'pc' ? 'pc' : 'tv';
  return [
    `scale=flags=${EXACT_FLAGS}:in_color_matrix=${matrix}:in_range=${range}`,
    'format=gbrap16le',
    'premultiply=inplace=1',
    'format=gbrp16le',
  ];
}

/** The facts of the picture behind `unifySize` and `composeAlpha`. */
export function opaquePicture(source: VideoFacts): VideoFacts {
  const { color, bitDepth } = source;
  const isLimited = source.sizeChanges === true && color.range === 'pc';
  const unified: VideoFacts = isLimited ? { ...source, color: { ...color, range: 'tv' } } : source;
  return source.alpha === true
    ? { ...unified, color: { ...color, matrix: 'gbr', range: 'pc' }, bitDepth: Math.max(bitDepth, 16) }
    : unified;
}

/** zscale takes and gives no odd side with 4:2:0. No rendition has one either. */
export function evenSides(source: VideoFacts): string[] {
  const { codedWidth, codedHeight, sizeChanges } = source;
  if (sizeChanges === true || (codedWidth % 2 === 0 && codedHeight % 2 === 0)) {
    return [];
  }
  const [width, height] = isSideways(source) ? [codedHeight, codedWidth] : [codedWidth, codedHeight];
  return [`scale=w=${even(width)}:h=${even(height)}:flags=lanczos`];
}
