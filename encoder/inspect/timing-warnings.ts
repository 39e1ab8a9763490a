/** What a version loses or repeats of the frames of its source. Pure. */
import { type Fraction, fractionToNumber } from '../../src/media/fraction.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import { collisions, emptyPlaces } from './grid-rate.ts';
import type { FrameTimes } from './steady-rate.ts';

type Shown = {
  times: FrameTimes;
  /** The grid of the source, and that of the version. */
  frameRate: Fraction;
  shownRate: Fraction;
  isSteady: boolean;
  /** Frames with the time of another one. */
  repeats: number;
};

/** A shorter hole looks like a frame that lasts longer. */
const PAUSE_SECONDS = 1;

const plural = (count: number, one: string, many: string): string => (count === 1 ? one : `${count} ${many}`);
/** To the millisecond, for people. */
const secondsAt = (ticks: number, { timeBase }: FrameTimes): number =>
  Math.round(ticks * fractionToNumber(timeBase) * 1000) / 1000;
const rateText = (rate: Fraction): string => String(Number(fractionToNumber(rate).toFixed(3)));

function holeWarnings({ times, frameRate }: Shown): Warning[] {
  const placeSeconds = 1 / fractionToNumber(frameRate);
  const holes = emptyPlaces(times, frameRate).flatMap((places, index) =>
    places === 0 ? [] : [{ places, seconds: places * placeSeconds, at: secondsAt(times.ticks[index] ?? 0, times) }],
  );
  const short = holes.filter(({ seconds }) => seconds < PAUSE_SECONDS);
  const pauses = holes.filter(({ seconds }) => seconds >= PAUSE_SECONDS);
  const missing = short.reduce((sum, { places }) => sum + places, 0);
  const longest = Math.max(0, ...pauses.map(({ seconds }) => seconds));
  const missingText = plural(missing, 'A frame is', 'frames are');
  const pausesText = plural(pauses.length, 'A picture is', 'pictures are');
  return [
    ...short.slice(0, 1).map(({ at }): Warning => {
      const message = `${missingText} missing at ${rateText(frameRate)} frames per second; the frame before is repeated`;
      return { code: 'frames_missing', message, at };
    }),
    ...pauses.slice(0, 1).map(({ at }): Warning => {
      const message = `${pausesText} held where the source has none, for up to ${longest.toFixed(1)} s`;
      return { code: 'picture_held', message, at };
    }),
  ];
}

function dropWarnings({ times, frameRate, shownRate, isSteady, repeats }: Shown): Warning[] {
  const code = 'frames_dropped';
  if (fractionToNumber(shownRate) < fractionToNumber(frameRate)) {
    const message = `The source has ${rateText(frameRate)} frames per second; the version shows ${rateText(shownRate)}`;
    return [{ code, message }];
  }
  const tooSoon = isSteady ? [] : [...collisions(times, shownRate)];
  const count = tooSoon.length + repeats;
  if (count === 0) {
    return [];
  }
  const [first] = tooSoon;
  const place = first === undefined ? {} : { at: secondsAt(first, times) };
  const frames = plural(count, 'A frame comes', 'frames come');
  const message = `${frames} too soon after the one before to be shown at ${rateText(shownRate)} frames per second`;
  return [{ code, message, ...place }];
}

/** `at` in seconds from the first frame. None for a constant rate up to 60 fps. */
export const timingWarnings = (shown: Shown): Warning[] => [
  ...dropWarnings(shown),
  ...(shown.isSteady ? [] : holeWarnings(shown)),
];
