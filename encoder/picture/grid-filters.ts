/**
 * Filters that put source frames on the plan's grid. All times are absolute: every chunk computes the same grid, so chunks
 * meet without a gap or a repeat. Pure.
 */
import { fractionToNumber } from '../../src/media/fraction.ts';
import type { Chunk, VideoPlan } from '../../src/protocol/plan-schema.ts';

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

export function gridFilters(video: VideoPlan, chunk: Chunk): string[] {
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
