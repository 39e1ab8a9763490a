/** Which frames a plan promises, and how an output differs from them. Pure. */

import { fractionToNumber } from '../../src/media/fraction.ts';
import { halfSlotTicksOf } from '../../src/media/frame-slots.ts';
import type { VideoPlan } from '../../src/protocol/plan-schema.ts';
import type { DecodedFrame } from './decoded.ts';

/**
 * The slot of the output's grid that is nearest to a time, to within half a tick of the source. `ticks` are counted
 * from the first frame. Calculated with integers, because floats would break ties at random.
 */
function nearestSlot(ticks: number, { source, frameRate }: VideoPlan): number {
  const [num, den] = [source.timeBase.num * frameRate.num, source.timeBase.den * frameRate.den];
  const halfSlot = halfSlotTicksOf(frameRate, source.timeBase);
  return Number((BigInt(ticks + halfSlot) * BigInt(num)) / BigInt(den));
}

/** The numbers of the frames that output frames show from the source's first frame on. -1 for none. */
function ownFrames(video: VideoPlan, count: number, decoded: readonly DecodedFrame[]): number[] {
  const { source, frameRate } = video;
  const numbers = decoded.map(({ number }) => number ?? -1);
  const divisor = fractionToNumber(source.frameRate) / fractionToNumber(frameRate);
  if (!source.variableFrameRate && divisor > 0.999) {
    const held = source.tailSeconds === undefined ? -1 : (numbers.at(-1) ?? -1);
    return Array.from({ length: count }, (_, slot) => numbers[Math.round(slot * divisor)] ?? held);
  }
  const [first] = decoded;
  const slots = decoded.map(({ ticks }) => nearestSlot(ticks - (first?.ticks ?? 0), video));
  let shown = 0;
  return Array.from({ length: count }, (_, slot) => {
    while ((slots[shown + 1] ?? Number.POSITIVE_INFINITY) <= slot) {
      shown += 1;
    }
    return numbers[shown] ?? -1;
  });
}

/**
 * The source frame that each output frame must show. At a constant rate up to 60 fps, each frame once; above, every
 * n-th frame. At a variable rate, the last frame whose slot is this or an earlier one: what was on the screen, to within
 * half an output frame. The first frame is shown before its time, and the last one after it, where there is sound alone.
 */
export function promisedFrames(video: VideoPlan, decoded: readonly DecodedFrame[]): number[] {
  const { frameCount, leadFrames = 0 } = video;
  const lead = new Array<number>(leadFrames).fill(decoded[0]?.number ?? -1);
  return [...lead, ...ownFrames(video, frameCount - leadFrames, decoded)];
}

export type FrameFaults = { lost: number; repeated: number; reordered: number; unreadable: number; misplaced: number };

const countOf = (numbers: readonly (number | null)[]): Map<number, number> => {
  const counts = new Map<number, number>();
  for (const number of numbers) {
    if (number !== null) {
      counts.set(number, (counts.get(number) ?? 0) + 1);
    }
  }
  return counts;
};

const sumOver = (counts: Map<number, number>, other: Map<number, number>): number =>
  [...counts].reduce((sum, [number, count]) => sum + Math.max(0, count - (other.get(number) ?? 0)), 0);

/** A frame is misplaced if another one should be shown in its place, for any reason. */
export function compareFrames(promised: readonly number[], shown: readonly (number | null)[]): FrameFaults {
  const [wanted, got] = [countOf(promised), countOf(shown)];
  const readable = shown.filter((number) => number !== null);
  return {
    lost: sumOver(wanted, got),
    repeated: sumOver(got, wanted),
    reordered: readable.filter((number, index) => number < (readable[index - 1] ?? 0)).length,
    unreadable: shown.length - readable.length,
    misplaced: shown.filter((number, index) => number !== (promised[index] ?? null)).length,
  };
}

export const hasFaults = (faults: FrameFaults): boolean => Object.values(faults).some((count) => count > 0);
