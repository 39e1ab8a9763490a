/**
 * Filters that put source frames on the plan's grid. All times are absolute: every chunk computes the same grid, so chunks
 * meet without a gap or a repeat. Slots are counted from the source's first frame; `leadFrames` output frames come before,
 * or, below zero, so many slots are cut off. Pure.
 */
import { fractionToNumber } from '../../src/media/fraction.ts';
import { halfSlotTicksOf, LEAST_SLOTS_APART, slotTicksOf } from '../../src/media/frame-slots.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';

/**
 * Without the time of the last frame: when the frame rate changes, it may end this many source frames before the planned
 * end, as its duration is a guess and it may lie up to 0.45 frames before its place (encoder/inspect/steady-rate.ts). If
 * more is missing, the frame count shows it.
 */
const MAX_TAIL_SOURCE_FRAMES = 1.5;
/** Where output frames are longer than those of the source. */
const LEAST_TAIL_CLONES = 2;

/** Codecs that can carry interlaced pictures: a film may begin progressive. Their pixel formats suit the deinterlacer. */
const INTERLACED_CODECS: readonly string[] = [
  ...['h264', 'hevc', 'mpeg2video', 'mpeg4', 'vc1', 'wmv3', 'dvvideo', 'prores', 'dnxhd'],
];

/**
 * If d source frames make one output frame (120 → 60 fps), frames lie on the rounding ties of `round=near`, and a
 * millisecond clock would tip them either way. A shift of (1/2 − 1/2d) output frames puts every d-th frame, and no
 * other, at the end of its slot, with half a source frame of safety on both sides. In source ticks.
 */
export function decimationShiftTicks({ source, frameRate }: VideoPlan): number {
  const divisor = fractionToNumber(source.frameRate) / fractionToNumber(frameRate);
  return divisor < 1.5 ? 0 : Math.round((0.5 - 1 / (2 * divisor)) * slotTicksOf(frameRate, source.timeBase));
}

/** Every source frame becomes one output frame, so the frame count must be exact. */
const keepsAllFrames = ({ source, frameRate }: VideoPlan): boolean =>
  !source.variableFrameRate && source.frameRate.num * frameRate.den === frameRate.num * source.frameRate.den;

/** How often the last frame may be repeated: as the plan holds it, and as often as its place is not known better. */
function tailClones(video: VideoPlan): number {
  const { source, frameRate, frameCount, leadFrames = 0 } = video;
  if (keepsAllFrames(video)) {
    return source.tailSeconds === undefined ? 0 : Math.max(0, frameCount - leadFrames - source.frameCount);
  }
  const sourceFrameSlots = fractionToNumber(frameRate) / fractionToNumber(source.frameRate);
  const least = Math.max(LEAST_TAIL_CLONES, Math.ceil(MAX_TAIL_SOURCE_FRAMES * sourceFrameSlots));
  if (source.lastTicks === undefined) {
    return least;
  }
  const lastSlot = Math.floor((source.lastTicks - source.startTicks) / slotTicksOf(frameRate, source.timeBase));
  return Math.max(LEAST_TAIL_CLONES, frameCount - leadFrames - lastSlot);
}

/** Only frames that are flagged as interlaced. Before `fps`, as it looks at neighbours. */
function deinterlaceFilters(source: VideoFacts): string[] {
  if (!source.interlaced && (source.alpha === true || !INTERLACED_CODECS.includes(source.codec))) {
    return [];
  }
  // It fails where frames differ in size: `scale` keeps the size of the first, and passes all others as they are.
  return ['scale=interl=-1', 'bwdif=mode=send_frame:parity=auto:deint=interlaced'];
}

/** `holdEnd`: repeats the last frame that can be decoded to the end of the chunk. */
export function gridFilters(video: VideoPlan, chunk: Chunk, holdEnd = false): string[] {
  const { frameRate, source, leadFrames = 0 } = video;
  const endFrame = chunk.firstFrame + chunk.frameCount;
  const keepsAll = keepsAllFrames(video);
  const decimationTicks = decimationShiftTicks(video);
  // Half a slot later and rounded down is rounded to the nearest, but the end then lies behind the last slot's start.
  const halfSlotTicks = keepsAll || decimationTicks > 0 ? 0 : halfSlotTicksOf(frameRate, source.timeBase);
  const originTicks = source.startTicks - decimationTicks - halfSlotTicks;
  // `fps` drops the last frame if the stream ends less than half a slot behind it, which happens when the frame has no
  // duration. So each frame, and the end, comes at least so many slots after the frame before. Frames are up to 0.45
  // slots from their place (encoder/inspect/steady-rate.ts); one that this moves stays in its slot, as 0.45 + 0.96 < 1.5.
  const least = Math.floor(LEAST_SLOTS_APART * slotTicksOf(frameRate, source.timeBase));
  const time = keepsAll ? `if(isnan(PREV_INPTS),PTS,max(PTS,PREV_INPTS+${least}))` : 'PTS';
  const rounding = halfSlotTicks > 0 ? 'down' : 'near';
  const hasFirst = chunk.firstFrame <= leadFrames;
  const clones = tailClones(video);
  // A frame may last for seconds, so more than one chunk may show the last one.
  const mayHoldLast = clones > 0 && endFrame + clones >= video.frameCount;
  // One filter for both ends: it does not tell a second one how far it has moved the end.
  const pads = [
    // These clones come before the first frame and move all others by as much.
    ...(leadFrames > 0 && hasFirst ? [`start_mode=clone:start=${leadFrames}`] : []),
    ...(mayHoldLast || holdEnd ? [`stop_mode=clone:stop=${holdEnd ? -1 : clones}`] : []),
  ];
  return [
    `setpts='${time}-(${originTicks})'`,
    ...deinterlaceFilters(source),
    // start_time pins the first frame to tick 0. In later chunks it would round the origin to the source's clock.
    `fps=fps=${frameRate.num}/${frameRate.den}:round=${rounding}${keepsAll ? '' : ':eof_action=pass'}${hasFirst ? ':start_time=0' : ''}`,
    ...(leadFrames !== 0 && !hasFirst ? [`setpts=PTS${leadFrames < 0 ? '' : '+'}${leadFrames}`] : []),
    ...(pads.length > 0 ? [`tpad=${pads.join(':')}`] : []),
    `trim=start_pts=${chunk.firstFrame}:end_pts=${endFrame}`,
  ];
}
