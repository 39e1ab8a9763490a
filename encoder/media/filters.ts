/**
 * Filter graphs: source frames → the plan's frame grid and pictures, source samples → the plan's sample grid. All times
 * are absolute: every chunk computes the same grid, so chunks meet without a gap or a repeat. Pure.
 */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Rendition } from '../../src/protocol/ladder.ts';
import { type AudioPlan, audioSampleCount, type Chunk, type VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import { scaleTree } from './scale-tree.ts';

/**
 * When the frame rate changes, the last source frame may end this many source frames before the planned end: its
 * duration is a guess, and it may lie up to 0.45 frames before its place (frame-timing.ts). If more is missing, the
 * frame count shows it.
 */
const MAX_TAIL_SOURCE_FRAMES = 1.5;
/** Where output frames are longer than those of the source. */
const LEAST_TAIL_CLONES = 2;
/**
 * `fps` drops the last frame if the stream ends less than half a slot behind it, which happens when the frame has no
 * duration (transport streams whose header lacks the rate). So each frame, and the end, comes at least this many slots
 * after the frame before. Frames are up to 0.45 slots from their place (frame-timing.ts); one that this moves stays in
 * its slot, as 0.45 + 0.96 < 1.5.
 */
const LEAST_SLOTS_APART = 0.96;
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

/**
 * If d source frames make one output frame (120 → 60 fps), frames lie on the rounding ties of `round=near`, and a
 * millisecond clock would tip them either way. A shift of (1/2 − 1/2d) output frames puts every d-th frame, and no
 * other, at the end of its slot, with half a source frame of safety on both sides. In source ticks.
 */
export function decimationShiftTicks(video: VideoPlan): number {
  const { source, frameRate } = video;
  const divisor = fractionToNumber(source.frameRate) / fractionToNumber(frameRate);
  if (source.variableFrameRate || divisor < 1.5) {
    return 0;
  }
  const shiftSeconds = (0.5 - 1 / (2 * divisor)) / fractionToNumber(frameRate);
  return Math.round(shiftSeconds / fractionToNumber(source.timeBase));
}

function gridFilters(video: VideoPlan, chunk: Chunk): string[] {
  const { frameRate, source } = video;
  const endFrame = chunk.firstFrame + chunk.frameCount;
  const isSameRate = source.frameRate.num * frameRate.den === frameRate.num * source.frameRate.den;
  // Every source frame becomes one output frame, so the frame count must be exact.
  const keepsAll = isSameRate && !source.variableFrameRate;
  const slotTicks = 1 / (fractionToNumber(frameRate) * fractionToNumber(source.timeBase));
  const decimationTicks = decimationShiftTicks(video);
  // Half a slot later and rounded down is rounded to the nearest, but the end then lies behind the last slot's start.
  const halfSlotTicks = keepsAll || decimationTicks > 0 ? 0 : Math.round(slotTicks / 2);
  const originTicks = source.startTicks - decimationTicks - halfSlotTicks;
  const least = Math.floor(LEAST_SLOTS_APART * slotTicks);
  const time = keepsAll ? `if(isnan(PREV_INPTS),PTS,max(PTS,PREV_INPTS+${least}))` : 'PTS';
  const rounding = halfSlotTicks > 0 ? 'down' : 'near';
  const sourceFrameSlots = fractionToNumber(frameRate) / fractionToNumber(source.frameRate);
  const tailClones = Math.max(LEAST_TAIL_CLONES, Math.ceil(MAX_TAIL_SOURCE_FRAMES * sourceFrameSlots));
  // A frame may last for seconds, so more than one chunk may show the last one.
  const mayHoldLast = endFrame + tailClones >= video.frameCount;
  return [
    `setpts='${time}-(${originTicks})'`,
    // Only frames that are flagged as interlaced. Before `fps`, as it looks at neighbours.
    ...(source.interlaced ? ['bwdif=mode=send_frame:parity=auto:deint=interlaced'] : []),
    // start_time pins the first frame to tick 0. In later chunks it would round the origin to the source's clock.
    `fps=fps=${frameRate.num}/${frameRate.den}:round=${rounding}${keepsAll ? '' : ':eof_action=pass'}${chunk.firstFrame === 0 ? ':start_time=0' : ''}`,
    ...(mayHoldLast && !keepsAll ? [`tpad=stop_mode=clone:stop=${tailClones}`] : []),
    `trim=start_pts=${chunk.firstFrame}:end_pts=${endFrame}`,
  ];
}

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
): string {
  const { source, renditions } = video;
  const tree = scaleTree(renditions, { width: source.codedWidth, height: source.codedHeight });
  const shared = [...gridFilters(video, chunk), ...(source.videoRange === 'SDR' ? [] : toneMapFilters(source))];
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

/**
 * One audio stream → 48 kHz stereo, sample 0 at the video's origin, exactly the plan's samples. Sound that starts late
 * or ends early is filled with silence; sound that starts early or ends late is cut. `originSeconds` is on the source's
 * clock.
 */
export function audioFilterGraph(audio: AudioPlan, originSeconds: number): string {
  const sampleCount = audioSampleCount(audio);
  const filters = [
    `asetpts=PTS-round((${originSeconds})/TB)`,
    `aresample=${audio.sampleRate}:async=1:first_pts=0`,
    'aformat=sample_fmts=fltp:channel_layouts=stereo',
    `apad=whole_len=${sampleCount}`,
    `atrim=end_sample=${sampleCount}`,
  ];
  return `[0:${audio.streamIndex}]${filters.join(',')}[a]`;
}
