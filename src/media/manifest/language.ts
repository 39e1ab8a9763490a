/** Languages and names of sounds and texts as manifests have them. */
import type { TextKind, TextTrack } from '../presentation.ts';

/** `Intl` throws for tags that are well-formed and mean nothing to it. None may keep a film from playing. */
function known(tag: string, read: (locale: Intl.Locale) => string | undefined): string {
  try {
    return read(new Intl.Locale(tag)) ?? tag;
  } catch {
    return tag;
  }
}

/** The shortest BCP 47 tag, which RFC 5646 4.1 asks for: `eng` → `en`, `ger` → `de`. Others stay. */
export const languageTag = (language: string): string => known(language, (locale) => locale.toString());

/** ISO 639-2 codes that name no language. Viewers see "Audio" instead of a name such as "root". */
const NOT_A_LANGUAGE = new Set(['und', 'mis', 'mul', 'zxx']);

/** The name in a player's menu, in English. */
function languageName(language: string): string {
  const tag = languageTag(language);
  const names = new Intl.DisplayNames(['en'], { type: 'language' });
  // Extensions (`-u-…`, `-x-…`) have no names.
  return NOT_A_LANGUAGE.has(tag) ? 'Audio' : known(tag, ({ baseName }) => names.of(baseName));
}

/** Sound for a special purpose. A viewer must be able to tell it from the film's own. */
const PURPOSES: Readonly<Record<string, string>> = {
  commentary: 'commentary',
  description: 'audio description',
  clean_speech: 'clear speech',
};

/** The name of an audio track in a player's menu: the one that it was given, or else its language and purpose. */
export function audioName(track: { name?: string | undefined; language: string; role: string }): string {
  const purpose = PURPOSES[track.role];
  const language = languageName(track.language);
  return track.name ?? (purpose === undefined ? language : `${language} (${purpose})`);
}

const TEXT_PURPOSES: Partial<Readonly<Record<TextKind, string>>> = {
  captions: 'captions',
  forced: 'forced',
  descriptions: 'descriptions',
};

/** The name of a text track in a player's menu: the one that it was given, or else its language and kind. */
export function textName({ name, language, kind }: Pick<TextTrack, 'name' | 'language' | 'kind'>): string {
  const purpose = TEXT_PURPOSES[kind];
  const tag = languageTag(language);
  const ofLanguage = NOT_A_LANGUAGE.has(tag) ? 'Subtitles' : languageName(language);
  return name ?? (purpose === undefined ? ofLanguage : `${ofLanguage} (${purpose})`);
}

/** `name`, or `name 2`, `name 3` … if it is taken; from then on, so is the result. */
export function uniqueName(name: string, taken: Set<string>): string {
  let unique = name;
  for (let number = 2; taken.has(unique); number += 1) {
    unique = `${name} ${number}`;
  }
  taken.add(unique);
  return unique;
}
