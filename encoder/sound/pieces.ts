/** Lines through time stamps → pieces of sound with their places on the output, joined without a click. Pure. */
import { type Line, offsetOn } from './fit-lines.ts';

/** Decoded samples `place` … `end` belong at `at` … `atEnd`. All are whole numbers, so that a piece of equal lengths is copied. */
export type Piece = { place: number; end: number; at: number; atEnd: number; isJoined: boolean };

type Joint = { place: number; before: number; after: number; isBend: boolean };

/** A bend is seen when the lines are apart by the room on both sides of one, and a cell more. A larger step is a hole or an overlap. */
const BEND_ROOMS = 3;

function jointOf(before: Line, after: Line, end: number, room: number): Joint {
  const { place } = after;
  const step = after.offset - offsetOn(before, place);
  const bend = (at: number, offset: number): Joint => {
    const whole = Math.round(at);
    const target = whole + Math.round(offset);
    return { place: whole, before: target, after: target, isBend: true };
  };
  if (Math.abs(step) <= BEND_ROOMS * room && (before.slope !== 0 || after.slope !== 0)) {
    const crossing = step / (before.slope - after.slope);
    if (Math.abs(crossing) < Math.min(place - before.place, end - place) / 2) {
      return bend(place + crossing, offsetOn(before, place + crossing));
    }
    // Sound that keeps its time is not resampled for the sake of a neighbour.
    const share = before.slope === 0 ? 0 : after.slope === 0 ? 1 : 0.5;
    return bend(place, after.offset - (1 - share) * step);
  }
  return {
    place,
    before: place + Math.round(offsetOn(before, place)),
    after: place + Math.round(after.offset),
    isBend: false,
  };
}

/** `places`: how many samples are decoded. `origin`: the time stamp of the output's first sample. */
export function piecesOf(lines: readonly Line[], places: number, origin: number, room: number): Piece[] {
  const joints = lines.slice(1).map((after, index): Joint => {
    const before = lines[index] ?? after;
    return jointOf(before, after, lines[index + 2]?.place ?? places, room);
  });
  return lines.map((line, index) => {
    const [start, stop] = [joints[index - 1], joints[index]];
    const place = start?.place ?? line.place;
    const end = stop?.place ?? places;
    return {
      ...{ place, end, isJoined: start?.isBend ?? false },
      at: (start?.after ?? place + Math.round(line.offset)) - origin,
      atEnd: (stop?.before ?? end + Math.round(offsetOn(line, end))) - origin,
    };
  });
}
