/** What an odd source is, and what its makers share. */
import type { Random } from '../random.ts';
import type { Heard } from './heard.ts';
import { words } from './make-film.ts';

export type OddSource = {
  /** The random details, for a reader. */
  about: string;
  make: (directory: string) => Promise<string>;
  /** The picture of each output frame, or … */
  numbers?: readonly number[];
  /** … those that are shown, in order, where parts of the source may meet between two places of the grid. */
  shows?: readonly number[];
  /** The film's length in seconds, to within two frames, and a frame for each place where parts meet. */
  seconds: number;
  sound: readonly Heard[];
  /** Where sound is measured against a picture that may lie half a frame from its time. */
  soundWithin?: number;
};

export const MPEG2 = words('-c:v mpeg2video -q:v 3 -sc_threshold 1000000000');

export const MPEG4 = words('-c:v mpeg4 -q:v 3 -sc_threshold 1000000000');

export const FIELDS = words('-flags +ilme+ildct');

const RATES = ['24', '25', '30', '50', '24000/1001', '30000/1001'] as const;

/** Half a frame at the lowest of these rates, and the 5 ms that sound may be off. */
export const HALF_FRAME_SECONDS = 0.026;

export const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

export const held = (number: number, times: number): number[] => Array.from({ length: times }, () => number);

export const rateOf = (rate: string): number => {
  const [num = 0, den = 1] = rate.split('/').map(Number);
  return num / den;
};

/** Its sound ends with the picture. */
export function plain(random: Random): { frames: number; rate: string; gop: number; seconds: number } {
  const rate = random.pick(RATES);
  const frames = random.whole(60, 140);
  return { frames, rate, gop: random.whole(8, 60), seconds: frames / rateOf(rate) };
}
