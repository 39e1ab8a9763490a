/**
 * From the time stamps of sound to a few straight lines. `place` counts the decoded samples, `offset` is how much later
 * than its place a sample belongs. Sound that keeps its time has one line of slope 0, a hole is a step up, an overlap a
 * step down, drift a slope. All in output samples. Pure.
 */
import { medianOf, runningMiddle } from './running-middle.ts';

export type Cell = { place: number; offset: number };
/** From `place` on, a sample at p belongs at p + `offset` + `slope` × (p − `place`). */
export type Line = Cell & { slope: number };

/** Steps and drift up to this much are left alone. The bound of what one hears is 5 ms, and clocks of 1 ms are 1 ms off. */
const TOLERANCE_SECONDS = 0.0025;
/** Time stamps that jitter by more get more room, so that they do not cause repairs. */
const ROOM_PER_JITTER = 0.25;
/** Where each of three time stamps is off by the jitter, the bend through them is two to four times as large. */
const BEND_PER_JITTER = 3;
/** What comes back within this is jitter, and so much more per second of jitter: a wider median averages it out. */
const MEDIAN_SECONDS = 0.15;
const MEDIAN_PER_JITTER = 600;
const MAX_MEDIAN_SECONDS = 4;
/** Time stamps that jitter by less follow the sound. */
const LEAST_JITTER_SECONDS = 0.0004;
/** 44.1 kHz that is labelled 48 kHz drifts by 8.8 %. More than this is holes at a steady rate: every ninth packet is lost. */
const MAX_SLOPE = 0.12;
/** A slope is drift if it explains the time stamps for this long, and so many times longer than keeping time does. */
const DRIFT_SECONDS = 0.5;
const DRIFT_FACTOR = 1.3;
/** The middle half of jittering values is not wider than this many times the jitter. A step or a slope is. */
const JITTER_SPREAD = 4;
/** Jitter at the ends of the film, where few neighbours average it out, is less than so many times the room of a line. */
const JITTER_ROOMS = 4;

/** How far offsets are off usually, from the bends through three at a time: drift has none, steps few. */
function jitterOf(offsets: readonly number[]): number {
  const bends = offsets.slice(2).map((offset, index) => offset - 2 * (offsets[index + 1] ?? 0) + (offsets[index] ?? 0));
  return medianOf(bends.map(Math.abs)) / BEND_PER_JITTER;
}

type Smooth = { cells: Cell[]; room: number };

/** Offsets without jitter, and the room that lines have around them. */
function smooth(cells: readonly Cell[], sampleRate: number): Smooth {
  const span = (cells.at(-1)?.place ?? 0) - (cells[0]?.place ?? 0);
  const cellSeconds = Math.max(1, span / Math.max(1, cells.length - 1)) / sampleRate;
  const offsets = cells.map(({ offset }) => offset);
  const reachOf = (seconds: number): number => Math.round(seconds / cellSeconds);
  const withOffsets = (smoothed: readonly number[]): Cell[] =>
    cells.map(({ place }, index) => ({ place, offset: smoothed[index] ?? 0 }));
  const jitter = jitterOf(offsets) / sampleRate;
  if (jitter < LEAST_JITTER_SECONDS) {
    return {
      cells: withOffsets(runningMiddle(offsets, reachOf(MEDIAN_SECONDS), 0)),
      room: TOLERANCE_SECONDS * sampleRate,
    };
  }
  const seconds = Math.min(MAX_MEDIAN_SECONDS, MEDIAN_SECONDS + MEDIAN_PER_JITTER * jitter);
  const reach = reachOf(seconds);
  const room = (TOLERANCE_SECONDS + ROOM_PER_JITTER * jitter) * sampleRate;
  const smoothed = withOffsets(runningMiddle(offsets, reach, JITTER_SPREAD * jitter * sampleRate));
  const isJitter = (cell: Cell, inner: Cell | undefined): boolean =>
    inner !== undefined && Math.abs(cell.offset - inner.offset) < JITTER_ROOMS * room;
  const [head, tail] = [smoothed[reach], smoothed[smoothed.length - 1 - reach]];
  const kept = smoothed.filter((cell, index) => {
    const fromEnd = smoothed.length - 1 - index;
    return !((index < reach && isJitter(cell, head)) || (fromEnd < reach && isJitter(cell, tail)));
  });
  return { cells: kept.length > 0 ? kept : smoothed, room };
}

export const offsetOn = ({ place, offset, slope }: Line, at: number): number => offset + slope * (at - place);

/** The longest line from cell `first`, and the number of the cell after it. */
function lineFrom(
  cells: readonly Cell[],
  first: number,
  room: number,
  sampleRate: number,
): { line: Line; end: number } {
  const { place, offset } = cells[first] ?? { place: 0, offset: 0 };
  /** Slopes that pass all cells up to now within `room`. */
  let [least, most] = [-MAX_SLOPE, MAX_SLOPE];
  let flatEnd = first + 1;
  let end = first + 1;
  let [runSum, riseSum, crossSum, squareSum] = [0, 0, 0, 0];
  for (let cell = cells[end]; cell !== undefined; cell = cells[end]) {
    const run = cell.place - place;
    const rise = cell.offset - offset;
    const [nextLeast, nextMost] = [Math.max(least, (rise - room) / run), Math.min(most, (rise + room) / run)];
    const before = cells[end - 1] ?? cell;
    const [move, forward] = [cell.offset - before.offset, cell.place - before.place];
    const isStep = move > most * forward + room || move < least * forward - room;
    if (isStep || nextLeast > nextMost) {
      break;
    }
    [least, most] = [nextLeast, nextMost];
    end++;
    if (flatEnd === end - 1 && least <= 0 && most >= 0) {
      flatEnd = end;
    }
    runSum += run;
    riseSum += rise;
    crossSum += run * rise;
    squareSum += run * run;
  }
  const runTo = (index: number): number => (cells[Math.min(index, cells.length - 1)]?.place ?? 0) - place;
  if (end === flatEnd || runTo(end) < DRIFT_SECONDS * sampleRate || runTo(end) < DRIFT_FACTOR * runTo(flatEnd)) {
    return { line: { place, offset, slope: 0 }, end: flatEnd };
  }
  // Least squares over all cells, so that the rounding of single time stamps does not tilt the line.
  const count = end - first;
  const slope = (count * crossSum - runSum * riseSum) / (count * squareSum - runSum * runSum);
  return { line: { place, offset: offset + (riseSum - slope * runSum) / count, slope }, end };
}

/** Lines that follow the cells, in order; each is valid to the place of the next. */
export function fitLines(cells: readonly Cell[], sampleRate: number): { lines: Line[]; room: number } {
  const { cells: smoothed, room } = smooth(cells, sampleRate);
  const lines: Line[] = [];
  for (let first = 0; first < smoothed.length; ) {
    const { line, end } = lineFrom(smoothed, first, room, sampleRate);
    const { place } = (first === 0 ? cells[0] : undefined) ?? line;
    lines.push({ ...line, place, offset: offsetOn(line, place) });
    first = end;
  }
  return { lines, room };
}
