/** Languages as manifests name them. The presentation has two or three lower-case letters, ISO 639. */

/** The shortest BCP 47 tag, which RFC 5646 4.1 asks for: `eng` → `en`, `ger` → `de`. Others stay. */
export const languageTag = (language: string): string => Intl.getCanonicalLocales(language)[0] ?? language;

/** ISO 639-2 codes that name no language. Viewers see "Audio" instead of a name such as "root". */
const NOT_A_LANGUAGE = new Set(['und', 'mis', 'mul', 'zxx']);

/** The name in a player's menu, in English. */
export function languageName(language: string): string {
  const tag = languageTag(language);
  return NOT_A_LANGUAGE.has(tag) ? 'Audio' : (new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag);
}
