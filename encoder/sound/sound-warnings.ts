/** What was repaired of a track's sound, in words. Pure. */
import type { AudioPlan } from '../../src/protocol/plan-schema.ts';
import type { Warning } from '../../src/protocol/warnings.ts';
import type { SoundTimes } from './read-times.ts';
import type { Cutting, Repair } from './takes.ts';

type Repaired = Cutting & Omit<SoundTimes, 'cells' | 'places'> & { audio: AudioPlan; origin: number; gainDb: number };

/** All holes, or all overlaps, of a track. Two fades are as long: shorter repairs, as where recordings are joined, are not heard. */
const UNHEARD_SECONDS = 0.01;

/** As a person knows the track: `Sound (English, “Director”)`. */
export function soundName({ language, name }: AudioPlan): string {
  const languages = new Intl.DisplayNames(['en'], { type: 'language' });
  const facts = [
    ...(language === 'und' ? [] : [languages.of(language) ?? language]),
    ...(name === undefined ? [] : [`“${name}”`]),
  ];
  return facts.length === 0 ? 'Sound' : `Sound (${facts.join(', ')})`;
}

const secondsOf = (samples: number, sampleRate: number): string => {
  const seconds = samples / sampleRate;
  return seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`;
};

const times = (count: number, one: string): string => (count === 1 ? `one ${one}` : `${count} ${one}s`);

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

/** None for stereo sound that keeps its time. */
export function soundWarnings(repaired: Repaired): Warning[] {
  const { audio, origin, gaps, overlaps, formatChanges, damages, channels, gainDb } = repaired;
  const { sampleRate } = audio;
  const warnings: Warning[] = [];
  const warn = (code: Warning['code'], message: string, at?: number): void => {
    const seconds = at === undefined ? {} : { at: Math.max(0, Math.round((1000 * at) / sampleRate) / 1000) };
    warnings.push({ code, message: `${soundName(audio)}: ${message}`, ...seconds });
  };
  const warnOfRepairs = (code: Warning['code'], repairs: readonly Repair[], one: string, done: string): void => {
    const total = repairs.reduce((sum, { samples }) => sum + samples, 0);
    if (total > UNHEARD_SECONDS * sampleRate) {
      const together = repairs.length === 1 ? '' : ' together';
      const message = `${times(repairs.length, one)}, ${secondsOf(total, sampleRate)}${together}; ${done}`;
      warn(code, message, repairs[0]?.at);
    }
  };
  warnOfRepairs('sound_gaps_filled', gaps, 'hole', 'silent');
  warnOfRepairs('sound_overlaps_cut', overlaps, 'overlap', 'the repeated part is cut');
  const drift = driftOf(repaired);
  if (drift !== undefined) {
    const way = drift.ratio > 1 ? 'shorter' : 'longer';
    warn('sound_drift_corrected', `up to ${percentOf(drift.ratio)} ${way} than its time stamps; resampled`, drift.at);
  }
  if (formatChanges.count > 0) {
    const message = `${times(formatChanges.count, 'change')} of sample rate or channels`;
    warn('sound_format_changes', message, formatChanges.at - origin);
  }
  if (channels > 2 && audio.channels === 2) {
    warn('surround_to_stereo', `${channels} channels are mixed down to two`);
  }
  // With a target, the owner asked for a gain.
  if (gainDb < 0 && audio.targetLufs === undefined) {
    warn('sound_attenuated', `its mix is made ${-gainDb} dB quieter, so that its peaks are not cut off`);
  }
  if (damages.count > 0) {
    warn('sound_damaged', `${times(damages.count, 'packet')} could not be decoded; silent`, damages.at - origin);
  }
  return warnings;
}
