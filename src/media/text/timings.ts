/** The line with a cue's times, in WebVTT and SRT: `00:01:02.500 --> 00:01:04.000 line:0`. Lenient in both. */
import { MAX_CUE_MS, timeMsOf } from './cue.ts';

const TIME = String.raw`(?:(\d{1,4})[ ]*:[ ]*)?(\d{1,2})[ ]*:[ ]*(\d{1,2})(?:[ ]*[.,:][ ]*(\d{1,9}))?`;
const TIMINGS = new RegExp(`^[ \\t]*${TIME}[ \\t]*--?>[ \\t]*${TIME}(?=[ \\t]|$)(.*)$`);

/** Longer lines are text. */
const MAX_TIMINGS_LENGTH = 500;

export type Timings = { startMs: number; endMs: number; rest: string };

/** Undefined: it is none. Times are not compared. */
export function readTimings(line: string): Timings | undefined {
  const match = line.includes('->') && line.length <= MAX_TIMINGS_LENGTH ? TIMINGS.exec(line) : null;
  if (match === null) {
    return;
  }
  const [, hours, minutes, seconds, fraction, endHours, endMinutes, endSeconds, endFraction, rest = ''] = match;
  const startMs = timeMsOf(hours, minutes, seconds, fraction);
  const endMs = timeMsOf(endHours, endMinutes, endSeconds, endFraction);
  return startMs < MAX_CUE_MS && endMs < MAX_CUE_MS ? { startMs, endMs, rest } : undefined;
}
