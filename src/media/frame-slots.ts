/** Where frames lie on a grid of a constant rate. Inspection, plan and filters count with the same numbers. Pure. */
import type { Fraction } from './fraction.ts';

/**
 * At a constant rate, a frame comes at least this many slots after the frame before (encoder/picture/grid-filters.ts).
 * So a frame that is early, or has the time of the frame before, gets a slot of its own.
 */
export const LEAST_SLOTS_APART = 0.96;

/** Ticks of the source in a slot of the grid. Seldom whole. */
export const slotTicksOf = (rate: Fraction, timeBase: Fraction): number =>
  (rate.den * timeBase.den) / (rate.num * timeBase.num);

/** On a coarser clock, half a tick is a good part of a slot. Where a slot is one tick, it would be all of it. */
const COARSE_SLOT_TICKS = 10;

/** Rounding to the nearest slot is done as a shift by so many ticks, and rounding down. */
export function halfSlotTicksOf(rate: Fraction, timeBase: Fraction): number {
  const slotTicks = slotTicksOf(rate, timeBase);
  return slotTicks < COARSE_SLOT_TICKS ? Math.floor(slotTicks / 2) : Math.round(slotTicks / 2);
}

/** The slot nearest to a time. `ticks` are counted from slot 0. */
export const nearestSlot = (ticks: number, rate: Fraction, timeBase: Fraction): number =>
  Math.floor(((ticks + halfSlotTicksOf(rate, timeBase)) * rate.num * timeBase.num) / (rate.den * timeBase.den));
