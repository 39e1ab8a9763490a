/** The filter graph of a chunk: source frames → the pictures of its renditions. Pure. */
import type { Rendition } from '../../src/protocol/ladder.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { colorFilters, isBt709, matrixOf, needsColorFilters } from './color.ts';
import { gridFilters } from './grid-filters.ts';
import { scaleTree } from './scale-tree.ts';
import { composeAlpha, evenSides, opaquePicture, unifySize } from './shape.ts';
import { toneMapFilters, toneMapPath } from './tone-map.ts';

const BT709_TAGS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

/** Scales the source's picture to a rendition. What `colorFilters` left as it was becomes BT.709 in limited range here. */
function fromSource(source: VideoFacts, { width, height }: Rendition): string[] {
  const matrix = isBt709(source) ? 'bt709' : matrixOf(source);
  // Rounds exactly from RGB. From Y'CbCr nothing is computed but the range.
  const flags = matrix === 'gbr' ? 'lanczos+accurate_rnd' : 'lanczos';
  const scale = [`scale=w=${width}:h=${height}`, `flags=${flags}`, 'out_color_matrix=bt709', 'out_range=tv'];
  if (matrix !== 'gbr') {
    scale.push(`in_color_matrix=${matrix}`);
  }
  if (!isBt709(source) && source.color.range === 'pc') {
    scale.push('in_range=pc');
  }
  return [scale.join(':'), 'format=yuv420p', 'setsar=1', BT709_TAGS];
}

/** The source's frames as the renditions share them. Pictures are composed and boxed before filters look at neighbours. */
function sharedFilters(video: VideoPlan, chunk: Chunk, directory: string, holdEnd: boolean): string[] {
  const { source } = video;
  const picture = opaquePicture(source);
  const isHdr = source.videoRange !== 'SDR';
  return [
    ...unifySize(source),
    ...composeAlpha(source),
    ...gridFilters(video, chunk, holdEnd),
    ...(isHdr || needsColorFilters(picture) ? evenSides(source) : []),
    ...(isHdr ? toneMapFilters(picture, toneMapPath(directory)) : colorFilters(picture)),
  ];
}

/** The label of rendition `index` at the end of the chunk's graph. */
export const videoLabel = (index: number): string => `[v${index}]`;
const inputLabel = (index: number): string => `[s${index}]`;

/** A copy of the picture for each of `labels`. */
const splitTo = (labels: readonly string[]): string =>
  labels.length === 1 ? labels.join('') : `,split=${labels.length}${labels.join('')}`;

type GraphOptions = {
  /** Filters that hand a rendition's picture to a device. */
  uploadOf?: (rendition: Rendition) => readonly string[];
  /** Where the tone map of HDR is. */
  directory?: string;
  /** Repeats the last frame that can be decoded to the end of the chunk. */
  holdEnd?: boolean;
};

/** ffmpeg turns pictures upright before the graph, where `turnsInGraph` does not. */
export function chunkFilterGraph(
  video: VideoPlan,
  chunk: Chunk,
  { uploadOf = () => [], directory = '', holdEnd = false }: GraphOptions = {},
): string {
  const { source, renditions } = video;
  const tree = scaleTree(renditions, { width: source.codedWidth, height: source.codedHeight });
  const roots = tree.flatMap(({ parent }, index) => (parent === null ? [inputLabel(index)] : []));
  const head = `[0:${source.streamIndex}]${sharedFilters(video, chunk, directory, holdEnd).join(',')}${splitTo(roots)}`;
  const branches = renditions.flatMap((rendition, index) => {
    const { parent, children } = tree[index] ?? { parent: null, children: [] };
    const { width, height } = rendition;
    const fromParent = [`scale=w=${width}:h=${height}:flags=lanczos`, 'setsar=1'];
    const scaled = parent === null ? fromSource(opaquePicture(source), rendition) : fromParent;
    const upload = uploadOf(rendition);
    const own = upload.length === 0 ? videoLabel(index) : `[u${index}]`;
    const branch = `${inputLabel(index)}${scaled.join(',')}${splitTo([own, ...children.map(inputLabel)])}`;
    return upload.length === 0 ? [branch] : [branch, `${own}${upload.join(',')}${videoLabel(index)}`];
  });
  return [head, ...branches].join(';');
}
