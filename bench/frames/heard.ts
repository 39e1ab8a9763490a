/** Where in a film which part of the chirp is heard, and how late it is. */
import { findDelay, WINDOW_SAMPLES } from './chirp.ts';

const OUTPUT_RATE = 48_000;
/** Priming, fades and the codec's smear are not measured. */
const MARGIN_SECONDS = 0.07;

/** Between `from` and `to` of the film is heard what the chirp is `ahead` seconds later. `rate` 1.01: one per cent faster. */
export type Heard = { from: number; to: number; ahead?: number; rate?: number };

/** Seconds by which sound is late at the start, middle and end; null where it is another sound. */
export function lateness(sound: Float32Array, { from, to, ahead = 0, rate = 1 }: Heard): (number | null)[] {
  const last = to - MARGIN_SECONDS - WINDOW_SAMPLES / OUTPUT_RATE;
  const start = Math.min(last, from + MARGIN_SECONDS);
  return [start, (start + last) / 2, last].map((seconds) => {
    const first = Math.max(0, Math.round(seconds * OUTPUT_RATE));
    const delay = findDelay(sound, first, (sample) => (sample / OUTPUT_RATE - from) * rate + from + ahead);
    return delay === null ? null : delay / OUTPUT_RATE;
  });
}
