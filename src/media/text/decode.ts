/** Bytes of a text file → text: its encoding found, one kind of line end, no control characters. */
import { analyse } from 'chardet';
import { cleanControls } from './clean-controls.ts';

export type Decoded = { text: string; encoding: string };

/**
 * What a language's files are written in where it is not UTF-8; others in windows-1252. Labels of the Encoding standard,
 * by primary language.
 */
const LEGACY: ReadonlyMap<string, string> = new Map(
  Object.entries({
    'windows-1250': ['bs', 'cs', 'hr', 'hu', 'pl', 'ro', 'sk', 'sl', 'sq'],
    'windows-1251': ['be', 'bg', 'kk', 'mk', 'ru', 'sr', 'uk'],
    'windows-1253': ['el'],
    'windows-1254': ['az', 'tr'],
    'windows-1255': ['he', 'yi'],
    'windows-1256': ['ar', 'fa', 'ur'],
    'windows-1257': ['et', 'lt', 'lv'],
    'windows-1258': ['vi'],
    'windows-874': ['th'],
    shift_jis: ['ja'],
    'euc-kr': ['ko'],
    gb18030: ['yue', 'zh'],
  }).flatMap(([encoding, languages]) => languages.map((language) => [language, encoding] as const)),
);

/** Bytes that the guess looks at, from the first that is not ASCII: more make it slower, not better. */
const SAMPLE_BYTES = 64 * 1024;
/** Per cent. Below it, the guesses of short texts are wrong as often as right. */
const MIN_CONFIDENCE = 20;

function decodeAs(bytes: Uint8Array, encoding: string): string | undefined {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch {
    return;
  }
}

/** Zero bytes of even and odd offsets: ASCII in UTF-16, which every format has for its times, is every other byte zero. */
function utf16Of(bytes: Uint8Array): string | undefined {
  const sample = bytes.subarray(0, 4096);
  const zeros = [0, 0];
  for (const [at, byte] of sample.entries()) {
    zeros[at % 2] = (zeros[at % 2] ?? 0) + (byte === 0 ? 1 : 0);
  }
  const [even = 0, odd = 0] = zeros;
  if (Math.max(even, odd) * 10 < sample.byteLength || Math.min(even, odd) * 10 > Math.max(even, odd)) {
    return;
  }
  return even > odd ? 'utf-16be' : 'utf-16le';
}

function markedEncoding([first, second]: Uint8Array): string | undefined {
  if (first === 0xff && second === 0xfe) {
    return 'utf-16le';
  }
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

/** UTF-8 with some broken bytes has many sequences that are whole; another encoding has hardly any. */
function brokenUtf8(bytes: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(bytes);
  let [broken, whole] = [0, 0];
  // By a loop: the matches of a pattern, millions of strings, do not fit into memory.
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    broken += Number(code === 0xfffd);
    whole += Number(code > 0x7f && code !== 0xfffd);
  }
  return whole >= 5 * broken ? text : undefined;
}

/** What an XML file says of itself. */
const declaredEncoding = (bytes: Uint8Array): string | undefined =>
  /^\s*<\?xml[^>]{1,100}\bencoding=["']([\w.:-]{1,40})["']/.exec(
    new TextDecoder('windows-1252').decode(bytes.subarray(0, 200)),
  )?.[1];

/** By what the bytes look like. A guess that fits the language is better than a likelier one that does not. */
function guessedEncodings(bytes: Uint8Array, language: string | undefined): string[] {
  const first = Math.max(
    bytes.findIndex((byte) => byte >= 0x80),
    0,
  );
  const guesses = analyse(bytes.subarray(first, first + SAMPLE_BYTES)).filter(
    ({ confidence }) => confidence >= MIN_CONFIDENCE,
  );
  const likely = guesses.map(({ name }) => name.toLowerCase());
  if (language === undefined) {
    return likely;
  }
  const fitting = guesses.filter(({ lang }) => lang === language).map(({ name }) => name.toLowerCase());
  return [...fitting, LEGACY.get(language) ?? 'windows-1252', ...likely];
}

const primaryOf = (language: string | undefined): string | undefined => {
  const primary = language?.toLowerCase().split('-')[0];
  return primary === 'und' || primary === 'mul' ? undefined : primary;
};

function readText(bytes: Uint8Array, language: string | undefined): Decoded {
  const utf16 = markedEncoding(bytes) ?? utf16Of(bytes);
  if (utf16 !== undefined) {
    return { text: new TextDecoder(utf16).decode(bytes), encoding: utf16 };
  }
  const utf8 = decodeAs(bytes, 'utf-8') ?? brokenUtf8(bytes);
  if (utf8 !== undefined) {
    return { text: utf8, encoding: 'utf-8' };
  }
  for (const name of [declaredEncoding(bytes) ?? [], guessedEncodings(bytes, primaryOf(language))].flat()) {
    const text = decodeAs(bytes, name);
    if (text !== undefined) {
      return { text, encoding: new TextDecoder(name).encoding };
    }
  }
  // Every byte is a character in it.
  return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'windows-1252' };
}

/** `language`, a BCP 47 tag, helps where the bytes do not tell. What cannot be decoded is U+FFFD. */
export function decodeText(bytes: Uint8Array, language?: string): Decoded {
  const { text, encoding } = readText(bytes, language);
  return { text: cleanControls(text), encoding };
}
