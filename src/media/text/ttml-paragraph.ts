/** A paragraph of TTML → cues: one, or several where parts of it have times of their own. */
import { MAX_CUE_MS } from './cue.ts';
import { type Run, textOfRuns } from './styled-text.ts';

export type TimedRun = Run & { startMs: number; endMs: number };

/** A line of karaoke has some 50. A paragraph with more is left out. */
export const MAX_RUNS = 200;

const isBlank = ({ text }: Run): boolean => text.trim() === '';
const isSpan = ({ startMs, endMs }: TimedRun): boolean => endMs > startMs && endMs < MAX_CUE_MS;

export type TimedText = { startMs: number; endMs: number; text: string };

/** Undefined: its times say nothing, or it has too many parts. */
export function timedTextsOf(runs: readonly TimedRun[]): TimedText[] | undefined {
  const shown = runs.filter((run) => !isBlank(run));
  if (runs.length > MAX_RUNS || !shown.every(isSpan)) {
    return;
  }
  const times = [...new Set(shown.flatMap(({ startMs, endMs }) => [startMs, endMs]))].sort((a, b) => a - b);
  return times.slice(0, -1).flatMap((startMs, at) => {
    const endMs = times[at + 1] ?? startMs;
    const text = textOfRuns(runs.filter((run) => run.startMs <= startMs && run.endMs >= endMs));
    return text === '' ? [] : [{ startMs, endMs, text }];
  });
}
