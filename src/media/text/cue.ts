/** Cues of a text track, whatever format they came in. Times are of the film. */

/** Twelve hours of a caption each 0.9 s. As many of TTML, the slowest format, take 1.7 s of CPU to read, fit and pack. */
export const MAX_CUES = 50_000;
/** Characters of a cue with its tags. A screen holds some 200; a file that has lost its blank lines has one cue with everything. */
export const MAX_CUE_LENGTH = 5000;
/** Hours are up to four digits: products stay exact, and a film is twelve hours at most. */
export const MAX_CUE_MS = 10_000 * 3_600_000;

export type Cue = {
  startMs: number;
  endMs: number;
  /** WebVTT cue settings, `line:84% align:start`; empty: none. */
  settings: string;
  /** WebVTT cue text: escaped, tags balanced, no empty line. */
  text: string;
};

type TextErrorCode = 'text_unreadable' | 'text_too_long' | 'text_empty';

/** Why a file is no text track, in words for the person who has made it. */
export class TextError extends Error {
  override readonly name = 'TextError';
  readonly code: TextErrorCode;

  constructor(code: TextErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

const two = (value: number): string => String(value).padStart(2, '0');

/** `01:02:03.456` (WebVTT 4.1), of whole milliseconds that are not negative. */
export function formatTimestamp(timeMs: number, separator: '.' | ',' = '.'): string {
  const seconds = Math.floor(timeMs / 1000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  return `${clock}${separator}${String(timeMs % 1000).padStart(3, '0')}`;
}

/** Of a time's parts as text; of a fraction, the first three digits. */
export const timeMsOf = (hours = '0', minutes = '0', seconds = '0', fraction = ''): number =>
  ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000 + Number(fraction.padEnd(3, '0').slice(0, 3));

/** Within the text of a cue; empty where cues have no such time. */
export const timestampTag = (timeMs: number): string =>
  timeMs >= 0 && timeMs < MAX_CUE_MS ? `<${formatTimestamp(timeMs)}>` : '';

/** Escaped text has no other `<` before a digit. */
const TIMESTAMP_TAG = /<(\d{2,}):(\d\d):(\d\d)\.(\d{3})>/g;

const shiftText = (text: string, shiftMs: number): string =>
  text.replace(TIMESTAMP_TAG, (_, hours: string, minutes: string, seconds: string, fraction: string) =>
    timestampTag(timeMsOf(hours, minutes, seconds, fraction) + shiftMs),
  );

/** Later by so much, timestamps in the text too. Times may be negative then: see `fitCues`. */
export const shiftCues = (cues: readonly Cue[], shiftMs: number): Cue[] =>
  cues.map((cue) => ({
    ...cue,
    startMs: cue.startMs + shiftMs,
    endMs: cue.endMs + shiftMs,
    text: shiftText(cue.text, shiftMs),
  }));

/** By start, as WebVTT 4.1 asks; cues that start together in the file's order. */
export const sortCues = (cues: readonly Cue[]): Cue[] => cues.toSorted((a, b) => a.startMs - b.startMs);

/** Cut to the film. Cues that lie outside go, and are counted. */
export function fitCues(cues: readonly Cue[], durationMs: number): { cues: Cue[]; outside: number } {
  const cut = cues.map((cue) => ({
    ...cue,
    startMs: Math.max(cue.startMs, 0),
    endMs: Math.min(cue.endMs, Math.floor(durationMs)),
  }));
  const inside = cut.filter(({ startMs, endMs }) => startMs < endMs);
  return { cues: sortCues(inside), outside: cues.length - inside.length };
}
