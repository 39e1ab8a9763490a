/** Sound and texts that a viewer can choose: what menus call them, and which one answers a wish. Pure. */
import type { AudioRole, TextKind } from '../../../src/media/presentation.ts';

type Spoken = {
  id: string;
  /** BCP 47. */
  language: string;
  /** The one that it was given; often empty. */
  name: string;
  isActive: boolean;
};

export type Sound = Spoken & { role: AudioRole | 'main'; channels: number };
/** `isDefault`: shown to viewers who never chose. */
export type Text = Spoken & { kind: TextKind; isDefault: boolean };

/** What a viewer chose, in words that fit other films too. */
export type SoundWish = Pick<Sound, 'language' | 'role' | 'name' | 'channels'>;
export type TextWish = Pick<Text, 'language' | 'kind' | 'name'>;

const STEREO = 2;

const ROLE_TEXT: Readonly<Record<Sound['role'], string>> = {
  main: '',
  commentary: 'Commentary',
  description: 'Audio description',
  clean_speech: 'Clear speech',
};

const KIND_TEXT: Readonly<Record<TextKind, string>> = {
  subtitles: '',
  captions: 'CC',
  forced: 'Forced',
  descriptions: 'Descriptions',
};

export const isRole = (value: unknown): value is Sound['role'] =>
  typeof value === 'string' && Object.hasOwn(ROLE_TEXT, value);
export const isTextKind = (value: unknown): value is TextKind =>
  typeof value === 'string' && Object.hasOwn(KIND_TEXT, value);

/** ISO 639-2 codes for none, several or any other. */
const NOT_A_LANGUAGE = new Set(['', 'und', 'mis', 'mul', 'zxx']);

/** `de` → `Deutsch`: viewers look for their language as they write it. */
export function languageText(language: string, displayed = language): string {
  if (NOT_A_LANGUAGE.has(language)) {
    return 'Unknown language';
  }
  try {
    const text = new Intl.DisplayNames([displayed], { type: 'language' }).of(language) ?? language;
    return text.charAt(0).toLocaleUpperCase(displayed) + text.slice(1);
  } catch {
    return language; // Not a tag that the browser knows.
  }
}

const includes = (text: string, part: string): boolean => text.toLowerCase().includes(part.toLowerCase());

/**
 * What manifests call a track without a name: its language in English and its purpose, and a number where two are alike. Menus say
 * both in their own words.
 */
const GIVEN_PURPOSE = / \((?:commentary|audio description|clear speech|captions|forced|descriptions)\)(?=$| \d+$)/;

/** The name that a track was given, or nothing. */
export function ownName(language: string, name: string): string {
  const given = [language, languageText(language, 'en'), 'Audio', 'Subtitles'];
  const own = name.replace(GIVEN_PURPOSE, '');
  return given.includes(own) ? '' : own;
}

/** A name is added to the language, or stands alone if it says the language itself: `German 2` becomes `Deutsch 2`. */
function nameText({ language, name }: Pick<Spoken, 'language' | 'name'>): string {
  const own = languageText(language);
  const said = name.replace(languageText(language, 'en'), own);
  return said === '' ? own : includes(said, own) ? said : `${own} – ${said}`;
}

export type Label = { label: string; note?: string };

export function soundLabel(sound: SoundWish): Label {
  const label = nameText(sound);
  const channels = sound.channels > STEREO ? `${sound.channels - 1}.1` : '';
  const notes = [ROLE_TEXT[sound.role], channels].filter((note) => note !== '' && !includes(label, note));
  return notes.length === 0 ? { label } : { label, note: notes.join(' · ') };
}

export function textLabel(text: TextWish): string {
  const label = nameText(text);
  const kind = KIND_TEXT[text.kind];
  return kind === '' || includes(label, kind) ? label : `${label} (${kind})`;
}

/** Forced texts belong to a sound, and are shown with it without being asked for. */
export const listedTexts = (texts: readonly Text[]): Text[] => texts.filter(({ kind }) => kind !== 'forced');

const mainLanguage = (language: string): string => language.toLowerCase().split('-', 1)[0] ?? '';

/** Those of the language, else those of another region: `pt-BR` for `pt`. */
export function ofLanguage<T extends { language: string }>(tracks: readonly T[], language: string): T[] {
  const same = tracks.filter((track) => track.language.toLowerCase() === language.toLowerCase());
  return same.length > 0 ? same : tracks.filter((track) => mainLanguage(track.language) === mainLanguage(language));
}

/** The first of those with the most points. */
function best<T>(tracks: readonly T[], points: (track: T) => number): T | null {
  return tracks.reduce<T | null>(
    (found, track) => (found === null || points(track) > points(found) ? track : found),
    null,
  );
}

/** `null` leaves the choice to the manifest: the film does not have the language. */
export function pickSound(sounds: readonly Sound[], wish: SoundWish | null): Sound | null {
  if (wish === null) {
    return null;
  }
  // A commentary is no answer to a wish for the film's own sound.
  return best(
    ofLanguage(sounds, wish.language),
    ({ role, name, channels }) =>
      (role === wish.role ? 4 : 0) +
      (role === 'main' ? 3 : 0) +
      (name === wish.name ? 2 : 0) +
      (channels === wish.channels ? 1 : 0),
  );
}

export type TextWishes = {
  /** The last text that the viewer chose. */
  text: TextWish | null;
  /** `null`: the viewer never said. */
  showsTexts: boolean | null;
};

/** The text to show: the viewer's, else the forced one of the sound that is heard. */
export function pickText(texts: readonly Text[], { text, showsTexts }: TextWishes, heard: string): Text | null {
  const listed = listedTexts(texts);
  const forced = ofLanguage(
    texts.filter(({ kind }) => kind === 'forced'),
    heard,
  );
  const asked = showsTexts && text !== null ? nearestText(listed, text) : null;
  const byDefault = showsTexts === null ? listed.find(({ isDefault }) => isDefault) : undefined;
  return asked ?? byDefault ?? forced[0] ?? null;
}

function nearestText(texts: readonly Text[], wish: TextWish): Text | null {
  return best(
    ofLanguage(texts, wish.language),
    ({ kind, name }) => (kind === wish.kind ? 2 : 0) + (name === wish.name ? 1 : 0),
  );
}

/** The text that is switched on where no menu was used: the last one chosen, else one that the viewer can read. */
export function textToSwitchOn(
  texts: readonly Text[],
  wish: TextWish | null,
  languages: readonly string[],
): Text | null {
  const listed = listedTexts(texts);
  const readable = languages.map((language): TextWish => ({ language, kind: 'subtitles', name: '' }));
  for (const wanted of [...(wish === null ? [] : [wish]), ...readable]) {
    const nearest = nearestText(listed, wanted);
    if (nearest !== null) {
      return nearest;
    }
  }
  return listed[0] ?? null;
}
