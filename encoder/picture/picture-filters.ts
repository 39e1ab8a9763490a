/** The filter graph of a chunk: source frames → the pictures of its renditions. Pure. */
import type { Rendition } from '../../src/protocol/ladder.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { gridFilters } from './grid-filters.ts';
import { scaleTree } from './scale-tree.ts';

/** Below this height an untagged source counts as BT.601, as in broadcast and in players. */
const HD_HEIGHT = 720;
/** Nominal peak of linear light 1.0 that the tone map works from, cd/m². */
const SDR_PEAK_NITS = 100;
const BT709_TAGS = 'setparams=range=tv:color_primaries=bt709:color_trc=bt709:colorspace=bt709';

/** ffprobe's matrix names → the names of the scale filter. The filter guesses all others. */
const SCALE_MATRICES: Readonly<Record<string, string>> = {
  bt709: 'bt709',
  smpte170m: 'smpte170m',
  bt470bg: 'bt470',
  smpte240m: 'smpte240m',
  fcc: 'fcc',
  bt2020nc: 'bt2020',
};

function inputMatrix(source: VideoFacts): string | undefined {
  if (source.color.matrix === 'unknown') {
    return source.codedHeight >= HD_HEIGHT || source.codedWidth > 1024 ? 'bt709' : 'smpte170m';
  }
  return SCALE_MATRICES[source.color.matrix];
}

/** HDR10 and HLG → SDR: linear light, BT.709 primaries, a filmic curve, BT.709 transfer. */
function toneMapFilters(source: VideoFacts): string[] {
  const transfer = source.videoRange === 'PQ' ? 'smpte2084' : 'arib-std-b67';
  return [
    // Frames may lack the container's tags, and zscale does not guess.
    `setparams=color_primaries=bt2020:color_trc=${transfer}:colorspace=bt2020nc`,
    `zscale=transfer=linear:npl=${SDR_PEAK_NITS}`,
    'format=gbrpf32le',
    'zscale=primaries=bt709',
    'tonemap=tonemap=hable:desat=0',
    'zscale=transfer=bt709:matrix=bt709:range=tv',
    'format=yuv420p',
  ];
}

/** Scales the source's picture and converts its matrix and range. */
function fromSource(source: VideoFacts, { width, height }: Rendition): string[] {
  const scale = [`scale=w=${width}:h=${height}`, 'flags=lanczos', 'out_color_matrix=bt709', 'out_range=tv'];
  // The tone map gives BT.709 in limited range.
  const matrix = source.videoRange === 'SDR' ? inputMatrix(source) : 'bt709';
  if (matrix !== undefined) {
    scale.push(`in_color_matrix=${matrix}`);
  }
  if (source.videoRange === 'SDR' && source.color.range === 'pc') {
    scale.push('in_range=pc');
  }
  return [scale.join(':'), 'format=yuv420p', 'setsar=1', BT709_TAGS];
}

/** The label of rendition `index` at the end of the chunk's graph. */
export const videoLabel = (index: number): string => `[v${index}]`;
const inputLabel = (index: number): string => `[s${index}]`;

/** A copy of the picture for each of `labels`. */
const splitTo = (labels: readonly string[]): string =>
  labels.length === 1 ? labels.join('') : `,split=${labels.length}${labels.join('')}`;

/** `uploadOf`: filters that hand a rendition's picture to a device. ffmpeg turns pictures upright before the graph. */
export function chunkFilterGraph(
  video: VideoPlan,
  chunk: Chunk,
  uploadOf: (rendition: Rendition) => readonly string[] = () => [],
  holdEnd = false,
): string {
  const { source, renditions } = video;
  const tree = scaleTree(renditions, { width: source.codedWidth, height: source.codedHeight });
  const shared = [
    ...gridFilters(video, chunk, holdEnd),
    ...(source.videoRange === 'SDR' ? [] : toneMapFilters(source)),
  ];
  const roots = tree.flatMap(({ parent }, index) => (parent === null ? [inputLabel(index)] : []));
  const head = `[0:${source.streamIndex}]${shared.join(',')}${splitTo(roots)}`;
  const branches = renditions.flatMap((rendition, index) => {
    const { parent, children } = tree[index] ?? { parent: null, children: [] };
    const { width, height } = rendition;
    const fromParent = [`scale=w=${width}:h=${height}:flags=lanczos`, 'setsar=1'];
    const scaled = parent === null ? fromSource(source, rendition) : fromParent;
    const upload = uploadOf(rendition);
    const own = upload.length === 0 ? videoLabel(index) : `[u${index}]`;
    const branch = `${inputLabel(index)}${scaled.join(',')}${splitTo([own, ...children.map(inputLabel)])}`;
    return upload.length === 0 ? [branch] : [branch, `${own}${upload.join(',')}${videoLabel(index)}`];
  });
  return [head, ...branches].join(';');
}
