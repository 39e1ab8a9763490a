/** Sources of the kinds that are hard to know: random in their details, and each with what must come out of it. */
import { Random } from '../random.ts';
import {
  avi,
  editList,
  fast,
  fieldCoded,
  heldLast,
  interlaced,
  missing,
  programStream,
  telecine,
} from './odd-frames.ts';
import { clockBreak, clockWrap, layoutChange, midGop, sizeChange } from './odd-parts.ts';
import { soundDrift, soundEarlier, soundHoles, soundLate, soundLonger } from './odd-sound.ts';
import type { OddSource } from './odd-source.ts';

const KINDS = {
  'frames missing': missing,
  'last frame held': heldLast,
  'sound longer': soundLonger,
  'sound earlier': soundEarlier,
  'sound late': soundLate,
  'sound with holes': soundHoles,
  'sound that drifts': soundDrift,
  'clock that breaks': clockBreak,
  'clock that wraps': clockWrap,
  'size that changes': sizeChange,
  'layout that changes': layoutChange,
  'start in mid-GOP': midGop,
  'AVI with B-frames': avi,
  'program stream': programStream,
  interlaced,
  'field-coded': fieldCoded,
  'more than 240 fps': fast,
  'edit list': editList,
  telecine,
} as const satisfies Record<string, (random: Random) => OddSource>;

export type OddKind = keyof typeof KINDS;
export const ODD_KINDS = Object.keys(KINDS) as OddKind[];

/** The same seed gives the same source. */
export function makeOddSource(seed: number): OddSource & { kind: OddKind } {
  const random = new Random(seed);
  const kind = ODD_KINDS[Math.floor(seed / 2) % ODD_KINDS.length] ?? 'telecine';
  return { kind, ...KINDS[kind](random) };
}

/** Every second seed, and each kind in its turn, so that a run of neighbouring seeds has all. */
export const isOdd = (seed: number): boolean => seed % 2 === 1;
