/** What was repaired of a track's sound, in words. Pure. */
import type { Warning } from '../../src/protocol/warnings.ts';
import type { SoundTimes } from './read-times.ts';
import type { Cutting, Repair } from './takes.ts';

type Repaired = Cutting &
  Pick<SoundTimes, 'formatChanges' | 'damages'> & { track: string; sampleRate: number; origin: number };

const secondsOf = (samples: number, sampleRate: number): string => {
  const seconds = samples / sampleRate;
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
};

const times = (count: number, one: string, many: string): string => (count === 1 ? `one ${one}` : `${count} ${many}`);

/** The fastest drift, and where drift begins. */
type Drift = { ratio: number; at: number };

function driftOf({ takes }: Cutting): Drift | undefined {
  const drifting = takes
    .map(({ piece: { place, end, at, atEnd }, from }) => ({ ratio: (atEnd - at) / (end - place), at: from }))
    .filter(({ ratio }) => ratio !== 1);
  return drifting.reduce<Drift | undefined>(
    (worst, { ratio, at }) =>
      worst === undefined || Math.abs(ratio - 1) > Math.abs(worst.ratio - 1) ? { ratio, at: worst?.at ?? at } : worst,
    undefined,
  );
}

const percentOf = (ratio: number): string => `${Number((100 * Math.abs(ratio - 1)).toPrecision(2))} %`;

/** None for sound that keeps its time. */
export function soundWarnings(repaired: Repaired): Warning[] {
  const { track, sampleRate, origin, gaps, overlaps, formatChanges, damages } = repaired;
  const totalOf = (repairs: readonly Repair[]): string =>
    secondsOf(
      repairs.reduce((sum, { samples }) => sum + samples, 0),
      sampleRate,
    );
  const warnings: Warning[] = [];
  const warn = (code: Warning['code'], at: number, message: string): void => {
    warnings.push({
      code,
      message: `${track}: ${message}`,
      at: Math.max(0, Math.round((1000 * at) / sampleRate) / 1000),
    });
  };
  const [gap] = gaps;
  if (gap !== undefined) {
    warn('sound_gaps_filled', gap.at, `${times(gaps.length, 'hole', 'holes')}, ${totalOf(gaps)} together; silent`);
  }
  const [overlap] = overlaps;
  if (overlap !== undefined) {
    const count = times(overlaps.length, 'overlap', 'overlaps');
    warn('sound_overlaps_cut', overlap.at, `${count}, ${totalOf(overlaps)} together; the repeated part is cut`);
  }
  const drift = driftOf(repaired);
  if (drift !== undefined) {
    const way = drift.ratio > 1 ? 'shorter' : 'longer';
    warn('sound_drift_corrected', drift.at, `up to ${percentOf(drift.ratio)} ${way} than its time stamps; resampled`);
  }
  if (formatChanges.count > 0) {
    const count = times(formatChanges.count, 'change', 'changes');
    warn('sound_format_changes', formatChanges.at - origin, `${count} of sample rate or channels`);
  }
  if (damages.count > 0) {
    const count = times(damages.count, 'packet', 'packets');
    warn('sound_damaged', damages.at - origin, `${count} could not be decoded; silent`);
  }
  return warnings;
}
