/** What a viewer chose in the menus. This browser keeps it, for every film. */
import { isRole, isTextKind, type SoundWish, type TextWishes } from './tracks.ts';

/** Slow for notes and languages, fast for lectures. */
export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.25, 1.5, 1.75, 2] as const;
/** Of the usual size of subtitles. */
export const TEXT_SIZES = [0.75, 1, 1.5, 2] as const;
export const TEXT_BACKGROUNDS = ['dim', 'solid', 'none'] as const;
export type TextBackground = (typeof TEXT_BACKGROUNDS)[number];

export type Preferences = TextWishes & {
  sound: SoundWish | null;
  speed: number;
  textSize: number;
  textBackground: TextBackground;
  /** Automatic quality stays at or below so many pixels. A number of pixels fits upright films too, a height would not. */
  pixelsMax: number | null;
};

const KEY = 'sluice-watch';

const recordOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? { ...value } : {};

const listed = <T>(list: readonly T[], value: unknown, otherwise: T): T =>
  list.find((entry) => entry === value) ?? otherwise;

/** Anything else than what is expected counts as never chosen: an earlier or later release may have written it. */
export function parsePreferences(json: string | null): Preferences {
  let stored: Record<string, unknown> = {};
  try {
    stored = recordOf(JSON.parse(json ?? '{}'));
  } catch {} // Not JSON: nothing was chosen.
  const { sound, text } = { sound: recordOf(stored['sound']), text: recordOf(stored['text']) };
  const { showsTexts, pixelsMax } = stored;
  return {
    sound:
      isRole(sound['role']) && typeof sound['language'] === 'string'
        ? {
            language: sound['language'],
            role: sound['role'],
            name: String(sound['name'] ?? ''),
            channels: Number(sound['channels'] ?? 2),
          }
        : null,
    text:
      isTextKind(text['kind']) && typeof text['language'] === 'string'
        ? { language: text['language'], kind: text['kind'], name: String(text['name'] ?? '') }
        : null,
    showsTexts: typeof showsTexts === 'boolean' ? showsTexts : null,
    speed: listed<number>(SPEEDS, stored['speed'], 1),
    textSize: listed<number>(TEXT_SIZES, stored['textSize'], 1),
    textBackground: listed<TextBackground>(TEXT_BACKGROUNDS, stored['textBackground'], 'dim'),
    pixelsMax: typeof pixelsMax === 'number' && pixelsMax > 0 ? pixelsMax : null,
  };
}

/** A browser may refuse a page its storage, as in a frame of another site: then nothing is kept. */
export function loadPreferences(): Preferences {
  try {
    return parsePreferences(localStorage.getItem(KEY));
  } catch {
    return parsePreferences(null);
  }
}

export function savePreferences(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {} // As above, or it is full.
}

/** The next speed of the list, slower or faster. */
export function nextSpeed(speed: number, step: -1 | 1): number {
  const at = step > 0 ? SPEEDS.findIndex((entry) => entry > speed) : SPEEDS.findLastIndex((entry) => entry < speed);
  return SPEEDS[at] ?? speed;
}
