/** Languages of tracks. Pure. */
import { z } from 'zod';

const MAX_LANGUAGE = 35;
const LANGUAGE = /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/;

/** A canonical BCP 47 tag (RFC 5646) such as `en`, `pt-BR`, `zh-Hant-TW`; presentations of earlier releases have `eng`. */
export const languageSchema = z.string().max(MAX_LANGUAGE).regex(LANGUAGE);

export const isLanguage = (text: string): boolean => text.length <= MAX_LANGUAGE && LANGUAGE.test(text);

/** Registered languages have two or three letters. Longer words are names of languages, or something else. */
const STARTS_WITH_CODE = /^[a-z]{2,3}(-|$)/i;
/** RFC 5646 4.5: an extended language stands for itself, `zh-yue` is `yue`. */
const EXTENDED_PREFIX = /^[a-z]{2,3}-(?=[a-z]{3}(-|$))/i;

/**
 * What a container calls a language (BCP 47, ISO 639-1, either form of ISO 639-2, with `_` as well) as a canonical tag, the
 * shortest one (RFC 5646 4.1): `ger` → `de`, `en_us` → `en-US`. `und` for what names no language.
 */
export function canonicalLanguage(text: string | undefined): string {
  const tag = (text ?? '').trim().replaceAll('_', '-').replace(EXTENDED_PREFIX, '');
  if (!STARTS_WITH_CODE.test(tag)) {
    return 'und';
  }
  try {
    const locale = new Intl.Locale(tag);
    const forms = [locale.toString(), locale.baseName, locale.language];
    return forms.find((form) => form.length <= MAX_LANGUAGE && LANGUAGE.test(form)) ?? 'und';
  } catch {
    return 'und';
  }
}
