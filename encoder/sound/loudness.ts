/** What ffmpeg measures of sound (EBU R 128), and the gain that follows from it. Pure. */
import type { Loudness } from '../../src/media/presentation.ts';
import type { AudioPlan } from '../../src/protocol/plan-schema.ts';

/** EBU R 128: the highest true peak that coding and converters pass on as it is. Levels are measured in tenths. */
const MOST_PEAK_DBTP = -1;
/** What `ebur128` says where no block is above the absolute gate (BS.1770). */
const GATE_LUFS = -70;
/** Of floating-point sources, whose samples may be anything. */
const PEAK_BOUNDS = [-150, 30] as const;
const MOST_LUFS = 20;
const MOST_RANGE = 100;

const bounded = (value: number, [least, most]: readonly [number, number]): number =>
  Math.max(least, Math.min(most, value));

/** Lines of the summary that `ebur128` writes at its end. */
export function createLoudnessReader() {
  const values = new Map<string, number>();
  const of = (name: string): number => values.get(name) ?? Number.NaN;
  return {
    readLine(line: string): void {
      const [, name, value] = /^ +(I|LRA|Peak): +(\S+) (?:LUFS|LU|dBFS)$/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) {
        values.set(name, value === '-inf' ? Number.NEGATIVE_INFINITY : Number(value));
      }
    },
    loudness(): Loudness {
      const [integrated, range, peak] = [of('I'), of('LRA'), of('Peak')];
      return {
        // NaN is not above it either.
        integratedLufs: integrated > GATE_LUFS ? Math.min(MOST_LUFS, integrated) : null,
        rangeLu: range > 0 ? Math.min(MOST_RANGE, range) : 0,
        truePeakDbtp: Number.isNaN(peak) || peak < PEAK_BOUNDS[0] ? null : bounded(peak, PEAK_BOUNDS),
      };
    },
  };
}

const tenths = (decibels: number): number => Math.round(10 * decibels) / 10;

/**
 * One gain for the whole track, in dB: to the loudness that the plan asks for, or the quieter that a mix of more channels needs
 * (`isMixed`), and never so that peaks are cut off. Sound as the source has it stays as it is.
 */
export function gainOf(
  { targetLufs }: AudioPlan,
  { integratedLufs, truePeakDbtp }: Loudness,
  isMixed: boolean,
): number {
  if (truePeakDbtp === null || (targetLufs !== undefined && integratedLufs === null)) {
    return 0;
  }
  const most = MOST_PEAK_DBTP - truePeakDbtp;
  if (targetLufs !== undefined && integratedLufs !== null) {
    return tenths(Math.min(most, targetLufs - integratedLufs));
  }
  return isMixed ? tenths(Math.min(0, most)) : 0;
}

/** Of the sound with the gain. */
export const amplified = ({ integratedLufs, rangeLu, truePeakDbtp }: Loudness, gainDb: number): Loudness => {
  const add = (level: number | null, bounds: readonly [number, number]): number | null =>
    level === null ? null : bounded(tenths(level + gainDb), bounds);
  return {
    integratedLufs: add(integratedLufs, [GATE_LUFS, MOST_LUFS]),
    rangeLu,
    truePeakDbtp: add(truePeakDbtp, PEAK_BOUNDS),
  };
};
