/** Frame rate and length of a film, from the presentation times of all frames. Pure. */
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import { slotTicksOf } from '../../src/media/frame-slots.ts';
import { outputFrameRate } from '../../src/protocol/plan.ts';
import type { VideoFacts } from '../../src/protocol/source-facts.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { gridRate } from './grid-rate.ts';
import { isSame, isUsable, median } from './rates.ts';
import { type FrameTimes, steadyRate } from './steady-rate.ts';
import { timingWarnings } from './timing-warnings.ts';

type Timing = Pick<VideoFacts, 'frameRate' | 'variableFrameRate' | 'frameCount' | 'durationSeconds'> & {
  lastTicks: number;
};
/** `biasTicks`: the grid begins so long after the first frame. */
type FrameTiming = { timing: Timing; biasTicks: number; warnings: Warning[] };

export type PacketTime = { ticks: number; durationTicks: number };

/** A last frame that lasts longer than this many others is held, */
const HELD_PLACES = 1.5;
/** if it is by more than this, which is more than a muxer's guess, or by whole frames. */
const HELD_SECONDS = 0.1;
const WHOLE = 0.05;
/**
 * A file that was cut within an open GOP begins with a key frame and pictures that refer to what was cut off. Some muxers
 * give them the time of the key frame. Decoders show none of them. No codec reorders more than 16.
 */
const MAX_LEADING = 16;

/** How long the last frame is shown, if the source says so and says it of this frame in particular. Else 0. */
function lastDuration(packets: readonly PacketTime[], last: PacketTime, framesPerSecond: number, tick: number): number {
  // The index of an MP4 gives durations in the order of decoding, so that the last one may belong to a frame before.
  const ends = [last, packets.at(-1) ?? last].map(({ ticks, durationTicks }) => ticks + durationTicks);
  const seconds = (Math.max(...ends) - last.ticks) * tick;
  const places = seconds * framesPerSecond;
  const isWhole = Math.abs(places - Math.round(places)) < WHOLE;
  if (places <= HELD_PLACES || !(isWhole || (places - 1) / framesPerSecond > HELD_SECONDS)) {
    return 0;
  }
  const others = packets.filter((packet) => packet !== last).map(({ durationTicks }) => durationTicks);
  return seconds > HELD_PLACES * median(others) * tick ? seconds : 0;
}

/** The grid. `constantCount`: how many frames have each the place of its number, if that is so. */
function chooseGrid(times: FrameTimes, all: readonly number[], claimed: readonly Fraction[]) {
  const repeats = all.length - times.ticks.length;
  const steady = steadyRate(times, claimed);
  const pushed = steady === undefined && repeats > 0 ? steadyRate({ ...times, ticks: all }, claimed) : undefined;
  if (pushed !== undefined) {
    return { rate: pushed.rate, bias: pushed.bias, isSteady: true, constantCount: all.length };
  }
  const grid = gridRate(times, claimed, steady);
  const isLeading = times.ticks.length > 1 && repeats <= MAX_LEADING && all[repeats] === 0;
  const isConstant = grid.isSteady && (repeats === 0 || isLeading);
  const bias = isConstant && steady !== undefined && isSame(steady.rate, grid.rate) ? steady.bias : 0;
  return { ...grid, bias, constantCount: isConstant ? times.ticks.length : null };
}

/**
 * `packets`: the frames that are shown, in the order of the file, at least one. `claimed`: the rates that the container
 * gives, best guess first.
 */
export function deriveFrameTiming(
  packets: readonly PacketTime[],
  timeBase: Fraction,
  claimed: readonly Fraction[],
): FrameTiming {
  const tickSeconds = fractionToNumber(timeBase);
  const ordered = packets.toSorted((a, b) => a.ticks - b.ticks);
  const last = ordered.at(-1) ?? { ticks: 0, durationTicks: 0 };
  const all = ordered.map(({ ticks }) => ticks - (ordered[0]?.ticks ?? 0));
  const times = { ticks: all.filter((tick, index) => tick !== all[index - 1]), timeBase };
  const claims = claimed.filter(isUsable);

  const { rate: frameRate, bias, isSteady, constantCount } = chooseGrid(times, all, claims);
  const framesPerSecond = fractionToNumber(frameRate);
  const held = lastDuration(packets, last, framesPerSecond, tickSeconds);
  const frameCount = constantCount ?? packets.length;
  // A film whose last frame is held has no constant rate to its end.
  const isConstant = constantCount !== null && held === 0;
  const ownDuration = isSteady ? 0 : last.durationTicks * tickSeconds;
  const endSeconds = (times.ticks.at(-1) ?? 0) * tickSeconds + (held || ownDuration || 1 / framesPerSecond);
  const repeats = constantCount === null ? packets.length - times.ticks.length : 0;
  return {
    timing: {
      frameRate,
      variableFrameRate: !isConstant,
      frameCount,
      durationSeconds: isConstant ? frameCount / framesPerSecond : endSeconds,
      lastTicks: last.ticks,
    },
    biasTicks: isConstant ? Math.round(bias * slotTicksOf(frameRate, timeBase)) : 0,
    warnings: timingWarnings({ times, frameRate, shownRate: outputFrameRate(frameRate), isSteady, repeats }),
  };
}
