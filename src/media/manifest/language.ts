/** Languages as manifests name them. Tags come from the presentation: two or three lower-case letters, ISO 639. */

/** The shortest BCP 47 tag, which RFC 5646 4.1 asks for: `eng` → `en`, `ger` → `de`; what is unknown stays as it is. */
export const languageTag = (language: string): string => Intl.getCanonicalLocales(language)[0] ?? language;

/** ISO 639-2 codes that name no language: a viewer is told that it is sound, not "root". */
const NOT_A_LANGUAGE = new Set(['und', 'mis', 'mul', 'zxx']);

/** What a player's menu shows, in English. */
export function languageName(language: string): string {
  const tag = languageTag(language);
  return NOT_A_LANGUAGE.has(tag) ? 'Audio' : (new Intl.DisplayNames(['en'], { type: 'language' }).of(tag) ?? tag);
}
